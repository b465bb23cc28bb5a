"""Invented parcels of a few real communes, for a demonstration without network.

Blocks between streets, cut into plots, over the contour that the territories have; the same ones
at each run, marked invented. Leaves storage to `cadastre.loading`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cadastre.etalab import Rows
from cadastre.loading import Report, parcels_import
from cadastre.models import CadastreCoverage
from geo.core.crs import WGS84, transformer
from geo.territories.models import Commune

COMMUNES = ("93001", "93005", "93066", "13001", "13203", "13215")
SOURCE = "Parcelles inventées"
MILLESIME = "2026-01-01"
MEAN_M2 = 900.0
FEWEST, MOST = 1_000, 5_500
# A block is two rows of plots back to back, along a street that takes its share of the ground.
ROWS, PLOTS = 2, 6
STREET_SHARE = 0.12
SMALLEST_M2 = 25.0
SECTION_BLOCKS = 5
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]


def parcels_load(communes: Sequence[str] = COMMUNES) -> dict[str, Report]:
    """Load the invented parcels of these communes; returns what was done, by commune.

    A commune that the territories do not know, or whose real parcels are there, is left out.
    """
    real = set(CadastreCoverage.objects.filter(invented=False).values_list("pk", flat=True))
    reports = {}
    for commune in Commune.objects.filter(code__in=communes).order_by("code"):
        if commune.code in real or not commune.contour:
            continue
        reports[commune.code] = parcels_import(
            batches=[parcels_generate(commune)],
            source=SOURCE,
            millesime=MILLESIME,
            invented=True,
        )
    return reports


def parcels_generate(commune: Commune) -> Rows:
    """The parcels of one commune, EPSG:4326: a mosaic without overlap over its contour."""
    contour = _projected(shapely.from_wkb(bytes(commune.contour.wkb)), WGS84, commune.srid)
    draw = np.random.default_rng(int(commune.code.replace("A", "0").replace("B", "1")))
    plots, sections = _mosaic(contour, draw)
    plots, kept = _clipped(plots, contour)
    areas = shapely.area(plots)
    shapes = _projected(plots, commune.srid, WGS84)
    return Rows(
        idus=list(_idus(commune.code, sections[kept])),
        contenances=[int(area) for area in np.maximum(1, areas * draw.normal(1, 0.01, len(areas)))],
        updated=[MILLESIME] * len(areas),
        shapes=shapely.set_srid(_multi(shapes), WGS84),
        refusals=[],
        repaired=[],
    )


def _projected(shapes: Any, source: int, target: int) -> Any:
    """The same shapes in another projection; degrees are rounded as the cadastre rounds them."""
    move = transformer(source, target)

    def moved(positions: Floats) -> Floats:
        plane = np.stack(move.transform(positions[:, 0], positions[:, 1]), axis=1)
        return np.round(plane, 7) if target == WGS84 else plane

    return shapely.transform(shapes, moved)


def _mosaic(contour: Any, draw: np.random.Generator) -> tuple[Shapes, NDArray[np.int64]]:
    """Plots over the contour's box, and the number of the section of each."""
    west, south, east, north = shapely.bounds(contour)
    wanted = np.clip(shapely.area(contour) / MEAN_M2, FEWEST, MOST)
    side = np.sqrt(shapely.area(contour) / wanted * ROWS * PLOTS)
    columns = int(np.ceil((east - west) / side)) + 1
    lines = int(np.ceil((north - south) / side)) + 1
    x, y = np.meshgrid(west + side * np.arange(columns + 1), south + side * np.arange(lines + 1))
    # Streets are not straight: every crossing is moved, each block between four of them.
    x = x + draw.uniform(-0.2, 0.2, x.shape) * side - side / 2
    y = y + draw.uniform(-0.2, 0.2, y.shape) * side - side / 2
    corners = np.stack([x, y], axis=-1)
    blocks = np.stack(
        [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2
    ).reshape(-1, 4, 2)
    row, column = np.divmod(np.arange(len(blocks)), columns)
    section = (row // SECTION_BLOCKS) * (columns // SECTION_BLOCKS + 1) + column // SECTION_BLOCKS
    near = shapely.intersects(contour, shapely.polygons(blocks))
    blocks, section = blocks[near], section[near]
    return _plots(blocks, draw), np.repeat(section, ROWS * PLOTS)


def _plots(blocks: Floats, draw: np.random.Generator) -> Shapes:
    """Each block inside its streets, cut along uneven lines that its plots share."""
    inset = 1 - np.sqrt(1 - STREET_SHARE)
    across = np.linspace(inset / 2, 1 - inset / 2, ROWS + 1)
    along = np.linspace(inset / 2, 1 - inset / 2, PLOTS + 1)
    u = np.tile(along, (len(blocks), 1))
    v = np.tile(across, (len(blocks), 1))
    u[:, 1:-1] += draw.uniform(-0.3, 0.3, (len(blocks), PLOTS - 1)) / PLOTS
    v[:, 1:-1] += draw.uniform(-0.2, 0.2, (len(blocks), ROWS - 1)) / ROWS
    u, v = u[:, None, :, None], v[:, :, None, None]
    a, b, c, d = (blocks[:, index][:, None, None, :] for index in range(4))
    mesh = (1 - u) * (1 - v) * a + u * (1 - v) * b + u * v * c + (1 - u) * v * d
    quads = np.stack(
        [mesh[:, :-1, :-1], mesh[:, :-1, 1:], mesh[:, 1:, 1:], mesh[:, 1:, :-1]], axis=3
    )
    return np.asarray(shapely.polygons(quads.reshape(-1, 4, 2)), dtype=object)


def _clipped(plots: Shapes, contour: Any) -> tuple[Shapes, NDArray[np.int64]]:
    """The part of each plot inside the contour, and the indices of those that keep some ground."""
    shapely.prepare(contour)
    crossing = ~shapely.contains_properly(contour, plots)
    plots = plots.copy()
    plots[crossing] = shapely.intersection(plots[crossing], contour)
    polygonal = np.isin(shapely.get_type_id(plots), (3, 6))
    kept = np.flatnonzero(polygonal & (shapely.area(plots) >= SMALLEST_M2))
    return plots[kept], kept


def _multi(shapes: Shapes) -> Shapes:
    simple = shapely.get_type_id(shapes) == 3
    shapes[simple] = shapely.multipolygons(shapes[simple], indices=np.arange(simple.sum()))
    return shapes


def _idus(commune: str, sections: NDArray[np.int64]) -> Iterator[str]:
    """IDU in order: sections AA, AB … by the order in which they come, plots numbered in each."""
    names: dict[int, str] = {}
    numbers: dict[int, int] = {}
    for section in sections.tolist():
        if section not in names:
            first, second = divmod(len(names), len(LETTERS))
            names[section] = LETTERS[first] + LETTERS[second]
        numbers[section] = numbers.get(section, 0) + 1
        yield f"{commune}000{names[section]}{numbers[section]:04d}"
