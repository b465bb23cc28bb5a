"""Fills the benchmark's database: the same invented rows each time, as many sites as the country.

Four departements of one hundred communes, 1 400 sites with their series, 62 500 parcels under one
departement, 2 000 facilities. Leaves shapes to `ground`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry, Point
from django.db import connection, transaction

from geo.facilities.models import Facility
from geo.sites import enums
from geo.sites.closing import closure_kind
from geo.sites.models import (
    Closure,
    Footprint,
    Living,
    Population,
    Reinstallation,
    Site,
    SiteLocation,
)
from geo.territories.models import Commune, Departement, Epci, Region
from tests.bench import ground

SITES, FACILITIES, MOVES = 1_400, 2_000, 150
PARCELS_DEPARTEMENT = "93"
DEPARTEMENTS = {"93": (0, 0), "94": (1, 0), "77": (0, 1), "78": (1, 1)}
TODAY = dt.date(2026, 11, 1)
COMMON = {"millesime": "banc", "source": "contours inventés"}
LEVELS = ("water", "sanitary", "electricity", "waste", "pests", "fire")


def fill() -> dict[str, int]:
    """Write everything as the application's role; returns how many rows of each kind."""
    draw = random.Random(20261101)
    with transaction.atomic():
        territories()
        counts = {"parcels": parcels()}
        sites = make_sites(draw)
        series(draw, sites)
        ends(draw, sites)
        facilities(draw)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM site")
        (counts["sites"],) = cursor.fetchone()
    return counts | {"facilities": FACILITIES}


def territories() -> None:
    """One region, its departements, one EPCI and one hundred communes for each."""
    region = shapely.multipolygons([_square(0, 0, 2 * ground.DEPARTEMENT_CELLS)])
    Region.objects.create(code="11", name="Région inventée", contour=geos(region), **COMMON)
    for code, (across, up) in DEPARTEMENTS.items():
        column, row = across * ground.DEPARTEMENT_CELLS, up * ground.DEPARTEMENT_CELLS
        contour = geos(shapely.multipolygons([_square(column, row, ground.DEPARTEMENT_CELLS)]))
        Departement.objects.create(
            code=code,
            name=f"Département inventé {code}",
            region_id="11",
            prefecture=f"{code}001",
            contour=contour,
            **COMMON,
        )
        epci = Epci.objects.create(
            code=f"2000000{code}",
            name=f"EPCI {code}",
            departements=[code],
            contour=contour,
            **COMMON,
        )
        starts = ground.starts(column, row, ground.COMMUNE_CELLS, 10)
        contours = ground.outlines(*starts, ground.COMMUNE_CELLS)
        Commune.objects.bulk_create(
            Commune(
                code=f"{code}{number:03d}",
                name=f"Commune inventée {code}-{number:03d}",
                departement_id=code,
                region_id="11",
                epci_id=epci.code,
                contour=geos(shape),
                point=geos(shape.centroid),
                **COMMON,
            )
            for number, shape in enumerate(contours, start=1)
        )


def parcels() -> int:
    """The parcels of one departement, by COPY; returns how many."""
    across, up = DEPARTEMENTS[PARCELS_DEPARTEMENT]
    count = ground.DEPARTEMENT_CELLS // ground.PARCEL_CELLS
    columns, rows = ground.starts(
        across * ground.DEPARTEMENT_CELLS,
        up * ground.DEPARTEMENT_CELLS,
        ground.PARCEL_CELLS,
        count,
    )
    shapes = ground.outlines(columns, rows, ground.PARCEL_CELLS)
    texts = shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)
    with connection.cursor() as cursor:
        copying = "COPY parcel (idu, contenance, geom, millesime, source, invented) FROM STDIN"
        with cursor.copy(copying) as copy:
            for idu, text in zip(idus(columns, rows), texts, strict=True):
                copy.write_row((idu, 6_400, text, "banc", "inventé", True))
    return len(texts)


