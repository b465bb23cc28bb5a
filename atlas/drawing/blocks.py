"""The blocks beside the map: header, figures, legend, sources.

Leaves their words to `atlas.content`.
"""

from __future__ import annotations

from collections.abc import Sequence

from atlas import content
from atlas.drawing import svg
from atlas.drawing.panel import INNER_BORDER, LAND, OUTLINE, arrow, seat_svg
from atlas.drawing.symbols import symbol
from atlas.fonts import text_width, wrapped
from atlas.legend import Entry
from atlas.legend import legend as legend_of
from atlas.paper import Rect
from atlas.sheet import Sheet
from atlas.words import lower_first

RULE = "#c8c6bf"


def header(sheet: Sheet) -> str:
    """Title and subtitle; the PDF has them as text of its own instead."""
    rect, factor = sheet.layout.header, sheet.layout.factor
    return svg.group(
        [
            svg.text(rect.x, rect.y + 6 * factor, content.title(sheet), 6.4 * factor, weight=700),
            svg.text(
                rect.x,
                rect.y + 11 * factor,
                content.subtitle(sheet),
                3.1 * factor,
                fill=svg.PALE_INK,
            ),
        ],
        class_="header",
    )


def badges(sheet: Sheet) -> str:
    """The right level and the demonstration's mark, at the right of the header."""
    rect, factor = sheet.layout.header, sheet.layout.factor
    size, pad, height = 2.7 * factor, 1.6 * factor, 4.8 * factor
    parts, y = [], rect.y + 0.4 * factor
    for index, words in enumerate(content.badges(sheet)):
        width = text_width(words, size, 700) + 2 * pad
        full = index == 0
        parts.append(
            svg.rect(
                rect.right - width,
                y,
                width,
                height,
                rx=0.6 * factor,
                fill="#161616" if full else "#ffffff",
                stroke="#161616",
                stroke_width=0.25 * factor,
            )
        )
        parts.append(
            svg.text(
                rect.right - width / 2,
                y + height / 2 + size * 0.35,
                words,
                size,
                anchor="middle",
                weight=700,
                fill="#ffffff" if full else "#161616",
            )
        )
        y += height + 1 * factor
    return svg.group(parts, class_="badges")


