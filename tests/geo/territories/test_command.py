"""The command: sources in their order, levels derived or completed, a second run that says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.core.management import CommandError, call_command

from geo.territories.approximation import Approximation, build
from geo.territories.models import LEVELS, Commune, Departement, Epci, Region
from geo.territories.origins import OFFICIAL
from geo.territories.readers.official import PREFIX, current_millesime
from tests.fakes.territories import (
    TerritoryServices,
    layer,
    territory_services,
    without_service,
    xml_exception,
)
from tests.geo.territories.invented import cell

pytestmark = pytest.mark.django_db


SMALL = {"75", "77", "91", "13"}


@pytest.fixture(scope="module")
def whole() -> Approximation:
    return build()


@pytest.fixture(autouse=True)
def _small_country(
    request: pytest.FixtureRequest,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    whole: Approximation,
) -> None:
    """No folder, and an approximation of four departements: its regions keep their whole land."""
    settings.ATLAS_TERRITORIES = None
    kept = [
        record
        for record in whole.records
        if {record.departement} & SMALL
        or (record.level == "departement" and record.code in SMALL)
        or (record.level == "region" and record.code in {"11", "93"})
        or (record.level == "epci" and set(record.departements) <= SMALL)
    ]
    epcis = {record.code for record in kept if record.level == "epci"}
    small = [replace(r, epci=r.epci if r.epci in epcis else None) for r in kept]
    chosen = whole if "offline_whole" in request.fixturenames else Approximation(small)
    monkeypatch.setattr("geo.territories.readers.builtin.build", lambda: chosen)


@pytest.fixture
def offline(settings: Any) -> None:
    without_service(("geopf", "geoapi"), settings)


@pytest.fixture
def offline_whole(offline: None) -> None:
    """Nothing to reach, and the whole approximation."""


@pytest.fixture
def services(settings: Any) -> Iterator[TerritoryServices]:
    """Services that hold one commune of the Seine-et-Marne and all it belongs to."""
    with territory_services(settings) as fake:
        square = shapely.geometry.mapping(cell(0, 0))
        for name, properties in {
            "region": {"code_insee": "11", "nom_officiel": "Île-de-France"},
            "departement": {"code_insee": "77", "nom_officiel": "Seine-et-Marne"},
            "epci": {"code_siren": "200000001", "nom_officiel": "CC inventée"},
            "commune": {"code_insee": "77001", "codes_siren_des_epci": "200000001"},
            "arrondissement_municipal": {"code_insee": "75101"},
        }.items():
            fake.layers[PREFIX + name] = layer((square, properties))
        yield fake


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("import_territories", *arguments)
    return capsys.readouterr().out


def folder(path: Path, **files: list[tuple[shapely.Geometry, dict[str, Any]]]) -> str:
    for name, features in files.items():
        rows = [
            {"type": "Feature", "properties": p, "geometry": shapely.geometry.mapping(g)}
            for g, p in features
        ]
        text = json.dumps({"type": "FeatureCollection", "features": rows})
        (path / f"{name}.geojson").write_text(text, encoding="utf-8")
    return str(path)


def two_departements(path: Path) -> str:
    """Communes of two departements in two EPCI, one of which straddles; nothing else."""
    rows = [
        ("77001", (0, 0), "200000001"),
        ("77002", (1, 0), "200000002"),
        ("91001", (2, 0), "200000002"),
    ]
    return folder(
        path,
        communes=[
            (cell(*place), {"code": code, "nom": f"Commune {code}", "epci": epci})
            for code, place, epci in rows
        ],
    )


def test_nothing_at_hand_gives_the_approximation_and_says_so(
    offline_whole: None, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(capsys)
    assert "services officiels hors d'atteinte" in told
    assert "dont des contours approchés" in told
    counts = {level: model._default_manager.count() for level, model in LEVELS.items()}
    assert (counts["region"], counts["departement"]) == (18, 101)
    assert counts["commune"] > 1700
    assert not any(m._default_manager.filter(approximate=False).exists() for m in LEVELS.values())
    for departement in Departement.objects.all():
        prefecture = Commune.objects.get(code=departement.prefecture)
        assert departement.contour.contains(departement.point), departement.code
        assert prefecture.departement_id == departement.code
    assert Commune.objects.filter(main_commune="75056").count() == 20
    for level, model in LEVELS.items():
        rows = model._default_manager.filter(
            **({"main_commune": None} if level == "commune" else {})
        )
        lows = [shapely.from_wkb(bytes(low.wkb)) for low in rows.values_list("low_3857", flat=True)]
        # Neither gap nor overlap between neighbours after simplifying.
        assert shapely.coverage_is_valid(lows), level
    again = run(capsys)
    assert "Rien n’a changé" in again
    assert "101 inchangés" in again


def test_the_services_come_before_the_approximation(
    services: TerritoryServices, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys)
    here = Commune.objects.get(code="77001")
    assert (here.approximate, here.source) == (False, OFFICIAL)
    assert here.millesime == current_millesime()
    # What the services do not hold is completed, and marked.
    assert Commune.objects.get(code="13055").approximate
    asked = len(services.calls())
    assert "déjà chargés" in run(capsys)
    assert len(services.calls()) == asked
    assert "Rien n’a changé" in run(capsys, "--source", "services")


def test_a_service_that_fails_half_way_leaves_its_part_out(
    services: TerritoryServices, capsys: pytest.CaptureFixture[str]
) -> None:
    del services.layers[PREFIX + "commune"]
    assert "couche ADMINEXPRESS-COG-CARTO.LATEST:commune" in run(capsys)
    assert not Region.objects.filter(approximate=False).exists()
    with pytest.raises(CommandError, match="unknown"):
        call_command("import_territories", "--source", "services")


def test_the_folder_comes_first_and_asks_no_service(
    services: TerritoryServices,
    settings: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.ATLAS_TERRITORIES = Path(two_departements(tmp_path))
    services.always(lambda: xml_exception("must not be asked", 500))
    run(capsys)
    assert not services.calls()
    assert Commune.objects.get(code="77001").source == "Fichier communes.geojson"
    run(capsys, "--origine", "Admin Express inventé", "--millesime", "2025")
    stated = Commune.objects.get(code="77001")
    assert (stated.source, stated.millesime) == ("Admin Express inventé", "2025")


def test_a_folder_without_communes_is_completed_by_the_services(
    services: TerritoryServices, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder(tmp_path, d=[(cell(0, 0), {"code": "77", "nom": "Seine-et-Marne"})])
    run(capsys, "--directory", path)
    assert Departement.objects.get(code="77").source == "Fichier d.geojson"
    assert Commune.objects.get(code="77001").source == OFFICIAL


def test_levels_are_derived_from_the_communes_of_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "--source", "directory", "--directory", two_departements(tmp_path))
    straddling = Epci.objects.get(code="200000002")
    assert straddling.departements == ["77", "91"]
    assert straddling.contour.extent == pytest.approx((2.1, 48.5, 2.3, 48.6))
    assert not straddling.approximate
    derived = Departement.objects.get(code="77")
    assert (derived.name, derived.region_id, derived.prefecture) == (
        "Seine-et-Marne",
        "11",
        "77288",
    )
    assert derived.contour.extent == pytest.approx((2.0, 48.5, 2.2, 48.6))
    assert (derived.approximate, derived.source) == (False, "Réunion de ses communes")
    # The region holds approximate departements too.
    assert Region.objects.get(code="11").approximate
    assert set(Commune.objects.filter(departement="77").values_list("code", flat=True)) == {
        "77001",
        "77002",
    }


def test_communes_without_epci_take_the_one_where_they_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder(
        tmp_path,
        c=[(cell(i, 0), {"code": f"7700{i}", "nom": "Commune"}) for i in (1, 2, 3)],
        e=[(cell(1, 0, 2), {"code": "200000001", "nom": "CC inventée"})],
    )
    run(capsys, "--source", "directory", "--directory", path)
    assert dict(Commune.objects.filter(departement="77").values_list("code", "epci")) == {
        "77001": "200000001",
        "77002": "200000001",
        "77003": None,
    }
    assert Epci.objects.get(code="200000001").departements == ["77"]


def test_only_arrondissements_make_their_commune(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [(cell(i, 0), {"code": f"7510{i + 1}", "nom": f"Paris {i + 1}"}) for i in (0, 1)]
    run(capsys, "--source", "directory", "--directory", folder(tmp_path, c=parts))
    paris = Commune.objects.get(code="75056")
    assert paris.name == "Paris"
    assert paris.contour.extent == pytest.approx((2.0, 48.5, 2.2, 48.6))


def test_populations_are_sums_where_all_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = two_departements(tmp_path)
    table = "DEP;COM;PMUN\n77;77001;1000\n77;77002;200\n"
    (tmp_path / "p.csv").write_text(table, encoding="utf-8")
    run(capsys, "--source", "directory", "--directory", path)
    assert Departement.objects.get(code="77").population == 1200
    assert Epci.objects.get(code="200000001").population == 1000
    # 91001 has no population: the straddling EPCI has none either, the departement our own fact.
    assert Epci.objects.get(code="200000002").population is None
    assert Departement.objects.get(code="91").population > 1_000_000


def test_territories_outside_the_101_departements_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder(
        tmp_path,
        c=[(cell(0, 0), {"code": "77001"}), (cell(1, 0), {"code": "97501"})],
        d=[(cell(0, 0), {"code": "77"}), (cell(1, 0), {"code": "975"})],
    )
    run(capsys, "--source", "directory", "--directory", path)
    assert not Commune.objects.filter(code="97501").exists()
    assert not Departement.objects.filter(code="975").exists()


def test_one_level_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "--source", "approximation")
    path = folder(tmp_path, r=[(cell(0, 0), {"code": "11", "nom": "Île-de-France"})])
    told = run(capsys, "--source", "directory", "--directory", path, "--level", "region")
    assert "régions : 0 créés, 1 mis à jour, 1 inchangés" in told
    assert not Region.objects.get(code="11").approximate
    assert Departement.objects.filter(approximate=True).count() == 4


def test_what_is_repaired_and_ignored_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crossed = shapely.Polygon([(2.0, 48.5), (2.1, 48.6), (2.1, 48.5), (2.0, 48.6)])
    path = folder(tmp_path, c=[(crossed, {"code": "77001"})], vide=[])
    told = run(capsys, "--source", "directory", "--directory", path)
    assert "contours invalides réparés, communes (1) : 77001" in told
    assert "ignoré, vide.geojson : aucun objet" in told


def test_a_broken_file_ends_in_one_line_and_writes_nothing(tmp_path: Path) -> None:
    path = two_departements(tmp_path)
    (tmp_path / "z.geojson").write_text('{"type": "Feat', encoding="utf-8")
    with pytest.raises(CommandError, match=r"z\.geojson : JSON illisible, ligne 1"):
        call_command("import_territories", "--directory", path)
    assert not Region.objects.exists()
    with pytest.raises(CommandError, match="introuvable"):
        call_command("import_territories", "--directory", str(tmp_path / "absent"))
    with pytest.raises(CommandError, match="--directory"):
        call_command("import_territories", "--source", "directory")


def test_official_contours_are_kept_when_only_the_approximation_is_left(
    offline: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "--source", "directory", "--directory", two_departements(tmp_path))
    told = run(capsys)
    assert "Rien n’a changé" in told
    assert "les contours officiels sont gardés" in told
    assert not Commune.objects.get(code="77001").approximate