def make_sites(draw: random.Random) -> list[Site]:
    """Sites opened over 2015-2026; the first departement holds half of them, with footprints."""
    sites, places, footprints = [], [], []
    for number in range(SITES):
        code = draw.choice((PARCELS_DEPARTEMENT, *DEPARTEMENTS))
        across, up = DEPARTEMENTS[code]
        column = across * ground.DEPARTEMENT_CELLS + draw.randint(20, 970)
        row = up * ground.DEPARTEMENT_CELLS + draw.randint(20, 970)
        opened = dt.date(2015, 1, 1) + dt.timedelta(days=draw.randrange(4_200))
        site = Site(
            id=draw.randrange(1, 2**53),
            reference=f"BANC-{number:05d}",
            field_type=draw.choice(enums.FieldType.values),
            declared_on=opened,
        )
        shape = _square(column, row, draw.randint(2, 6))
        sites.append(site)
        places.append(
            SiteLocation(site=site, geom=geos(shape.centroid), name=f"Site inventé {number}")
        )
        footprints.append(
            Footprint(
                id=draw.randrange(1, 2**53),
                site=site,
                geom=geos(shapely.multipolygons([shape])),
                observed_on=opened,
            )
        )
    Site.objects.bulk_create(sites)
    SiteLocation.objects.bulk_create(places)
    Footprint.objects.bulk_create(footprints)
    return sites


def series(draw: random.Random, sites: list[Site]) -> None:
    """Three dated observations of each site: people and living conditions."""
    populations, livings = [], []
    for site in sites:
        for year in range(3):
            day = _opened(site) + dt.timedelta(days=200 * year)
            people = draw.randint(5, 250)
            populations.append(
                Population(
                    site=site,
                    observed_on=day,
                    people=people,
                    households=max(1, people // 4),
                    minors=people // 3,
                )
            )
            levels = {name: draw.choice(enums.Level.values) for name in LEVELS}
            livings.append(Living(site=site, observed_on=day, **levels))
    Population.objects.bulk_create(populations)
    Living.objects.bulk_create(livings)


def ends(draw: random.Random, sites: list[Site]) -> None:
    """Closings of two sites in three, and moves from a closed site to another."""
    closures = []
    for site in sites:
        if draw.random() > 2 / 3:
            continue
        cause = draw.choice(enums.ClosureCause.values)
        answer = draw.choice(enums.Solutions.values)
        kind, review = closure_kind(cause, answer)
        day = _opened(site) + dt.timedelta(days=draw.randint(30, 900))
        closures.append(
            Closure(
                id=draw.randrange(1, 2**53),
                site=site,
                cause=cause,
                closed_on=min(day, TODAY),
                context="Inventé",
                closed_with_solutions=answer,
                kind=kind,
                needs_review=review,
            )
        )
    Closure.objects.bulk_create(closures)
    moves = [
        Reinstallation(
            id=draw.randrange(1, 2**53),
            origin=closure.site,
            site=draw.choice([site for site in sites if site.pk != closure.site_id]),
            people=draw.randint(2, 80),
            happened_on=closure.closed_on,
        )
        for closure in closures[:MOVES]
    ]
    Reinstallation.objects.bulk_create(moves)


def facilities(draw: random.Random) -> None:
    """Schools, health centres and water points spread over the region."""
    rows = []
    for number in range(FACILITIES):
        at = ground.positions(np.array([draw.randrange(2_000)]), np.array([draw.randrange(2_000)]))[
            0
        ]
        rows.append(
            Facility(
                kind=draw.choice(("school", "health", "water")),
                name=f"Service inventé {number}",
                geom=Point(*at, srid=4326),
                source="banc",
                source_key=str(number),
                millesime="banc",
                licence="inventé",
                invented=True,
            )
        )
    Facility.objects.bulk_create(rows)


def geos(shape: Any) -> GEOSGeometry:
    """A GEOSGeometry in EPSG:4326."""
    return GEOSGeometry(memoryview(shape.wkb), srid=4326)


def _square(column: int, row: int, cells: int) -> Any:
    (shape,) = ground.outlines(np.array([column]), np.array([row]), cells)
    return shape.geoms[0]


def idus(columns: Any, rows: Any) -> Iterator[str]:
    """IDUs: the commune that holds the parcel, then a running number inside it."""
    per_side = ground.COMMUNE_CELLS // ground.PARCEL_CELLS
    for column, row in zip(columns.tolist(), rows.tolist(), strict=True):
        across, up = column // ground.COMMUNE_CELLS, row // ground.COMMUNE_CELLS
        commune = up * 10 + across + 1
        x = column % ground.COMMUNE_CELLS // ground.PARCEL_CELLS
        y = row % ground.COMMUNE_CELLS // ground.PARCEL_CELLS
        yield f"{PARCELS_DEPARTEMENT}{commune:03d}0000A{y * per_side + x + 1:04d}"


def _opened(site: Site) -> dt.date:
    assert site.declared_on is not None
    return site.declared_on
