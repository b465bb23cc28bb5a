"""The services of a sheet: all of them, else the nearest of each open site, never nothing."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from django.contrib.gis.geos import Point

from atlas import content, legend, table
from atlas.drawing.page import page_svg
from atlas.facilities import FARTHEST_M, MOST, NEEDED
from geo.accounts.enums import Level, Role
from geo.accounts.scopes import scope_for
from geo.core import collections
from geo.core.crs import geodesic_distance_m
from geo.core.scope import Scope
from geo.core.shapes import SHAPES
from geo.core.when import When
from geo.facilities.models import Facility, Kind
from tests.atlas import reading
from tests.atlas.conftest import record_of, settle
from tests.support.factories import make_site, make_user

pytestmark = pytest.mark.django_db
# Bobigny, whose surroundings the sites of `settle` keep to.
LON, LAT = 2.44, 48.91


def facility(kind: Kind, lon: float, lat: float, key: int) -> Facility:
    return Facility(
        kind=kind,
        name=f"Service inventé {key}",
        geom=Point(lon, lat, srid=4326),
        source="Registre inventé",
        source_key=str(key),
        millesime="2026",
        licence="aucune",
    )


def facilities(count: int, *kinds: Kind) -> list[Facility]:
    """That many around Bobigny, all in the departement, each kind in its turn."""
    draw = random.Random(5)
    contour = record_of("93").contour
    rows: list[Facility] = []
    while len(rows) < count:
        lon, lat = LON + draw.uniform(-0.05, 0.05), LAT + draw.uniform(-0.05, 0.05)
        if contour.contains(shapely.Point(lon, lat)):
            rows.append(facility(kinds[len(rows) % len(kinds)], lon, lat, len(rows)))
    return Facility.objects.bulk_create(rows)


def sections(sheet: Any) -> dict[str, list[legend.Entry]]:
    return {words.replace("\u00a0", " "): entries for words, entries in legend.legend(sheet)}


def test_when_they_fit_all_are_drawn(five: None, sheet_of: Callable[..., Any]) -> None:
    settle("93", count=4)
    facilities(12, Kind.SCHOOL, Kind.HEALTH, Kind.FOOD)
    sheet = sheet_of("93")
    drawn = reading.of_class(reading.parsed(page_svg(sheet)), "facility")
    entries = sections(sheet)["Services (dessinés / connus)"]
    assert len(drawn) == 12
    assert [entry.figure.replace("\u00a0", " ") for entry in entries] == ["4 / 4"] * 3


def test_too_many_leave_the_nearest_of_each_open_site(
    five: None, sheet_of: Callable[..., Any]
) -> None:
    settle("93", count=8)
    rows = facilities(2 * MOST, Kind.SCHOOL, Kind.HEALTH, Kind.WATER, Kind.TRANSPORT)
    sheet = sheet_of("93", when=When.now())
    told = table.rows(sheet)
    names = [column.name for column in table.columns(sheet)]
    nearest = set()
    for row in sheet.matter.alive:
        (cells,) = [cells for cells in told if cells[0] == row.properties["reference"]]
        for kind in NEEDED:
            lon, lat = row.geometry.x, row.geometry.y
            metres, pk = min(
                (geodesic_distance_m(lon, lat, one.geom.x, one.geom.y), one.pk)
                for one in rows
                if one.kind == kind
            )
            nearest.add(pk)
            assert cells[names.index(kind)] == f"{round(metres):,}".replace(",", "\u00a0")
    marks = [mark for panel in sheet.panels for mark in panel.facilities]
    assert marks
    assert {mark.site for mark in marks} <= nearest
    entries = sections(sheet)["Services : le plus proche de chaque site ouvert (dessinés / connus)"]
    counts = {entry.words: (entry.count, entry.known) for entry in entries}
    assert sum(count for count, _ in counts.values()) == len(marks)
    assert {known for _, known in counts.values()} == {2 * MOST // 4}
    # What is not drawn is told, the kind that no site needs included.
    left = next(note for note in content.notes(sheet) if note.startswith("Services non dessinés"))
    assert f"{Kind.TRANSPORT.label} ({2 * MOST // 4})" in left


def test_a_closed_site_has_no_distance(five: None, sheet_of: Callable[..., Any]) -> None:
    settle("93", count=6)
    facilities(6, Kind.SCHOOL)
    sheet = sheet_of("93")
    names = [column.name for column in table.columns(sheet)]
    told = {cells[0]: cells[names.index("school")] for cells in table.rows(sheet)}
    states = {
        row.properties["reference"]: row.properties["status"] for row in sheet.matter.sites.rows
    }
    assert "closed" in states.values()
    assert {ref for ref, cell in told.items() if not cell} == {
        ref for ref, status in states.items() if status == "closed"
    }


def test_far_away_is_not_near(five: None, sheet_of: Callable[..., Any]) -> None:
    settle("93", count=3)
    facility(Kind.WATER, 5.37, 43.3, 1).save()
    sheet = sheet_of("93")
    assert not sheet.facilities_drawn
    notes = content.notes(sheet)
    assert any("aucun n’est chargé" in note for note in notes)
    assert FARTHEST_M < 600_000


def test_they_cover_neither_sites_nor_names(five: None, sheet_of: Callable[..., Any]) -> None:
    settle("93", count=30, spread=0.05)
    facilities(60, Kind.SCHOOL, Kind.HEALTH, Kind.WATER)
    for panel in sheet_of("93").panels:
        boxes = [mark.box for mark in panel.marks] + [label.box for label in panel.labels]
        for mark in panel.facilities:
            box = mark.box.grown(-0.3 * mark.radius)
            assert not any(box.meets(other) for other in boxes)


def test_a_blurred_reader_s_distances_come_from_the_blurred_place(
    territories: Any, sheet_of: Callable[..., Any]
) -> None:
    make_site(2.4512345, 48.9312345, name="Voisin secret")
    school = facility(Kind.SCHOOL, 2.4512345, 48.9312345, 1)
    school.save()
    partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
    sheet = sheet_of("93", scope_for(partner), when=When.now())
    (row,) = sheet.matter.sites.rows
    assert row.properties["precision"] == "500m"
    seen = geodesic_distance_m(row.geometry.x, row.geometry.y, school.geom.x, school.geom.y)
    assert sheet.matter.facilities.near[row.id]["school"] == pytest.approx(seen, abs=0.01)
    assert seen > 20
    names = [column.name for column in table.columns(sheet)]
    ((*_, cell),) = [[cells[names.index("school")]] for cells in table.rows(sheet)]
    assert re.fullmatch(r"≈\u00a0\d00|≈\u00a00", cell)
    assert any("350 m" in note for note in content.notes(sheet))


def test_a_position_at_the_commune_has_none(territories: Any, sheet_of: Callable[..., Any]) -> None:
    make_site(2.4512345, 48.9312345)
    facilities(3, Kind.SCHOOL)
    sheet = sheet_of("93", scope_for(make_user(Role.NATIONAL_PARTNER)), when=When.now())
    assert {row.properties["precision"] for row in sheet.matter.sites.rows} == {"commune"}
    assert sheet.matter.facilities.near == {}
    assert "school" not in {column.name for column in table.columns(sheet)}
    assert not any("au tableau" in note for note in content.notes(sheet))


def test_shapes_are_told_apart_without_colour() -> None:
    scope = Scope.nation()
    shapes = [symbol.shape for symbol in collections.get("facilities", scope).symbols]
    assert len(set(shapes)) == len(shapes) == len(Kind)
    assert set(shapes) <= set(SHAPES)
    for name in ("sites", "evacuations", "resorptions", "other-closures"):
        assert not {s.shape for s in collections.get(name, scope).symbols} & set(shapes)


def test_their_source_and_vintage_are_told(five: None, sheet_of: Callable[..., Any]) -> None:
    settle("93", count=3)
    facilities(3, Kind.SCHOOL)
    assert "Services : Registre inventé, millésime 2026 (aucune)." in content.sources(
        sheet_of("93")
    )
