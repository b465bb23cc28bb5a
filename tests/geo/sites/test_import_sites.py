"""Files as people send them: what is understood, what is refused and why, and read twice."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest

from geo.sites.models import Closure, Footprint, Living, Population, Site
from tests.geo.sites.files import GOOD, HEADER, one_line, run, written

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territories")]


def test_nothing_is_written_without_write(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\n{GOOD}\n")
    said, code = run(path)
    assert code == 0
    assert "1 sites créés" in said
    assert "rien n'est écrit" in said
    assert not Site.objects.exists()
    said, code = run(path, "--write")
    assert (code, Site.objects.count()) == (0, 1)
    site = Site.objects.get(reference="A-1")
    assert (site.departement_id, site.commune_id) == ("93", "93066")
    assert site.location.name == "Site inventé un"
    assert site.built_on == dt.date(2024, 3, 1)
    assert site.populations.get().people == 42


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("utf8", f"{HEADER}\n{GOOD}\n".encode()),
        ("bom", b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n".encode()),
        ("windows", f"{HEADER}\n{GOOD}\n".encode("cp1252")),
        ("utf16", f"{HEADER}\n{GOOD}\n".encode("utf-16")),
        ("tab", f"{HEADER}\n{GOOD}\n".replace(";", "\t").encode()),
        ("sep", f"sep=;\n{HEADER}\n{GOOD}\n".encode()),
        ("blank-lines", f"\n{HEADER}\n\n{GOOD}\n;;;;;\n\n".encode()),
        (
            "international",
            "reference,name,longitude,latitude,built_on,people\n"
            'A-1,"Site inventé un",2.35,48.93,2024-03-01,42\n'.encode(),
        ),
        (
            "quoted-decimals",
            b"\n".join(
                [
                    b"reference,name,lon,lat,built_on,people",
                    'A-1,"Site inventé un","2,35","48,93",01/03/2024,42'.encode(),
                ]
            ),
        ),
        ("old-mac", f"{HEADER}\r{GOOD}\r".encode()),
    ],
)
def test_every_usual_dialect_gives_the_same_site(tmp_path: Path, name: str, raw: bytes) -> None:
    said, code = run(written(tmp_path, raw, f"{name}.csv"), "--write")
    assert code == 0, said
    site = Site.objects.get(reference="A-1")
    assert site.location.name == "Site inventé un"
    assert (site.location.geom.x, site.location.geom.y) == (2.35, 48.93)
    assert site.populations.get().people == 42


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    text = (
        "reference;nom;lon;lat;date d'installation;date de la situation;personnes;origines;eau;"
        "electricité;emprise;date de fermeture;cause de la fermeture;contexte;"
        "closed_with_solutions;logement (personnes)\n"
        'A-1;Un;2.35;48.93;2024-03-01;2024-04-01;42;UE|Français;Fontaine publique;oui;"'
        '{""type"":""Polygon"",""coordinates"":[[[2.349,48.929],[2.351,48.929],[2.351,48.931],'
        '[2.349,48.929]]]}";;;;;\n'
        "A-1;Un;2.35;48.93;2024-03-01;2025-04-01;60;UE;robinet_connecte_au_reseau;non;;;;;;\n"
        "B-2;Deux;2.36;48.94;2023-01-01;2023-02-01;10;;;;;15/06/2025;Résorption progressive du "
        "site;Relogés;oui;9\n"
    )
    path = written(tmp_path, text)
    said, code = run(path, "--write")
    assert code == 0, said
    assert "2 sites créés, 1 mis à jour, 0 inchangés, 1 fermetures" in said

    def state() -> list[Any]:
        return [
            list(model.objects.order_by("pk").values())
            for model in (Site, Population, Living, Footprint, Closure)
        ]

    before = state()
    said, code = run(path, "--write")
    assert code == 0, said
    assert "0 sites créés, 0 mis à jour, 3 inchangés, 0 fermetures" in said
    assert state() == before
    series = Population.objects.filter(site__reference="A-1").order_by("observed_on")
    assert [(row.observed_on.year, row.people, row.origins) for row in series] == [
        (2024, 42, ["eu", "french"]),
        (2025, 60, ["eu"]),
    ]
    assert Living.objects.get(observed_on="2024-04-01").water == "bad"
    assert Closure.objects.get().kind == "resorption"
    assert Footprint.objects.get().area_m2 > 1000


def test_an_update_adds_an_observation_and_keeps_the_rest(tmp_path: Path) -> None:
    run(written(tmp_path, f"{HEADER};date de la situation\n{GOOD};2024-03-01\n"), "--write")
    site = Site.objects.get()
    later = "référence;personnes;date de la situation\nA-1;80;2025-03-01\n"
    said, code = run(written(tmp_path, later), "--write")
    assert code == 0, said
    assert [row.people for row in site.populations.order_by("observed_on")] == [42, 80]
    site.refresh_from_db()
    assert site.location.name == "Site inventé un"
    assert site.confirmed_on == dt.date(2025, 3, 1)
    older = "référence;personnes;date de la situation\nA-1;50;2024-09-01\n"
    run(written(tmp_path, older), "--write")
    site.refresh_from_db()
    assert [row.people for row in site.populations.order_by("observed_on")] == [42, 50, 80]
    assert site.confirmed_on == dt.date(2025, 3, 1)


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"Longitude": "-30,5", "Latitude": "10"}, "Longitude", "pas en France"),
        ({"Longitude": "48.93", "Latitude": "2.35"}, "Longitude", "inversées"),
        ({"Longitude": "652469", "Latitude": "6862035"}, "Longitude", "Lambert 93"),
        ({"Longitude": "abc"}, "Longitude", "n'est pas un nombre"),
        ({"Longitude": "inf"}, "Longitude", "n'est pas un nombre"),
        ({"Longitude": ""}, "Longitude", "vont ensemble"),
        ({"Longitude": "3.90", "Latitude": "43.60"}, "Longitude", "aucune commune connue"),
        ({"Appellation du site": ""}, "Appellation du site", "appellation"),
        ({"Date d'installation": "31/02/2024"}, "Date d'installation", "calendrier"),
        ({"Date d'installation": "2024"}, "Date d'installation", "jj/mm/aaaa"),
        ({"Date d'installation": "03/15/2024"}, "Date d'installation", "calendrier"),
        ({"Date d'installation": "2990-01-01"}, "Date d'installation", "futur"),
        ({"Personnes": "-4"}, "Personnes", "0 à 20000"),
        ({"Personnes": "12,5"}, "Personnes", "entier"),
        ({"Personnes": "douze"}, "Personnes", "entier"),
        ({"Personnes": "1e5"}, "Personnes", "entier"),
        ({"Personnes": "10", "Mineurs": "11"}, "Mineurs", "dépasse"),
        ({"Type de site": "château"}, "Type de site", "land (Terrain)"),
        ({"Origines": "UE|Mars"}, "Origines", "Mars"),
        ({"Risque canicule": "peut-être"}, "Risque canicule", "oui, non"),
        ({"Objectif résorption": "1900"}, "", "site_resorption_target"),
        ({"Objectif résorption": "99999"}, "", "Refusé par la base"),
        ({"Référence": "x" * 21}, "Référence", "20 au plus"),
        ({"Référence": "é=1"}, "Référence", "lettres sans accent"),
        ({"Appellation du site": "x" * 161}, "Appellation du site", "160 au plus"),
        ({"Emprise": "POLYGON((0 0))"}, "Emprise", "GeoJSON"),
        (
            {
                "Emprise": '{"type":"Polygon","coordinates":[[[2.35,48.93],[2.36,48.94],'
                "[2.36,48.93],[2.35,48.94],[2.35,48.93]]]}"
            },
            "Emprise",
            "se croise",
        ),
        ({"Date de fermeture": "2024-01-01", "Contexte": "x"}, "Date de fermeture", "ouverture"),
        ({"Date de fermeture": "2025-01-01"}, "contexte de la fermeture", "contexte"),
        ({"Contexte": "x"}, "date de la fermeture du site", "a une date"),
        ({"Precision": "500m"}, "Precision", "Position approchée"),
        ({"Date de la situation": "2990-01-01"}, "Date de la situation", "futur"),
        (
            {"Coordonnées": "nulle part", "Longitude": "", "Latitude": ""},
            "Coordonnées",
            "illisibles",
        ),
    ],
)
def test_a_refused_line_says_where_and_what_would_be_right(
    tmp_path: Path, cells: dict[str, str], column: str, reason: str
) -> None:
    report = tmp_path / "refus.csv"
    text = io.StringIO()
    base = {
        "Référence": "A-1",
        "Appellation du site": "Site inventé",
        "Longitude": "2.35",
        "Latitude": "48.93",
        "Date d'installation": "2024-03-01",
    }
    row = base | cells
    writer = csv.DictWriter(text, row, delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    said, code = run(written(tmp_path, text.getvalue()), "--write", "--report", report)
    assert code == 2, said
    assert not Site.objects.exists()
    with report.open(encoding="utf-8-sig", newline="") as stream:
        refusals = list(csv.DictReader(stream, delimiter=";"))
    assert refusals, said
    assert refusals[0]["ligne"] == "2"
    assert refusals[0]["fichier"] == "sites.csv"
    assert refusals[0]["colonne"] == column
    assert reason in refusals[0]["raison"]


def test_good_lines_are_written_beside_refused_ones_unless_strict(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        f"{HEADER}\n{GOOD}\nA-2;Deux;2,36;48,94;2024-02-30;-1\nA-3;Trois;2,37;48,94;01/01/2024;5\n",
    )
    said, code = run(path, "--write", "--strict")
    assert (code, Site.objects.count()) == (2, 0)
    said, code = run(path, "--write")
    assert code == 2
    assert set(Site.objects.values_list("reference", flat=True)) == {"A-1", "A-3"}
    assert "1 lignes refusées" in said
    assert "ligne 3" in said
    assert "ligne 2" not in said


def test_a_line_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """The site is created before its closing is refused: neither stays."""
    _, code = one_line(tmp_path, **{"Date de fermeture": "2025-01-01", "Contexte": " "})
    assert code == 2
    assert not Site.objects.exists()


def test_duplicates_inside_the_file_are_told(tmp_path: Path) -> None:
    said, code = run(written(tmp_path, f"{HEADER}\n{GOOD}\n{GOOD}\n"), "--write")
    assert code == 2
    assert "ligne 3, Référence « A-1 » : Déjà à la ligne 2" in said
    assert Site.objects.count() == 1


def test_a_line_without_reference_is_known_again_by_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "nom;lon;lat;installé le\nUn;2.35;48.93;2024-03-01\n")
    run(path, "--write")
    said, code = run(path, "--write")
    assert (code, Site.objects.count()) == (0, 1)
    assert "1 inchangés" in said
    assert Site.objects.get().reference.startswith("93-")
