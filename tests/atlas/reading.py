"""Reading a sheet back from its drawing alone, without the code that made it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from pypdf.generic import ContentStream
from pyproj import Geod, Transformer

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def parsed(svg: str) -> Any:
    """The root of a drawing."""
    return ElementTree.fromstring(svg)


def of_class(root: Any, name: str) -> list[Any]:
    """The elements that bear a class."""
    return [e for e in root.iter() if name in (e.get("class") or "").split()]


def points(element: Any) -> list[tuple[float, float]]:
    """The vertices of a path of straight lines."""
    values = [float(v) for v in NUMBER.findall(element.get("d"))]
    return list(zip(values[::2], values[1::2], strict=True))


def centre(rect: Any) -> tuple[float, float]:
    """The middle of a rect element."""
    x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
    return x + width / 2, y + height / 2


@dataclass(frozen=True, slots=True)
class Calibration:
    """Millimetres of a drawing as a function of metres, found from the outline drawn."""

    mm_per_m: float
    x0: float
    y0: float
    srid: int

    def to_mm(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a WGS84 place should be drawn."""
        forward = Transformer.from_crs(4326, self.srid, always_xy=True)
        easting, northing = forward.transform(lon, lat)
        return self.x0 + easting * self.mm_per_m, self.y0 - northing * self.mm_per_m

    def ground_length(self, x: float, y: float, width: float) -> float:
        """True metres of a horizontal stretch of the drawing."""
        back = Transformer.from_crs(self.srid, 4326, always_xy=True)
        ends = [
            back.transform((px - self.x0) / self.mm_per_m, (self.y0 - y) / self.mm_per_m)
            for px in (x, x + width)
        ]
        return float(Geod(ellps="WGS84").inv(*ends[0], *ends[1])[2])


def calibrate(root: Any, contour: Any, srid: int) -> Calibration:
    """Fit the drawing to the contour (shapely, EPSG:4326): bounds against bounds."""
    (outline, *_) = of_class(root, "outline")
    drawn = points(outline)
    forward = Transformer.from_crs(4326, srid, always_xy=True)
    grid = [
        forward.transform(*vertex)
        for polygon in contour.geoms
        for vertex in polygon.exterior.coords
    ]
    west, east = min(e for e, _ in grid), max(e for e, _ in grid)
    south, north = min(n for _, n in grid), max(n for _, n in grid)
    left, right = min(x for x, _ in drawn), max(x for x, _ in drawn)
    top, bottom = min(y for _, y in drawn), max(y for _, y in drawn)
    across, along = (right - left) / (east - west), (bottom - top) / (north - south)
    assert abs(across / along - 1) < 0.005, "the drawing is stretched"
    mm_per_m = (across + along) / 2
    return Calibration(
        mm_per_m,
        (left + right) / 2 - (west + east) / 2 * mm_per_m,
        (top + bottom) / 2 + (south + north) / 2 * mm_per_m,
        srid,
    )


def boxes_of(page: Any) -> list[tuple[float, float, float]]:
    """Every rectangle painted on a PDF page: its middle and width, millimetres from the top left.

    Follows the page's operators (`q`, `Q`, `cm`, `re`, `Do`) through its form objects.
    """
    height = float(page.mediabox.height)
    found: list[tuple[float, float, float]] = []
    _follow(page.get_contents(), page["/Resources"], IDENTITY, page.pdf, found)
    mm = 25.4 / 72
    return [(x * mm, (height - y) * mm, width * mm) for x, y, width in found]


IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Matrix = tuple[float, float, float, float, float, float]


def _times(m: Matrix, n: Matrix) -> Matrix:
    a, b, c, d, e, f = m
    return (
        a * n[0] + b * n[2],
        a * n[1] + b * n[3],
        c * n[0] + d * n[2],
        c * n[1] + d * n[3],
        e * n[0] + f * n[2] + n[4],
        e * n[1] + f * n[3] + n[5],
    )


def _follow(stream: Any, resources: Any, matrix: Matrix, pdf: Any, found: list[Any]) -> None:
    stack = []
    for operands, operator in ContentStream(stream, pdf).operations:
        if operator == b"q":
            stack.append(matrix)
        elif operator == b"Q":
            matrix = stack.pop()
        elif operator == b"cm":
            matrix = _times(tuple(float(v) for v in operands), matrix)
        elif operator == b"re":
            x, y, width, height = (float(v) for v in operands)
            place = _times((1, 0, 0, 1, x + width / 2, y + height / 2), matrix)
            found.append((place[4], place[5], abs(width * matrix[0])))
        elif operator == b"Do":
            form = resources["/XObject"][operands[0]].get_object()
            if form["/Subtype"] == "/Form":
                inner = tuple(float(v) for v in form.get("/Matrix", IDENTITY))
                _follow(form, form.get("/Resources", resources), _times(inner, matrix), pdf, found)
