"""Files of facilities as they come, their storage, and the nearest one of a place."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command

from geo.core.crs import geodesic_distance_m
from geo.core.errors import InvalidInput
from geo.facilities.models import Facility, Kind
from geo.facilities.readers import Record, read
from geo.facilities.selectors import nearest_facilities

pytestmark = pytest.mark.django_db

SCHOOLS = """\ufeffIdentifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Adresse_1;\
Code_commune;latitude;longitude;etat;libelle_nature
0930001A;École inventée A;Ecole;1 rue inventée;93066;48.93;2.35;OUVERT;ÉCOLE
0930002B;École inventée B;Ecole;;93066;48.94;2.36;A FERMER;ÉCOLE
0930003C;École fermée;Ecole;;93066;48.94;2.36;FERME;ÉCOLE
0930004D;Sans position;Ecole;;93066;;;OUVERT;ÉCOLE
0930005E;Au large;Ecole;;93066;10.0;-30.0;OUVERT;ÉCOLE
"""


def written(tmp_path: Path, name: str, text: str, *, encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    raw = text.encode(encoding)
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


def test_schools_open_or_closing_are_read_and_the_rest_is_reported(tmp_path: Path) -> None:
    rows = list(read(written(tmp_path, "ecoles.csv.gz", SCHOOLS)).rows)
    records = [row for row in rows if isinstance(row, Record)]
    assert [record.key for record in records] == ["0930001A", "0930002B"]
    assert len([row for row in rows if isinstance(row, str)]) == 2


def test_a_reimport_changes_nothing_and_keeps_ids(tmp_path: Path) -> None:
    path = written(tmp_path, "ecoles.csv", SCHOOLS)
    call_command("import_facilities", str(path), "--millesime", "2026")
    before = dict(Facility.objects.values_list("source_key", "pk"))
    call_command("import_facilities", str(path), "--millesime", "2026")
    assert dict(Facility.objects.values_list("source_key", "pk")) == before
    shorter = SCHOOLS.replace("0930002B", "0930009Z")
    call_command("import_facilities", str(written(tmp_path, "b.csv", shorter)))
    keys = set(Facility.objects.values_list("source_key", flat=True))
    assert keys == {"0930001A", "0930009Z"}


def test_a_file_of_one_departement_leaves_the_others(tmp_path: Path) -> None:
    call_command("import_facilities", str(written(tmp_path, "a.csv", SCHOOLS)))
    south = SCHOOLS.replace("09300", "01300").replace("93066", "13055")
    call_command("import_facilities", str(written(tmp_path, "b.csv", south)))
    assert Facility.objects.count() == 4


def test_a_fountain_is_not_upside_down(tmp_path: Path) -> None:
    row = {
        "datasetid": "fontaines-a-boire",
        "recordid": "abc",
        "fields": {"geo_point_2d": [48.88, 2.33], "voie": "RUE INVENTEE", "dispo": "OUI"},
        "geometry": {"type": "Point", "coordinates": [2.33, 48.88]},
    }
    reading = read(written(tmp_path, "f.json", json.dumps([row])))
    (record,) = reading.rows
    assert isinstance(record, Record)
    assert (record.lon, record.lat, reading.licence) == (2.33, 48.88, "ODbL")


def test_a_windows_file_and_an_unknown_one(tmp_path: Path) -> None:
    text = "kind;name;lon;lat\nwater;Borne près de l'église;2,35;48,93\nmer;Plage;2,3;48,9\n"
    rows = list(read(written(tmp_path, "w.csv", text, encoding="cp1252")).rows)
    assert isinstance(rows[0], Record)
    assert rows[0].name == "Borne près de l'église"
    assert isinstance(rows[1], str)
    with pytest.raises(InvalidInput):
        read(written(tmp_path, "x.csv", "a;b\n1;2\n"))
    with pytest.raises(CommandError):
        call_command("import_facilities", str(tmp_path / "absent.csv"))


def test_the_nearest_is_the_one_by_the_ellipsoid() -> None:
    draw = random.Random(7)
    rows = [
        Facility(
            kind=Kind.SCHOOL,
            name=f"École {i}",
            geom=Point(draw.uniform(2.2, 2.6), draw.uniform(48.8, 49.0), srid=4326),
            source="essai",
            source_key=str(i),
            millesime="test",
            licence="essai",
        )
        for i in range(400)
    ]
    Facility.objects.bulk_create(rows)
    for _ in range(50):
        lon, lat = draw.uniform(2.2, 2.6), draw.uniform(48.8, 49.0)
        distances = [geodesic_distance_m(lon, lat, row.geom.x, row.geom.y) for row in rows]
        (found,) = nearest_facilities(Point(lon, lat, srid=4326), kinds=[Kind.SCHOOL])
        assert found.distance_m == pytest.approx(min(distances), abs=0.01)
    assert nearest_facilities(Point(2.3, 48.9, srid=4326), kinds=[Kind.FOOD]) == []


def test_facilities_are_public_in_the_feed(client: Any) -> None:
    Facility.objects.create(
        kind=Kind.WATER,
        name="Fontaine",
        geom=Point(2.35, 48.93, srid=4326),
        source="essai",
        source_key="1",
        millesime="2026",
        licence="ODbL",
    )
    (feature,) = client.get("/ogc/collections/facilities/items?kind=water").json()["features"]
    assert feature["properties"]["licence"] == "ODbL"


def test_a_file_without_communes_speaks_of_the_departement_of_its_points(
    tmp_path: Path, territories: Any
) -> None:
    """Loading the hospitals of one departement leaves those of the others where they are."""

    def hospitals(name: str, *places: tuple[str, float, float]) -> str:
        features = [
            {
                "type": "Feature",
                "properties": {"id": key, "hospital_name": f"Hôpital inventé {key}"},
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
            }
            for key, lon, lat in places
        ]
        return str(written(tmp_path, name, json.dumps({"features": features})))

    north, south = ("1", 2.35, 48.93), ("2", 5.4, 43.3)
    call_command("import_facilities", hospitals("tous.geojson", north, south))
    communes = dict(Facility.objects.values_list("source_key", "commune_code"))
    assert communes == {"1": "93066", "2": "13055"}
    call_command("import_facilities", hospitals("nord.geojson", ("3", 2.36, 48.93)))
    assert set(Facility.objects.values_list("source_key", flat=True)) == {"2", "3"}


def test_a_free_file_has_the_licence_that_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "puits.csv", "kind,name,lon,lat\nwater,Puits inventé,2.35,48.93\n")
    call_command("import_facilities", str(path))
    assert Facility.objects.get().licence == ""
    call_command("import_facilities", str(path), "--licence", "ODbL")
    assert Facility.objects.get().licence == "ODbL"


def test_a_small_archive_that_opens_into_something_huge_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "ecoles.csv.gz", SCHOOLS + " " * 2_000_000)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr("geo.facilities.readers.MAX_BYTES", 1_000_000)
    with pytest.raises(InvalidInput, match="trop lourd, 1 Mo au plus"):
        read(path)


def test_a_damaged_file_and_an_unknown_departement_are_told(
    territories: Any, tmp_path: Path
) -> None:
    path = written(tmp_path, "ecoles.csv.gz", SCHOOLS)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InvalidInput, match="abîmé ou tronqué"):
        read(path)
    with pytest.raises(InvalidInput, match="JSON illisible"):
        read(written(tmp_path, "a.json", '{"features": ['))
    with pytest.raises(CommandError, match="code inconnu"):
        call_command("import_facilities", departement='93" or "1"="1')
