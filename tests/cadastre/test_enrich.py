"""What lies under a site, among the parcels that are here: exact, replaced, noted, and for whom."""

from __future__ import annotations

import datetime as dt
import math
import random
from typing import Any

import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pyproj import Geod

from cadastre import services, tasks
from cadastre.loading import parcels_import
from cadastre.models import CadastreCoverage, Parcel, SiteParcel
from cadastre.selectors import ground_of_site, sites_affected
from cadastre.services import site_enrich, sites_enrich, sites_queue
from demo.parcels import parcels_generate
from geo.core.errors import NotFound
from geo.core.events import TerritoriesImported, publish
from geo.core.geometry import geos
from geo.core.scope import Areas, DataClass, Reach, Scope
from geo.sites.models import Enrichment, Site
from geo.sites.services import site_update
from geo.territories.models import Commune
from tests.support.factories import make_site
from tests.support.parcels import cover, make_parcel

pytestmark = pytest.mark.django_db
GEOD = Geod(ellps="WGS84")

WEST = "93066000AB0001"
EAST = "93066000AB0002"


def area_m2(shape: Any) -> float:
    if shape.is_empty:
        return 0.0
    return abs(GEOD.geometry_area_perimeter(shape)[0])


def footprint(*corners: tuple[float, float]) -> MultiPolygon:
    return MultiPolygon(Polygon((*corners, corners[0])), srid=4326)


def box(west: float, south: float, east: float, north: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)


@pytest.fixture
def two(territories: Any) -> None:
    """Two parcels side by side in a commune that is here whole."""
    make_parcel(WEST, (2.350, 48.930, 2.351, 48.931), contenance=8_000)
    make_parcel(EAST, (2.351, 48.930, 2.352, 48.931), millesime="2025-10-01")
    cover("93066")


def rows(site: Any) -> dict[str, SiteParcel]:
    return {row.parcel_id: row for row in SiteParcel.objects.filter(site=site)}


def noted(site: Any) -> Enrichment:
    return Enrichment.objects.get(site=site, source="cadastre")


def test_a_footprint_over_two_parcels(two: None) -> None:
    ground = box(2.35075, 48.9302, 2.35125, 48.9304)
    site = make_site(2.351, 48.9303, footprint=ground)
    assert sites_enrich(site_ids=[site.pk]).done == 1
    found = rows(site)
    whole = area_m2(shapely.from_wkb(bytes(ground.wkb)))
    assert {idu: row.share for idu, row in found.items()} == pytest.approx({WEST: 0.5, EAST: 0.5})
    for row in found.values():
        assert row.overlap_m2 == pytest.approx(whole / 2, rel=1e-9)
    # Both are of a loaded commune: its millésime is theirs, whenever each last changed.
    assert (noted(site).status, noted(site).version) == ("done", "2026-01-01")


def test_a_point_has_its_parcel_and_no_share(two: None) -> None:
    site = make_site(2.3505, 48.9305)
    sites_enrich()
    (row,) = rows(site).values()
    assert (row.parcel_id, row.share, row.overlap_m2) == (WEST, None, None)


def test_a_point_on_the_road_has_none(two: None) -> None:
    site = make_site(2.36, 48.94)
    summary = sites_enrich()
    assert (summary.done, summary.empty, summary.unanswered) == (0, 1, [])
    assert not rows(site)
    assert "voie ou domaine public" in noted(site).detail


def test_a_neighbour_that_is_only_grazed_is_not_under_the_site(two: None) -> None:
    # 0.4 m² over the eastern parcel, against 1 400 m² on the western one.
    site = make_site(2.3507, 48.9305, footprint=box(2.3505, 48.9302, 2.35100002, 48.93055))
    sites_enrich()
    assert set(rows(site)) == {WEST}
    tiny = make_site(2.351, 48.9305, footprint=box(2.350995, 48.9305, 2.351005, 48.930505))
    sites_enrich()
    # A footprint of half a square metre lies somewhere all the same.
    assert set(rows(tiny)) == {WEST, EAST}


