"""Files of sites: refused as a whole, GeoJSON, rights, closings, reports, documentation."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.accounts.models import User
from geo.sites.importing.columns import columns, names, plain
from geo.sites.models import Closure, Site
from tests.geo.sites.files import HEADER, one_line, run, written
from tests.support.factories import make_site, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territories")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "aucune colonne reconnue"),
        ("couleur;taille\nrouge;2\n", "aucune colonne reconnue"),
        ("nom;appellation\na;b\n", "disent la même chose"),
        ('nom;lon\n"pas fermé;2\n', ""),
        ("{", "JSON illisible"),
        ('{"type": "Feature"}', "FeatureCollection"),
        ("[1, 2]", "FeatureCollection"),
        (
            '{"type":"FeatureCollection","features":[],"crs":{"properties":{"name":"EPSG:2154"}}}',
            "WGS 84",
        ),
        (b"\x81\x8d\x8f;\x90\n1;2\n", "encodage"),
        (b"PK\x03\x04\x00\x00nom;lon\n", "pas un fichier de texte"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    said, code = run(written(tmp_path, text), "--write")
    assert code in ({1} if reason else {1, 2}), said
    assert reason in said
    assert not Site.objects.exists()


def test_an_unprotected_decimal_comma_is_recognised(tmp_path: Path) -> None:
    text = "reference,nom,lon,lat\nA-1,Un,2,35,48,93\nA-2,Deux,2.35,48.93\n"
    said, code = run(written(tmp_path, text), "--write")
    assert code == 2
    assert "ligne 2 : La ligne a 6 cellules pour 4 colonnes" in said
    assert Site.objects.get().reference == "A-2"


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    text = f'{HEADER}\nA-1;"Site\nsur deux lignes";2,35;48,93;01/03/2024;1\n\nA-2;;0;0;;\n'
    said, _ = run(written(tmp_path, text))
    assert "ligne 5" in said


def test_geojson_points_and_polygons(tmp_path: Path) -> None:
    ring = [[2.349, 48.929], [2.351, 48.929], [2.351, 48.931], [2.349, 48.931], [2.349, 48.929]]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [2.35, 48.93, 12]},
            "properties": {
                "reference": "G-1",
                "name": "Point",
                "people": 12,
                "minors": None,
                "origins": ["eu"],
                "heatwave_risk": True,
                "opened_on": "2024-03-01",
                "couleur": "rouge",
            },
        },
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"référence": "G-2", "Appellation du site": "Emprise"},
        },
        {"type": "Feature", "geometry": None, "properties": {"reference": "G-3", "name": "Sans"}},
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [[2.35, 48.93], [2.36, 48.93]]},
            "properties": {"reference": "G-4", "name": "Ligne"},
        },
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [2.35, 48.93]},
            "properties": {"reference": "G-5", "name": "Impossible \ud800"},
        },
        "pas un objet",
    ]
    path = written(
        tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "sites.geojson"
    )
    said, code = run(path, "--write")
    assert code == 2
    assert set(Site.objects.values_list("reference", flat=True)) == {"G-1", "G-2"}
    first = Site.objects.get(reference="G-1")
    assert (first.populations.get().people, first.populations.get().minors) == (12, None)
    assert first.heatwave_risk is True
    assert first.built_on == dt.date(2024, 3, 1)
    second = Site.objects.get(reference="G-2")
    assert second.footprints.get().geom.covers(second.location.geom)
    assert "colonnes laissées de côté : couleur" in said
    for words in ("ligne 3", "ligne 4", "LineString", "ligne 5", "ligne 6"):
        assert words in said
    said, _ = run(path, "--write")
    assert "0 sites créés, 0 mis à jour, 2 inchangés" in said


def test_the_rights_of_the_account_hold(tmp_path: Path) -> None:
    make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13", "admin13@example.test")
    other = make_site(reference="DEJA-LA")
    path = written(
        tmp_path,
        "référence;nom;longitude;latitude;personnes\n"
        "A-1;Ailleurs;2.35;48.93;4\n"
        "A-2;Chez nous;5.4;43.3;4\n"
        "DEJA-LA;Pris;5.4;43.3;99\n",
    )
    said, code = run(path, "--write", "--by", "admin13@example.test")
    assert code == 2
    created = Site.objects.exclude(pk=other.pk).get()
    assert created.reference == "A-2"
    assert created.created_by.email == "admin13@example.test"
    assert "ligne 2" in said
    assert "ligne 4, référence « DEJA-LA » : Cette référence est déjà prise" in said
    assert not other.populations.exists()
    said, code = run(path, "--by", "personne@example.test")
    assert code == 1


def test_a_closed_site_is_not_closed_again_on_another_day(tmp_path: Path) -> None:
    cells = {"Contexte": "Inventé", "Cause": "closed_by_justice", "Résorbé définitivement": "non"}
    _, code = one_line(tmp_path, **cells, **{"Date de fermeture": "2025-01-15"})
    assert code == 0
    assert Closure.objects.get().kind == "evacuation"
    said, code = one_line(tmp_path, **cells, **{"Date de fermeture": "2025-02-15"})
    assert code == 2
    assert "déjà fermé, le 15/01/2025" in said
    assert Closure.objects.count() == 1


def test_a_report_holds_no_formula(tmp_path: Path) -> None:
    report = tmp_path / "refus.csv"
    path = written(tmp_path, f"{HEADER}\n=1+1;@x;=cmd();48,93;01/03/2024;-5\n")
    run(path, "--report", report)
    with report.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=";"))
    assert len(rows) > 1
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_a_missing_file_or_nothing_at_all(tmp_path: Path) -> None:
    assert run(tmp_path / "rien.csv")[1] == 1
    assert run()[1] == 1
    said, code = run("--columns")
    assert code == 0
    assert "water_access_type" in said


def test_names_of_columns_never_clash() -> None:
    owners: dict[str, str] = {}
    for column in columns():
        for name in (column.code, column.label, *column.aliases):
            owner = owners.setdefault(plain(name), column.code)
            assert owner == column.code, f"{name}: {owner} and {column.code}"
    assert names()["appellation du site"].code == "name"


def test_the_documentation_names_every_column() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "import_sites.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    assert set(rows) == {column.code for column in columns()}
    for column in columns():
        for word in (column.label, *column.aliases, *(code for code, _ in column.choices)):
            assert word in rows[column.code]


def test_what_the_feed_gives_can_be_read_back(tmp_path: Path, admin_93: User) -> None:
    """An export changes nothing where it comes from, and makes the same site elsewhere."""
    make_site(
        name="Un",
        reference="A-1",
        population={"people": 12, "minors": 3},
        address_label="1 rue Imaginaire",
        built_on=dt.date(2024, 2, 1),
        observed_on=dt.date(2024, 3, 1),
    )
    client = Client()
    client.force_login(admin_93)
    answer = client.get("/ogc/collections/sites/items")
    path = written(tmp_path, answer.content, "export.geojson")
    before = list(Site.objects.values())
    said, code = run(path, "--write")
    assert (code, list(Site.objects.values())) == (0, before), said
    assert "1 inchangés" in said
    Site.objects.all().delete()
    said, code = run(path, "--write")
    assert code == 0, said
    site = Site.objects.get(reference="A-1")
    assert (site.opened_on, site.location.name) == (dt.date(2024, 2, 1), "Un")
    assert (site.populations.get().people, site.populations.get().minors) == (12, 3)
    assert site.location.address_label == "1 rue Imaginaire"
