"""A sheet: everything an order asks, read once and set in millimetres, ready to be drawn.

Leaves ink to `atlas.drawing` and words to `atlas.content`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from atlas import labels
from atlas.frame import Frame, frame_on
from atlas.ground import Ground, Material, ground_in, material_read
from atlas.inset import LETTER_MM, Inset, inset_on
from atlas.labels import Label, Wish
from atlas.matter import Matter, matter_read
from atlas.orders import Order
from atlas.paper import ORIENTATIONS, Layout, Rect, layout_of
from atlas.placement import Mark, facilities_on, marks_of, moved_into, spread
from atlas.surroundings import names_in
from atlas.towns import Town, towns_read
from atlas.words import short_commune
from geo.core.errors import InvalidInput
from geo.core.params import BBox

TOWN_MM, UNIT_MM, NEIGHBOUR_MM, AROUND_MM = 3.1, 2.35, 2.6, 2.9
# About ten metres: no sheet shows less.
SMALLEST_DEG = 1e-4
TOWN_RADIUS_MM, MINOR_RADIUS_MM = 0.75, 0.55


@dataclass(frozen=True, slots=True)
class Flow:
    """A reinstallation on paper: from `start` to `end`, millimetres."""

    start: tuple[float, float]
    end: tuple[float, float]
    gap: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One map: the main one or the inset. `seats` are the towns marked at their exact place."""

    frame: Frame
    ground: Ground
    marks: tuple[Mark, ...]
    labels: tuple[Label, ...]
    seats: tuple[tuple[Town, float, float], ...]
    flows: tuple[Flow, ...]
    facilities: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet before ink. `inset` is None where the main map is enough."""

    order: Order
    layout: Layout
    matter: Matter
    material: Material
    main: Panel
    inset: Panel | None = None
    spot: Inset | None = None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Every mark of the sheet: one for each site."""
        return self.main.marks + (self.inset.marks if self.inset else ())

    @property
    def facilities_drawn(self) -> Counter[str]:
        """How many facilities are drawn of each kind, each counted once."""
        drawn = {mark.site: mark.kind for panel in self.panels for mark in panel.facilities}
        return Counter(drawn.values())

    @property
    def panels(self) -> tuple[Panel, ...]:
        """The main map, then the inset if there is one."""
        return (self.main, self.inset) if self.inset else (self.main,)

    @property
    def vertices(self) -> int:
        """Vertices of the ground of both panels."""
        return self.main.ground.vertices + (self.inset.ground.vertices if self.inset else 0)


def sheet_make(order: Order) -> Sheet:
    """Read an order's matter and set it on paper."""
    layout, frame = _framed(order)
    material = material_read(order, frame)
    ratio = (layout.page.width * layout.page.height) / (210 * 297)
    matter = matter_read(order, frame, material.outline, area_ratio=ratio)
    ground = ground_in(material, frame)
    raw = marks_of(matter, frame, layout.factor, level=order.level)
    inset = inset_on(frame, ground.outline, raw, layout.factor)
    towns = towns_read(order)
    maker = _Maker(order, layout, material, matter, towns)
    if inset is None:
        return Sheet(order, layout, matter, material, maker.panel(frame, ground, raw, raw))
    zoomed = [mark for mark in raw if _holds(inset.zone, mark)]
    others = [mark for mark in raw if not _holds(inset.zone, mark)]
    main = maker.panel(frame, ground, others, raw, inset=inset)
    inner = maker.panel(
        inset.frame,
        ground_in(material, inset.frame),
        moved_into(zoomed, frame, inset.frame),
        (),
        inner=True,
    )
    return Sheet(order, layout, matter, material, main, inner, inset)


def _framed(order: Order) -> tuple[Layout, Frame]:
    """The layout asked, or the orientation that shows the territory larger."""
    contour = shapely.from_wkb(bytes(order.territory.contour.wkb))
    if order.bbox is not None:
        contour = _part(contour, order.bbox)
    srid = order.territory.srid
    choices = []
    for orientation in [order.orientation] if order.orientation else ORIENTATIONS:
        layout = layout_of(order.paper, orientation)
        choices.append((layout, frame_on(contour, srid, layout.map)))
    return min(choices, key=lambda choice: choice[1].scale)


def _part(contour: Any, bbox: BBox) -> Any:
    """The box asked where it meets the territory: a view is often wider."""
    boxes = shapely.union_all([shapely.box(*box) for box in bbox.boxes()])
    west, south, east, north = shapely.intersection(boxes, shapely.box(*contour.bounds)).bounds
    if not (east - west > SMALLEST_DEG and north - south > SMALLEST_DEG):
        raise InvalidInput("Cette emprise est vide ou hors du territoire.", field="bbox")
    return shapely.segmentize(shapely.box(west, south, east, north), 0.05)


def _holds(zone: Rect, mark: Mark) -> bool:
    return zone.holds(Rect(mark.true_x, mark.true_y, 0, 0))