def test_shares_and_areas_are_those_of_another_library(territories: Any) -> None:
    """Random footprints over a random mosaic, against shapely's overlay and pyproj's geodesics."""
    draw = random.Random(20)
    cover("93066")
    parcels = {}
    for row in range(6):
        for column in range(6):
            west, south = 2.350 + column * 4e-4, 48.930 + row * 3e-4
            skew = draw.uniform(0, 8e-5)
            shape = shapely.Polygon(
                [
                    (west, south),
                    (west + 4e-4, south + skew),
                    (west + 4e-4, south + 3e-4),
                    (west + skew, south + 3e-4),
                ]
            )
            idu = f"93066000AC{row * 6 + column + 1:04d}"
            parcels[idu] = shape
            Parcel.objects.create(
                idu=idu,
                geom=MultiPolygon(geos(shape), srid=4326),
                millesime="2026",
                source="essai",
            )
    grounds = {}
    for _ in range(25):
        lon, lat, size = draw.uniform(2.3504, 2.352), draw.uniform(48.9304, 48.9315), 3e-4
        turns = sorted(draw.uniform(0, 2 * math.pi) for _ in range(draw.randint(3, 9)))
        ring = [
            (lon + size * math.cos(t), lat + size * draw.uniform(0.3, 1) * math.sin(t))
            for t in turns
        ]
        shape = shapely.Polygon(ring)
        if not shape.is_valid or area_m2(shape) < 50:
            continue
        ground = MultiPolygon(geos(shape), srid=4326)
        grounds[make_site(lon, lat, footprint=ground).pk] = shape
    assert len(grounds) > 10
    sites_enrich()
    for site_id, shape in grounds.items():
        whole = area_m2(shape)
        expected = {
            idu: area_m2(shape.intersection(parcel))
            for idu, parcel in parcels.items()
            if area_m2(shape.intersection(parcel)) >= min(1.0, whole / 100)
        }
        found = rows(site_id)
        assert {k: row.overlap_m2 for k, row in found.items()} == pytest.approx(
            expected, rel=1e-6, abs=1e-4
        )
        assert {k: row.share for k, row in found.items()} == pytest.approx(
            {k: value / whole for k, value in expected.items()}, rel=1e-6, abs=1e-7
        )


def test_a_second_run_changes_nothing_and_a_move_replaces(two: None) -> None:
    site = make_site(2.351, 48.9303, footprint=box(2.3507, 48.9302, 2.3513, 48.9304))
    other = make_site(2.3505, 48.9305)
    sites_enrich()
    before = list(SiteParcel.objects.order_by("pk").values())
    assert len(before) == 3
    summary = sites_enrich()
    assert (summary.changed, summary.done) == (0, 2)
    assert list(SiteParcel.objects.order_by("pk").values()) == before
    assert noted(site).runs == 2
    kept = rows(site)[EAST].pk
    east = box(2.3511, 48.9302, 2.3514, 48.9304)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    site_update(by=None, scope=Scope.nation(), site_id=site.pk, footprint=east)
    assert site_enrich(site_id=site.pk) is not None
    assert {idu: row.pk for idu, row in rows(site).items()} == {EAST: kept}
    assert rows(site)[EAST].share == pytest.approx(1)
    # A footprint of another day is not that of today.
    west = box(2.3501, 48.9302, 2.3504, 48.9304)
    site_update(
        by=None, scope=Scope.nation(), site_id=site.pk, footprint=west, observed_on=yesterday
    )
    sites_enrich()
    assert set(rows(site)) == {EAST}
    assert set(rows(other)) == {WEST}


