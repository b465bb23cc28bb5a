"""Storing territories: ids kept by code, nothing half-written, communes that come and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import shapely
from django.db import connection

from geo.core import versions
from geo.core.errors import InvalidInput
from geo.core.events import TerritoriesImported, receiver
from geo.territories.generalisation import simplified
from geo.territories.models import Commune, Departement, Epci, Region
from geo.territories.records import TerritoryRecord
from geo.territories.services import LevelReport, territories_import
from tests.geo.territories.invented import cell, commune, country, record

pytestmark = pytest.mark.django_db
COLLECTIONS = ("regions", "departements", "epcis", "communes")


def load(records: Sequence[TerritoryRecord]) -> dict[str, LevelReport]:
    return {report.level: report for report in territories_import(records=records)}


def ids() -> dict[str, int]:
    return dict(Commune.objects.values_list("code", "pk"))


def low(code: str) -> shapely.Geometry:
    return shapely.from_wkb(bytes(Commune.objects.get(code=code).low_3857.wkb))


def test_a_country_is_created_with_its_hierarchy_and_projection() -> None:
    reports = load(country())
    assert {level: report.created for level, report in reports.items()} == {
        "region": 1, "departement": 1, "epci": 1, "commune": 3,
    }  # fmt: skip
    found = Commune.objects.get(code="77001")
    assert (found.departement_id, found.region_id, found.epci_id) == ("77", "11", "200000001")
    assert (found.srid, found.population, found.point.tuple) == (2154, 1200, (2.05, 48.55))
    assert Departement.objects.get(code="77").prefecture == "77001"
    assert Epci.objects.get().departements == ["77"]


def test_the_same_again_writes_nothing_and_raises_no_version() -> None:
    load(country())
    before, stamp = ids(), versions.current(COLLECTIONS)
    reports = load(country())
    assert not any(report.changed for report in reports.values())
    assert reports["commune"].unchanged == 3
    assert ids() == before
    assert versions.current(COLLECTIONS) == stamp


def test_a_newer_millesime_updates_in_place() -> None:
    load(country())
    before = ids()
    newer = [replace(r, millesime="2026") for r in country()]
    newer[3] = replace(newer[3], name="Nouveau nom", contour=cell(0, 1))
    reports = load(newer)
    assert (reports["commune"].updated, reports["commune"].unchanged) == (3, 0)
    assert ids() == before
    found = Commune.objects.get(code="77001")
    assert (found.name, found.millesime) == ("Nouveau nom", "2026")
    assert found.contour.extent == pytest.approx((2.0, 48.6, 2.1, 48.7))
    assert found.low_3857.extent == pytest.approx(found.contour_3857.extent, abs=400)


def test_a_merged_commune_leaves_its_land_and_is_removed() -> None:
    load(country())
    merged = [*country()[:3], commune("77001", cell(0, 0, 2)), commune("77003", cell(2, 0))]
    report = load(merged)["commune"]
    assert (report.removed, report.landless, report.updated) == (["77002"], [], 1)
    assert sorted(ids()) == ["77001", "77003"]


def test_a_commune_that_left_but_is_still_named_is_kept_without_land() -> None:
    load([*country(), commune("77901", cell(0, 0), main_commune="77002")])
    merged = [
        *country()[:3],
        commune("77001", cell(0, 0, 2)),
        commune("77003", cell(2, 0)),
        commune("77901", cell(0, 0), main_commune="77002"),
    ]
    report = load(merged)["commune"]
    assert (report.removed, report.landless) == ([], ["77002"])
    assert Commune.objects.get(code="77002").contour.empty
    again = load(merged)["commune"]
    assert (again.changed, again.landless, again.unchanged) == (False, [], 3)


def test_another_departement_is_left_alone() -> None:
    load(country())
    other = [
        record("departement", "91", cell(0, 1), region="11"),
        commune("91001", cell(0, 1), departement="91", epci=None),
    ]
    load(other)
    assert sorted(ids()) == ["77001", "77002", "77003", "91001"]


def test_an_epci_without_commune_is_removed_and_a_region_never() -> None:
    load([*country(), record("epci", "200000009", cell(5, 5), departements=("77",))])
    report = load(country())["epci"]
    assert report.removed == ["200000009"]
    load([record("region", "24", cell(7, 7))])
    assert set(Region.objects.values_list("code", flat=True)) == {"11", "24"}


def test_approximate_contours_never_replace_official_ones() -> None:
    load(country())
    rough = [replace(r, approximate=True, contour=cell(4, 4)) for r in country()]
    extra = record("departement", "91", cell(0, 1), region="11", approximate=True)
    reports = load([*rough, extra])
    assert [reports[level].official_kept for level in ("region", "departement", "epci", "commune")]
    assert reports["commune"].official_kept == 3
    assert not reports["commune"].changed
    assert reports["departement"].created == 1
    assert not Commune.objects.filter(approximate=True).exists()


def test_official_contours_replace_approximate_ones_in_place() -> None:
    load([replace(r, approximate=True) for r in country()])
    before = ids()
    assert load(country())["commune"].updated == 3
    assert ids() == before
    assert not Commune.objects.filter(approximate=True).exists()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (commune("77004", cell(3, 0), departement="99"), "departement inconnu"),
        (commune("77004", cell(3, 0), epci="200000999"), "epci inconnu"),
        (commune("77001", cell(3, 0)), "code en double"),
        (commune("77004", shapely.MultiPolygon()), "contour absent"),
        (commune("77004", shapely.MultiPolygon([shapely.box(48.5, 2.0, 48.6, 2.1)])), "hors de F"),
        (commune("77004", cell(3, 0), name=" "), "nom absent"),
        (record("canton", "7701", cell(3, 0)), "inconnu : canton"),
    ],
)
def test_a_wrong_record_stops_the_import_and_nothing_is_written(
    wrong: TerritoryRecord, told: str
) -> None:
    with pytest.raises(InvalidInput, match=told):
        load([*country(), wrong])
    assert not Region.objects.exists()


def test_a_failure_at_the_last_level_leaves_the_first_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    load(country())

    def fail(level: str) -> int:
        if level == "commune":
            raise RuntimeError("interrompu")
        return 0

    monkeypatch.setattr("geo.territories.services.generalise", fail)
    with pytest.raises(RuntimeError):
        load([replace(r, millesime="2026", contour=cell(1, 1)) for r in country()])
    assert set(Region.objects.values_list("millesime", flat=True)) == {"2025"}
    # The next import of the same session finds no left-over.
    monkeypatch.undo()
    assert load([replace(r, millesime="2026") for r in country()])["commune"].updated == 3


def test_what_changed_is_announced_by_level() -> None:
    told: list[str] = []

    @receiver(TerritoriesImported)
    def hear(event: TerritoriesImported) -> None:
        told.append(event.level)

    load(country())
    assert told == ["region", "departement", "epci", "commune"]
    told.clear()
    load(country())
    load([*country()[:5], replace(country()[5], name="Autre nom")])
    assert told == ["commune"]


def test_low_zooms_keep_shared_borders_shared() -> None:
    load(country())
    whole = shapely.union_all([low(code) for code in ("77001", "77002", "77003")])
    assert whole.geom_type == "Polygon"
    assert not whole.interiors


def test_simplifying_drops_detail_but_no_territory() -> None:
    # A jagged common border, and an islet smaller than the tolerance.
    jag = [(500.0 + (i % 2) * 40, i * 10.0) for i in range(101)]
    left = shapely.Polygon([(0, 0), *jag, (0, 1000)])
    right = shapely.Polygon([(1000, 0), (1000, 1000), *reversed(jag)])
    islet = shapely.box(2000, 0, 2020, 20)
    lows = simplified([left, shapely.MultiPolygon([right, islet])], 300.0)
    assert shapely.coverage_is_valid(lows)
    assert shapely.get_num_coordinates(lows).sum() < 30
    assert len(lows[1].geoms) == 2
    assert lows[0].area + lows[1].area == pytest.approx(1_000_000, abs=400)


def test_the_tables_are_left_without_temporary_ones() -> None:
    load(country())
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_temp.incoming'), to_regclass('pg_temp.simplified')")
        assert cursor.fetchone() == (None, None)