def figures(sheet: Sheet) -> str:
    """The figures, two a line."""
    rect, factor = sheet.layout.figures, sheet.layout.factor
    found = content.figures(sheet)
    lines = (len(found) + 1) // 2
    height, width = min(rect.height / lines, 14 * factor), rect.width / 2
    parts = [
        svg.line(rect.x, rect.y, rect.right, rect.y, stroke=svg.INK, stroke_width=0.5 * factor)
    ]
    for index, figure in enumerate(found):
        x = rect.x + (index % 2) * width
        y = rect.y + (index // 2) * height
        parts.append(svg.text(x, y + 7.2 * factor, figure.value, 6.2 * factor, weight=700))
        parts.append(svg.text(x, y + 10.3 * factor, figure.words, 2.55 * factor, fill=svg.PALE_INK))
    return svg.group(parts, class_="figures")


def legend(sheet: Sheet) -> str:
    """The legend, in as many columns as its box holds."""
    rect, factor = sheet.layout.legend, sheet.layout.factor
    columns = 2 if rect.width > 75 * factor else 1
    column_width = (rect.width - (columns - 1) * 4 * factor) / columns
    blocks = [_section(words, entries, column_width, factor) for words, entries in legend_of(sheet)]
    blocks.append(_places(sheet, factor))
    gap, top = 1.9 * factor, 2.2 * factor
    split = _balanced([height + gap for _, height in blocks], columns)
    tallest = max(
        sum(height + gap for _, height in part) for part in (blocks[:split], blocks[split:])
    )
    shrink = min(1.0, (rect.height - top) / tallest)
    body = []
    for column, part in enumerate((blocks[:split], blocks[split:])):
        y = 0.0
        for drawn, height in part:
            move = f"translate({svg.num(column * (column_width + 4 * factor))},{svg.num(y)})"
            body.append(svg.group([drawn], transform=move))
            y += height + gap
    place = f"translate({svg.num(rect.x)},{svg.num(rect.y + top)}) scale({shrink:.3f})"
    rule = svg.line(rect.x, rect.y, rect.right, rect.y, stroke=svg.INK, stroke_width=0.5 * factor)
    return svg.group([rule, svg.group(body, transform=place)], class_="legend")


def _balanced(heights: Sequence[float], columns: int) -> int:
    """How many blocks go to the first column so that the two are the least tall."""
    if columns == 1:
        return len(heights)
    return min(
        range(1, len(heights) + 1),
        key=lambda split: max(sum(heights[:split]), sum(heights[split:])),
    )


def _section(
    words: str, entries: Sequence[Entry], width: float, factor: float
) -> tuple[str, float]:
    """A section at the origin, and its height."""
    size = 2.5 * factor
    parts, y = [], 0.0
    for line in wrapped(words, size, width, 700):
        y += size * 1.15
        parts.append(svg.text(0, y - size * 0.15, line, size, weight=700))
    y += 0.6 * factor
    middle = max(3.4 * factor, max(entry.radius for entry in entries) + 0.3 * factor)
    for entry in entries:
        left = 2 * middle + factor
        room = width - left - text_width(entry.figure, size, 700) - factor
        lines = wrapped(entry.words, size, room)
        leading = size * 1.15
        taken = (len(lines) - 1) * leading
        height = max(3.7 * factor + taken, 2 * entry.radius + 0.5 * factor)
        centre = y + height / 2
        parts.append(_key(entry, middle, centre, factor))
        for index, line in enumerate(lines):
            baseline = centre - taken / 2 + index * leading + size * 0.35
            parts.append(svg.text(left, baseline, line, size))
        parts.append(
            svg.text(width, centre + size * 0.35, entry.figure, size, anchor="end", weight=700)
        )
        y += height
    return "".join(parts), y


def _key(entry: Entry, x: float, y: float, factor: float) -> str:
    if entry.symbol.shape == "line":
        reach = 3.2 * factor
        return arrow(
            (x - reach, y + 0.6 * factor),
            (x, y - 0.9 * factor),
            (x + reach, y + 0.4 * factor),
            entry.symbol.stroke,
            factor,
        )
    return symbol(entry.symbol, x, y, entry.radius, hollow=entry.hollow)


def _places(sheet: Sheet, factor: float) -> tuple[str, float]:
    """The signs of seats and the limits, on one line each."""
    size, middle, line = 2.5 * factor, 3.4 * factor, 3.7 * factor
    signs = []
    for minor, words in ((False, "Préfecture"), (True, "Sous-préfecture")):
        if any(town.minor == minor for panel in sheet.panels for town, _, _ in panel.seats):
            signs.append((seat_svg(middle, line / 2, factor, minor=minor), words))
    for words, colour, width in (
        (sheet.material.title, OUTLINE, 0.42),
        (sheet.material.inside_title, INNER_BORDER, 0.2),
    ):
        if colour == INNER_BORDER and len(sheet.material.inside) < 2:
            continue
        patch = svg.rect(
            middle - 2.6 * factor,
            0.7 * factor,
            5.2 * factor,
            2.3 * factor,
            fill=LAND,
            stroke=colour,
            stroke_width=width * factor,
        )
        signs.append((patch, f"Limites : {lower_first(words)}"))
    parts = [
        svg.group(
            [sign, svg.text(2 * middle + factor, line / 2 + size * 0.35, words, size)],
            transform=f"translate(0,{svg.num(index * line)})",
        )
        for index, (sign, words) in enumerate(signs)
    ]
    return "".join(parts), len(signs) * line


def sources(sheet: Sheet) -> str:
    """Notes, sources and edition, cut where the box ends (the table repeats them whole)."""
    rect, factor = sheet.layout.sources, sheet.layout.factor
    size = 2.05 * factor
    leading = size * 1.25
    lines: list[tuple[str, int]] = []
    for words, weight in [
        *((note, 600) for note in content.notes(sheet)),
        *((source, 400) for source in content.sources(sheet)),
        (content.edition(sheet), 400),
        ("Tableau équivalent : pages suivantes du PDF.", 400),
    ]:
        lines += [(line, weight) for line in wrapped(words, size, rect.width, weight)]
    room = int((rect.height - 2 * factor) / leading)
    parts = [svg.line(rect.x, rect.y, rect.right, rect.y, stroke=RULE, stroke_width=0.25 * factor)]
    for index, (words, weight) in enumerate(lines[:room]):
        y = rect.y + 2.6 * factor + index * leading
        fill = svg.INK if weight > 400 else svg.PALE_INK
        parts.append(svg.text(rect.x, y, words, size, weight=weight, fill=fill))
    return svg.group(parts, class_="sources")


def ribbon(sheet: Sheet) -> str:
    """« Contours approchés », written on the map itself where it is so."""
    if not sheet.material.approximate:
        return ""
    rect, factor = sheet.main.frame.rect, sheet.layout.factor
    size = 2.3 * factor
    width = text_width(content.APPROXIMATE, size, 700) + 2.4 * factor
    spot = _ribbon_spot(sheet, width, 4.2 * factor)
    return (
        svg.group(
            [
                svg.rect(spot.x, spot.y, spot.width, spot.height, fill="#ffffff", fill_opacity=0.9),
                svg.text(
                    spot.centre[0],
                    spot.y + spot.height / 2 + size * 0.35,
                    content.APPROXIMATE,
                    size,
                    anchor="middle",
                    weight=700,
                    italic=False,
                ),
            ],
            class_="ribbon",
        )
        if rect.width
        else ""
    )


def _ribbon_spot(sheet: Sheet, width: float, height: float) -> Rect:
    """The corner of the map that covers neither a symbol, a name nor the inset."""
    rect = sheet.main.frame.rect
    corners = [
        Rect(x, y, width, height)
        for y in (rect.y, rect.bottom - height)
        for x in (rect.x, rect.right - width)
    ]
    taken = [mark.box for mark in sheet.main.marks] + [label.box for label in sheet.main.labels]
    if sheet.spot:
        taken.append(sheet.spot.box.grown(1))
    return min(corners, key=lambda spot: sum(spot.meets(box) for box in taken))