def test_only_communes_that_are_here_whole_are_answered(two: None) -> None:
    here, there = make_site(2.3505, 48.9305), make_site(2.45, 48.93)
    make_parcel("93008000AB0001", (2.449, 48.929, 2.451, 48.931), source="API Carto")
    summary = sites_enrich()
    assert (summary.done, summary.unanswered) == (1, [there.pk])
    # What was asked once is still told, while the service is not asked again.
    assert set(rows(there)) == {"93008000AB0001"}
    assert not Enrichment.objects.filter(site=there).exists()
    assert set(rows(here)) == {WEST}


def test_a_footprint_that_goes_over_to_an_absent_commune_is_asked(two: None) -> None:
    # 93066 ends at 2.40 E; a tenth of the ground lies beyond.
    make_parcel("93066000AB0003", (2.39, 48.93, 2.40, 48.931))
    across = make_site(2.3995, 48.9305, footprint=box(2.3991, 48.9302, 2.4003, 48.9304))
    grazing = make_site(2.3995, 48.9306, footprint=box(2.3990, 48.9302, 2.400001, 48.9304))
    assert sites_enrich().unanswered == [across.pk]
    assert set(rows(across)) == {"93066000AB0003"}
    assert set(rows(grazing)) == {"93066000AB0003"}
    cover("93008")
    assert sites_enrich().unanswered == []


def test_nothing_found_under_approximate_contours_proves_nothing(two: None) -> None:
    site = make_site(2.36, 48.94)
    Commune.objects.filter(code="93066").update(approximate=True)
    assert sites_enrich().unanswered == [site.pk]
    CadastreCoverage.objects.filter(pk="93066").update(invented=True)
    assert sites_enrich().unanswered == []


def test_marseille_is_here_when_its_sixteen_arrondissements_are(territories: Any) -> None:
    site = make_site(5.37, 43.30)
    for number in range(201, 216):
        cover(f"13{number}")
    assert sites_enrich().unanswered == [site.pk]
    make_parcel("13215000AB0001", (5.36, 43.29, 5.38, 43.31))
    # The contour knows no arrondissement, but the parcel of a loaded one lies there.
    assert sites_enrich().unanswered == []
    make_parcel("13216000AB0001", (5.31, 43.29, 5.32, 43.31))
    other = make_site(5.35, 43.30)
    assert sites_enrich().unanswered == [other.pk]
    cover("13216")
    assert sites_enrich().unanswered == []
    assert sites_affected(["13215"]) == sorted([site.pk, other.pk])


def test_the_sheet_reads_the_ground(two: None) -> None:
    site = make_site(2.351, 48.9303, footprint=box(2.3508, 48.9302, 2.3514, 48.9304))
    scope = Scope.nation()
    before = ground_of_site(scope, site.pk)
    assert (before.parcels, before.ledger, before.overlap_m2) == ((), None, None)
    sites_enrich()
    ground = ground_of_site(scope, site.pk)
    assert [parcel.idu for parcel in ground.parcels] == [EAST, WEST]
    first, second = ground.parcels
    assert (second.section, second.number, second.contenance_m2) == ("AB", "0001", 8_000)
    assert first.share == pytest.approx(2 / 3)
    assert ground.share == pytest.approx(1)
    assert ground.overlap_m2 == pytest.approx(site.footprints.get().area_m2, rel=1e-9)
    assert ground.ledger is not None
    assert (ground.ledger.source_label, ground.ledger.status) == ("Cadastre", "done")
    assert not ground.invented
    Parcel.objects.all().delete()
    gone = ground_of_site(scope, site.pk).parcels
    assert [(parcel.idu, parcel.source) for parcel in gone] == [(EAST, ""), (WEST, "")]


def blurred() -> Scope:
    everywhere = Areas(nation=True)
    return Scope(reaches=((DataClass.GENERAL, Reach(grid=everywhere)),))


