"""Exports: each format read back by other programs, equal to the feed, under the same rights."""

from __future__ import annotations

import datetime as dt
import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pyogrio
import pytest
from django.test import Client
from pyarrow import parquet

from feeds.exporting import rows, safe
from feeds.exporting.models import Export, State
from feeds.exporting.writers import ogr
from feeds.exporting.writers import parquet as parquet_writer
from geo.sites.models import Site
from tests.support.exports import FORMULA, HOME, body, features, lines, saved, table

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("export_store")]


class TestEachFormat:
    """The same two sites of the 93, with the columns and the ids of the feed."""

    def test_geopackage(self, exporter: Client, export_sites: list[Site], tmp_path: Path) -> None:
        told = features(exporter)
        path = saved(exporter, tmp_path, "gpkg")
        layers = {name for name, _ in pyogrio.list_layers(path)}
        assert layers == {"sites", "dictionnaire", "mentions"}
        frame = geopandas.read_file(path, layer="sites", fid_as_index=True)
        assert set(frame.index) == set(frame["id"]) == set(told)
        assert frame.crs.to_epsg() == 4326
        first = frame.loc[export_sites[0].pk]
        assert first["name"] == FORMULA
        assert (first.geometry.x, first.geometry.y) == pytest.approx(HOME, abs=1e-9)
        given = {name for each in told.values() for name in each}
        assert set(frame.columns) == {"id", "geometry", *given}
        dictionary = geopandas.read_file(path, layer="dictionnaire")
        assert set(dictionary["colonne"]) >= given
        assert "bad = " in dictionary.set_index("colonne").loc["water", "codes"]
        assert (
            "CONFIDENTIEL" in pyogrio.read_info(path, layer="sites")["dataset_metadata"]["LICENCE"]
        )
        fields = pyogrio.read_info(path, layer="sites")
        assert fields["features"] == 2

    def test_flatgeobuf(self, exporter: Client, export_sites: list[Site], tmp_path: Path) -> None:
        frame = geopandas.read_file(saved(exporter, tmp_path, "fgb"))
        assert set(frame["id"]) == set(features(exporter))
        boxed = geopandas.read_file(saved(exporter, tmp_path, "fgb"), bbox=(2.3, 48.9, 2.4, 48.96))
        assert list(boxed["id"]) == [export_sites[0].pk]

    def test_geoparquet(
        self, exporter: Client, export_sites: list[Site], tmp_path: Path, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(parquet_writer, "ROW_GROUP", 1)
        path = saved(exporter, tmp_path, "parquet")
        frame = geopandas.read_parquet(path)
        assert set(frame["id"]) == set(features(exporter))
        assert list(geopandas.read_parquet(path, bbox=(2.3, 48.9, 2.4, 48.96))["id"]) == [
            export_sites[0].pk
        ]
        known = parquet.read_metadata(path)
        assert (known.num_rows, known.num_row_groups) == (2, 2)
        assert known.row_group(0).column(0).compression == "ZSTD"
        geo = json.loads(known.metadata[b"geo"])
        assert geo["version"] == "1.1.0"
        assert geo["columns"]["geometry"]["geometry_types"] == ["Point"]
        assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
        assert "CONFIDENTIEL" in known.metadata[b"conditions"].decode()
        assert json.loads(known.metadata[b"dictionnaire"])["water"][0] == "Eau"
        field = parquet.read_schema(path).field("water")
        assert field.metadata[b"label"].decode() == "Eau"

    def test_geojson_is_the_feed(self, exporter: Client, export_sites: list[Site]) -> None:
        text = json.loads(body(exporter, "/exports/sites.geojson"))
        feed = exporter.get("/ogc/collections/sites/items").json()
        for each in feed["features"]:
            del each["properties"]["owner_category"]
        assert text["features"] == feed["features"]
        assert "CONFIDENTIEL" in text["terms"]

    def test_csv_of_programs(self, exporter: Client, export_sites: list[Site]) -> None:
        text = body(exporter, "/exports/sites.csv")
        assert not text.startswith(b"\xef\xbb\xbf")
        found = {int(row["id"]): row for row in table(text)}
        assert set(found) == set(features(exporter))
        first = found[export_sites[0].pk]
        # Text is made safe, numbers stay numbers.
        assert first["name"] == f"'{FORMULA}"
        assert float(first["longitude"]) == pytest.approx(HOME[0], abs=1e-9)
        assert found[export_sites[1].pk]["name"] == 'Nom "cité"\nsur deux lignes ; virgule, é'
        assert first["complete"] in {"true", "false"}
        assert dt.date.fromisoformat(first["opened_on"]) == dt.date(2024, 3, 1)

    def test_csv_of_spreadsheets_comes_with_what_it_means(
        self, exporter: Client, export_sites: list[Site]
    ) -> None:
        with zipfile.ZipFile(io.BytesIO(body(exporter, "/exports/sites.csv.zip"))) as box:
            assert set(box.namelist()) == {"sites.csv", "dictionnaire.csv", "LISEZMOI.txt"}
            text = box.read("sites.csv")
            told = {row["colonne"]: row for row in table(box.read("dictionnaire.csv"), ";")}
            notes = box.read("LISEZMOI.txt").decode()
        assert text.startswith(b"\xef\xbb\xbf")
        found = {int(row["id"]): row for row in table(text, ";")}
        assert found[export_sites[0].pk]["longitude"].replace(",", ".") == str(HOME[0])
        assert set(found[export_sites[0].pk]) == set(told)
        assert "open = Ouvert" in told["status"]["codes"]
        assert "CONFIDENTIEL" in notes
        assert "Personne inventée" in notes

    def test_shapefile(self, exporter: Client, export_sites: list[Site], tmp_path: Path) -> None:
        path = saved(exporter, tmp_path, "shp.zip")
        frame = geopandas.read_file(path)
        assert set(frame["id"]) == set(features(exporter))
        with zipfile.ZipFile(path) as box:
            assert {"sites.shp", "sites.dbf", "sites.prj", "sites.cpg"} <= set(box.namelist())
            told = {
                r["colonne"]: r["nom_complet"] for r in table(box.read("dictionnaire.csv"), ";")
            }
        assert set(frame.columns) - {"geometry"} == set(told)
        assert told["closure_ki"] == "closure_kind"
        assert max(map(len, told)) <= 10

    def test_workbook(self, exporter: Client, export_sites: list[Site], tmp_path: Path) -> None:
        book = openpyxl.load_workbook(saved(exporter, tmp_path, "xlsx"))
        assert book.sheetnames == ["Données", "Dictionnaire", "Mentions"]
        heads, *found = book["Données"].iter_rows()
        names = [cell.value for cell in heads]
        by_id = {int(cells[0].value): dict(zip(names, cells, strict=True)) for cells in found}
        assert set(by_id) == set(features(exporter))
        first = by_id[export_sites[0].pk]
        assert (first["name"].value, first["name"].data_type) == (f"'{FORMULA}", "s")
        assert first["opened_on"].is_date
        assert first["complete"].data_type == "b"
        assert (first["longitude"].data_type, first["longitude"].value) == ("n", HOME[0])
        assert "CONFIDENTIEL" in str(book["Mentions"]["B2"].value)

    def test_outlines_keep_their_shape(
        self, client: Client, territories: Any, tmp_path: Path
    ) -> None:
        # Open data, by nobody in particular.
        told = features(client, "communes")
        expected = dict.fromkeys(told)
        for ending in ("gpkg", "fgb", "geojson", "shp.zip"):
            layer = "communes" if ending == "gpkg" else None
            path = saved(client, tmp_path, ending, "communes")
            frame = geopandas.read_file(path, layer=layer)
            assert frame.to_crs(2154).area.gt(1e6).all(), ending
            assert len(frame) == len(expected), ending
        text = table(body(client, "/exports/communes.csv"))
        assert all(row["wkt"].startswith("MULTIPOLYGON") for row in text)
        assert {int(row["id"]) for row in text} == set(expected)
        assert {each.count for each in lines()} == set()

    def test_nothing_found_is_an_empty_file(self, exporter: Client, tmp_path: Path) -> None:
        for ending in ("gpkg", "parquet", "fgb", "geojson", "csv", "xlsx", "shp.zip"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                path = saved(exporter, tmp_path, ending)
            if ending == "parquet":
                assert len(geopandas.read_parquet(path)) == 0
            elif ending in {"gpkg", "fgb"}:
                assert len(geopandas.read_file(path, layer="sites")) == 0


class TestRows:
    def test_filters_box_and_date_are_those_of_the_feed(
        self, exporter: Client, export_sites: list[Site]
    ) -> None:
        for query in (
            {"status": "open"},
            {"status": "open,closed", "departement": "93"},
            {"commune": "93008"},
            {"bbox": "2.3,48.9,2.4,48.96"},
            {"q": "cité"},
            {"datetime": "2024-06-01"},
            {"datetime": "2020-01-01"},
            {"datetime": "2025-01-01/2025-12-31"},
            {"properties": "reference,water"},
        ):
            expected = features(exporter, **query)
            found = json.loads(body(exporter, "/exports/sites.geojson", **query))["features"]
            assert {each["id"]: each["properties"] for each in found} == expected, query
            columns = {name for each in expected.values() for name in each}
            listed = table(body(exporter, "/exports/sites.csv", **query))
            assert {int(row["id"]) for row in listed} == set(expected), query
            if expected:
                assert set(listed[0]) == {"id", "longitude", "latitude", *columns}, query

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ({"couleur": "rouge"}, "couleur"),
            ({"status": "ouvert"}, "status"),
            ({"bbox": "1,2,3"}, "bbox"),
            ({"datetime": "hier"}, "datetime"),
            ({"properties": "secret"}, "properties"),
        ],
    )
    def test_what_cannot_be_read_is_named(
        self, exporter: Client, query: dict[str, str], parameter: str
    ) -> None:
        told = json.loads(body(exporter, "/exports/sites.csv", 400, **query))
        assert told["parameter"] == parameter

    def test_unknown_format(self, exporter: Client) -> None:
        for ending in ("doc", "shp", "gpkg.zip"):
            assert (
                json.loads(body(exporter, f"/exports/sites.{ending}", 400))["parameter"] == "format"
            )

    def test_more_rows_than_an_answer_gives(
        self, exporter: Client, export_sites: list[Site], settings: Any
    ) -> None:
        settings.EXPORT_DIRECT_ROWS = 1
        assert "page Exports" in body(exporter, "/exports/sites.csv", 413).decode()
        assert len(table(body(exporter, "/exports/sites.csv", status="open"))) == 1

    def test_a_file_too_large_leaves_nothing(
        self, exporter: Client, export_sites: list[Site], settings: Any
    ) -> None:
        settings.EXPORT_MAX_BYTES = 10
        assert body(exporter, "/exports/sites.gpkg", 400)
        assert Export.objects.get().state == State.FAILED


def test_what_a_spreadsheet_would_compute_is_made_safe() -> None:
    for text in ("=1+1", "+33", "-2", "@x", "\t=1", "\r=1", 'a"=1', "a\n=1"):
        assert safe.safe(text) == f"'{text}"
    for text in ("", "a=1", "2024-01-01", "12 rue", "a - b"):
        assert safe.safe(text) == text


def test_names_of_ten_characters_stay_apart() -> None:
    long = ["id", "justice_rendered", "justice_rendered_on", "justice_rendered_by"]
    assert ogr.short_names(long) == ["id", "justice_re", "justice__2", "justice__3"]


def test_hexadecimal_columns_with_holes() -> None:
    texts = rows.pa.array(["0102", None, "", "ff"])
    assert rows.unhexed(texts).to_pylist() == [b"\x01\x02", None, b"", b"\xff"]