@dataclass(frozen=True, slots=True)
class _Maker:
    """Sets panels of one sheet."""

    order: Order
    layout: Layout
    material: Material
    matter: Matter
    towns: Sequence[Town]

    def panel(
        self,
        frame: Frame,
        ground: Ground,
        marks: Sequence[Mark],
        known: Sequence[Mark],
        *,
        inset: Inset | None = None,
        inner: bool = False,
    ) -> Panel:
        """A panel of those marks; `known` are marks whose place flows may use beside them."""
        factor = self.layout.factor
        seats = self._seats(frame)
        furniture = (
            [inset.zone, inset.box.grown(1), inset.letter(LETTER_MM * factor)] if inset else []
        )
        blocked = [inset.box.grown(1)] if inset else []
        wishes = [self._seat_wish(*seat) for seat in seats]
        boxes = [mark.box for mark in marks]
        first = labels.place(wishes, [*boxes, *blocked], frame.rect)
        held = [label.box for label in first]
        held += [_dot(town, x, y, factor) for town, x, y in seats]
        settled = spread(marks, frame.rect, held + furniture, factor)
        boxes = [mark.box for mark in settled]
        dots = [_dot(town, x, y, factor) for town, x, y in seats]
        taken = [*boxes, *furniture, *dots, *held]
        others = labels.place(
            [*self._unit_wishes(frame, settled), *self._around_wishes(frame, ground, inner)],
            taken,
            frame.rect,
        )
        covered = [*taken, *(label.box for label in others)]
        return Panel(
            frame,
            ground,
            tuple(settled),
            (*first, *others),
            tuple(seats),
            tuple(self._flows(frame, settled, known, inner)),
            tuple(
                facilities_on(
                    self.matter.facilities,
                    frame,
                    covered,
                    factor,
                    without=inset.zone if inset else None,
                )
            ),
        )

    def _seats(self, frame: Frame) -> list[tuple[Town, float, float]]:
        found = []
        for town in self.towns:
            x, y = frame.lonlat_to_mm(town.lon, town.lat)
            if frame.rect.grown(-1).holds(Rect(x, y, 0, 0)):
                found.append((town, float(x), float(y)))
        return found

    def _seat_wish(self, town: Town, x: float, y: float) -> Wish:
        size = (TOWN_MM if town.first else UNIT_MM) * self.layout.factor
        weight = 600 if town.minor else 700
        gap = 1.5 * self.layout.factor
        # Farther places come last: a seat amid symbols is named beside them.
        spots = tuple(
            spot
            for reach in (gap, 2 * gap, 3.5 * gap)
            for spot in labels.around_point(x, y, reach, town.name, size, weight=weight)
        )
        return Wish(town.name, size, spots, weight, "seat", needed=town.first)

    def _unit_wishes(self, frame: Frame, marks: Sequence[Mark]) -> list[Wish]:
        """The communes with sites (all the departements of a region), the most sites first."""
        counts = Counter(mark.unit for mark in marks)
        named = {town.code for town in self.towns}
        size = UNIT_MM * self.layout.factor
        units = [
            unit
            for unit in self.material.inside
            if unit.code not in named and (counts[unit.code] or self.order.level == "region")
        ]
        units.sort(key=lambda unit: (-counts[unit.code], unit.code))
        wishes = []
        for unit in units:
            area = shapely.clip_by_rect(frame.geometry_to_mm(unit.geometry), *frame.rect.to_box())
            name = short_commune(unit.name)
            boxes = [mark.box for mark in marks if mark.unit == unit.code]
            inside = labels.in_area(area, name, size)
            near = labels.around_group(boxes, name, size, 600)
            wishes.append(Wish(name, size, inside + near, 600, "unit"))
        return wishes

    def _around_wishes(self, frame: Frame, ground: Ground, inner: bool) -> list[Wish]:
        factor = self.layout.factor
        wishes = []
        if not inner:
            for name, part in sorted(ground.neighbours, key=lambda n: -n[1].area):
                size = NEIGHBOUR_MM * factor
                spots = labels.in_area(part, name, size, whole=True)
                wishes.append(Wish(name, size, spots, 400, "neighbour"))
        french = shapely.union_all([ground.outline, *(part for _, part in ground.neighbours)])
        for beyond in names_in(frame):
            size = AROUND_MM * factor * (0.85 if inner else 1)
            near = shapely.Point(beyond.x, beyond.y).buffer(16 * factor).difference(french)
            spots = labels.in_area(near, beyond.text, size, whole=True)
            apart = math.inf if beyond.kind == "sea" else 80 * factor
            wishes.append(Wish(beyond.text, size, spots, 400, beyond.kind, apart=apart))
        return wishes

    def _flows(
        self, frame: Frame, marks: Sequence[Mark], known: Sequence[Mark], inner: bool
    ) -> list[Flow]:
        if self.matter.reinstallations is None:
            return []
        drawn = {mark.site: mark for mark in marks}
        beside = {mark.site: mark for mark in known}
        flows = []
        for row in self.matter.reinstallations.rows:
            ends = [row.properties["origin"], row.properties["site"]]
            here = [end in drawn for end in ends]
            # The inset draws what it wholly holds, the main map the rest.
            if not (all(here) if inner else any(here) or not any(e in beside for e in ends)):
                continue
            points = []
            for end, (lon, lat) in zip(ends, row.geometry.coords, strict=True):
                mark = drawn.get(end) or beside.get(end)
                x, y = (mark.x, mark.y) if mark else frame.lonlat_to_mm(lon, lat)
                points.append((float(x), float(y)))
            goal = drawn.get(ends[1])
            flows.append(Flow(points[0], points[1], goal.radius if goal else 0.0))
        return flows


def _dot(town: Town, x: float, y: float, factor: float) -> Rect:
    radius = (MINOR_RADIUS_MM if town.minor else TOWN_RADIUS_MM) * factor
    return Rect(x - radius, y - radius, 2 * radius, 2 * radius)