def test_only_readers_of_the_exact_place_are_told(two: None, client: Any, admin_93: Any) -> None:
    site = make_site(2.3505, 48.9305)
    south = make_site(5.37, 43.5)
    make_parcel("13001000AB0001", (5.36, 43.49, 5.38, 43.51))
    cover("13001")
    sites_enrich()
    for scope in (blurred(), Scope.public()):
        with pytest.raises(NotFound):
            ground_of_site(scope, site.pk)
        assert not SiteParcel.objects.visible_to(scope).exists()
    local = Scope(
        reaches=(
            (
                DataClass.GENERAL,
                Reach(exact=Areas.of("departement", ["93"]), grid=Areas(nation=True)),
            ),
        )
    )
    assert len(ground_of_site(local, site.pk).parcels) == 1
    with pytest.raises(NotFound):
        ground_of_site(local, south.pk)


def test_the_command_tells_and_queues(two: None, capsys: Any) -> None:
    make_site(2.3505, 48.9305)
    away = make_site(2.45, 48.93)
    call_command("enrich_sites")
    assert "1 sites à demander à API Carto" in capsys.readouterr().out
    assert (noted(away).status, noted(away).attempts) == ("waiting", 0)
    waiting = ProcrastinateJob.objects.filter(task_name="cadastre.ask_due")
    assert waiting.count() == 1
    call_command("enrich_sites", "--missing", "--departement", "93")
    out = capsys.readouterr().out
    assert "1 sites, 0 avec parcelles" in out
    assert "1 déjà demandés" in out
    call_command("enrich_sites", "--departement", "13")
    assert "0 sites" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Département inconnu"):
        call_command("enrich_sites", "--departement", "999")


def test_writing_sites_and_parcels_enqueues_and_nothing_more(two: None) -> None:
    site = make_site(2.3505, 48.9305)
    jobs = ProcrastinateJob.objects.order_by("pk")
    assert [(job.task_name, job.args) for job in jobs] == [
        ("cadastre.enrich_site", {"site_id": site.pk})
    ]
    site_update(by=None, scope=Scope.nation(), site_id=site.pk, point=Point(2.3506, 48.9305))
    assert jobs.count() == 1
    parcels_import(
        batches=[parcels_generate(Commune.objects.get(code="13001"))], source="essai", invented=True
    )
    assert jobs.last().args == {"communes": ["13001"]}
    assert not SiteParcel.objects.exists()


def test_new_contours_look_every_site_up_again(two: None) -> None:
    make_site(2.3505, 48.9305)
    away = make_site(2.45, 48.93)
    ProcrastinateJob.objects.all()._raw_delete("default")
    for level in ("region", "commune", "commune"):
        publish(TerritoriesImported(level))
    assert list(ProcrastinateJob.objects.values_list("task_name", flat=True)) == [
        "cadastre.enrich_all"
    ]
    tasks.enrich_all()
    assert SiteParcel.objects.count() == 1
    assert noted(away).status == "waiting"


def test_a_site_deleted_meanwhile_is_no_error(two: None) -> None:
    site = make_site(2.3505, 48.9305)
    gone = site.pk
    Site.objects.filter(pk=gone).delete()
    assert site_enrich(site_id=gone) is None
    assert sites_queue(site_ids=[gone]) == 1
    assert not Enrichment.objects.exists()


def test_the_statement_looks_parcels_up_in_their_index(two: None) -> None:
    """One look-up a site in the index, never a scan of the parcels for each."""
    for index in range(400):
        lon, lat = 2.30 + index % 20 * 1e-3, 48.91 + index // 20 * 1e-3
        make_parcel(f"93066000AD{index + 1:04d}", (lon, lat, lon + 9e-4, lat + 9e-4))
    make_site(2.3505, 48.9305)
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN " + services.read_sql(services.__file__, "enrich"),
            {
                "sites": None,
                "mains": ["13055"],
                "parts": ["13201"],
                "today": timezone.localdate(),
                "now": timezone.now(),
                "graze_m2": 1.0,
                "asked_source": "API Carto",
            },
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "parcel_gist" in plan
