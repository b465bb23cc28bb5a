"""The paper: sizes, and where each part of a sheet stands, in millimetres from the top left corner.

Leaves what is drawn in each part to `atlas.drawing` and to the template.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FORMATS: dict[str, tuple[float, float]] = {
    "a4": (210, 297),
    "a3": (297, 420),
    "a2": (420, 594),
    "a1": (594, 841),
    "a0": (841, 1189),
}
ORIENTATIONS = ("landscape", "portrait")
# How much larger than on A4 everything is written and drawn: a larger sheet is read from further.
FACTORS = {"a4": 1.0, "a3": 1.2, "a2": 1.5, "a1": 2.0, "a0": 2.7}


@dataclass(frozen=True, slots=True)
class Rect:
    """A box in millimetres; `y` goes down."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Abscissa of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Ordinate of the lower side."""
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def grown(self, by: float) -> Rect:
        """The box widened by `by` on each side (negative: shrunk)."""
        return Rect(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def meets(self, other: Rect) -> bool:
        """True when the two boxes share some area."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def holds(self, other: Rect) -> bool:
        """True when `other` lies wholly inside."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def to_box(self) -> tuple[float, float, float, float]:
        """xmin, ymin, xmax, ymax."""
        return self.x, self.y, self.right, self.bottom


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a sheet. `map` is the map's frame; `ticks` the margin that holds its figures."""

    format: str
    orientation: str
    page: Rect
    factor: float
    header: Rect
    map: Rect
    strip: Rect
    figures: Rect
    legend: Rect
    sources: Rect
    ticks: float


def layout_of(paper: str, orientation: str) -> Layout:
    """The layout of a paper format (`a4` … `a0`) in an orientation."""
    short, long = FORMATS[paper]
    wide = orientation == "landscape"
    page = Rect(0, 0, long if wide else short, short if wide else long)
    factor = FACTORS[paper]
    inside = page.grown(-8 * factor)
    top, strip, ticks = 17 * factor, 11 * factor, 3.4 * factor
    header = Rect(inside.x, inside.y, inside.width, top - 2 * factor)
    if wide:
        panel = Rect(inside.right - 62 * factor, inside.y + top, 62 * factor, inside.height - top)
        outer = Rect(
            inside.x,
            panel.y,
            inside.width - panel.width - 4 * factor,
            inside.height - top - strip,
        )
        figures, legend, sources = _stack(panel, (39 * factor, None, 43 * factor), 2 * factor)
    else:
        panel = Rect(inside.x, inside.bottom - 52 * factor, inside.width, 52 * factor)
        outer = Rect(inside.x, inside.y + top, inside.width, panel.y - inside.y - top - strip)
        figures, legend, sources = _row(panel, (44 * factor, None, 54 * factor), 4 * factor)
    frame = Rect(outer.x + ticks, outer.y + ticks, outer.width - ticks, outer.height - ticks)
    under = Rect(outer.x, outer.bottom, outer.width, strip)
    return Layout(
        paper, orientation, page, factor, header, frame, under, figures, legend, sources, ticks
    )


def _stack(panel: Rect, heights: Sequence[float | None], gap: float) -> list[Rect]:
    parts, y = [], panel.y
    for height in _shared(heights, panel.height, gap):
        parts.append(Rect(panel.x, y, panel.width, height))
        y += height + gap
    return parts


def _row(panel: Rect, widths: Sequence[float | None], gap: float) -> list[Rect]:
    parts, x = [], panel.x
    for width in _shared(widths, panel.width, gap):
        parts.append(Rect(x, panel.y, width, panel.height))
        x += width + gap
    return parts


def _shared(lengths: Sequence[float | None], total: float, gap: float) -> list[float]:
    """The lengths, the one that is None taking what remains."""
    taken = sum(length or 0 for length in lengths) + gap * (len(lengths) - 1)
    return [total - taken if length is None else length for length in lengths]
