"""A folder of files: levels by properties, gzip, choice between files, repair, clear refusals."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon

from geo.core.crs import transformer
from geo.core.errors import InvalidInput
from geo.territories.readers.directory import read_directory
from geo.territories.readers.pieces import departement_of, main_commune_of
from geo.territories.readers.repair import RIBBON_DEG, sound_when_projected, usable_contours
from tests.geo.territories.invented import cell

Feature = Mapping[str, Any]


def feature(geometry: shapely.Geometry | dict[str, Any] | None, **properties: Any) -> Feature:
    if isinstance(geometry, shapely.Geometry):
        geometry = shapely.geometry.mapping(geometry)
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def put(path: Path, features: Sequence[Feature], *, date: int = 0, **members: Any) -> Path:
    text = json.dumps({"type": "FeatureCollection", "features": features} | members)
    return put_text(path, text, date=date)


def put_text(path: Path, text: str, *, date: int = 0, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = text.encode(encoding)
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    if date:
        os.utime(path, (date, date))
    return path


def communes(*codes: str, row: int = 0, **properties: Any) -> list[Feature]:
    return [
        feature(cell(i, row), code=code, nom=f"Commune {code}", **properties)
        for i, code in enumerate(codes)
    ]


def test_levels_are_known_from_properties_not_from_names(tmp_path: Path) -> None:
    put(tmp_path / "a/a.geojson", [feature(cell(0, 0), code="11", nom="Île-de-France")])
    put(tmp_path / "b.geojson.gz", [feature(cell(0, 0), code="11", nom="AUDE")])
    put(tmp_path / "c.json", [feature(cell(0, 0), code="200000001", nom="CC inventée")])
    put(tmp_path / "d/e/f.json.gz", communes("2A004", "77001"))
    found = read_directory(tmp_path)
    assert {level: sorted(pieces) for level, pieces in found.contours.items()} == {
        "region": ["11"],
        "departement": ["11"],
        "epci": ["200000001"],
        "commune": ["2A004", "77001"],
    }
    assert found.contours["commune"]["2A004"].departement == "2A"
    assert not found.ignored


def test_a_region_number_with_its_region_is_a_departement(tmp_path: Path) -> None:
    # Names that nobody knows: only a departement says where it belongs.
    put(tmp_path / "a.geojson", [feature(cell(0, 0), code="11", nom="Inventé", region="76")])
    put(tmp_path / "b.geojson", [feature(cell(0, 0), code="24", nom="Inventée")])
    found = read_directory(tmp_path)
    assert (list(found.contours["departement"]), list(found.contours["region"])) == (["11"], ["24"])


@pytest.mark.parametrize(
    "properties",
    [
        {"INSEE_COM": "77001", "NOM": "Essai", "INSEE_DEP": "77", "SIREN_EPCI": "200000001"},
        {
            "code_insee": "77001",
            "nom_officiel": "Essai",
            "code_insee_du_departement": "77",
            "codes_siren_des_epci": "200000001/200000002",
        },
        {"code": "77001", "nom": "Essai", "codeDepartement": "77", "codeEpci": "200000001"},
    ],
)
def test_the_forms_of_three_producers(tmp_path: Path, properties: dict[str, Any]) -> None:
    put(tmp_path / "a.geojson", [feature(cell(0, 0), **properties, POPULATION="1200")])
    piece = read_directory(tmp_path).contours["commune"]["77001"]
    assert (piece.name, piece.departement, piece.epci) == ("Essai", "77", "200000001")
    assert piece.population == 1200


def test_municipal_arrondissements_name_their_commune(tmp_path: Path) -> None:
    put(tmp_path / "a.geojson", [
        feature(cell(0, 0, 2), code="75056", nom="Paris", commune=None),
        feature(cell(0, 0), code="75101", nom="Paris 1er", commune="75056"),
        feature(cell(1, 0), INSEE_ARM="75102", NOM="Paris 2e", INSEE_COM="75056"),
    ])  # fmt: skip
    found = read_directory(tmp_path).contours["commune"]
    assert {code: piece.main_commune for code, piece in found.items()} == {
        "75056": None,
        "75101": "75056",
        "75102": "75056",
    }


def test_the_most_complete_then_the_newest_is_kept(tmp_path: Path) -> None:
    two = [feature(cell(0, 0), code="77", nom="Seine-et-Marne"), feature(cell(1, 0), code="91")]
    put(tmp_path / "departements-2019.geojson", [*two, feature(cell(2, 0), code="78")])
    put(tmp_path / "departements-2024.geojson", two)
    put(tmp_path / "regions-2019.geojson", [feature(cell(0, 0), code="11", nom="Île-de-France")])
    put(tmp_path / "2024/regions.geojson", [feature(cell(0, 1), code="11", nom="Île-de-France")])
    found = read_directory(tmp_path)
    assert sorted(found.contours["departement"]) == ["77", "78", "91"]
    assert found.contours["departement"]["77"].millesime == "2019"
    assert found.contours["region"]["11"].millesime == "2024"
    assert dict(found.ignored) == {
        "departements-2024.geojson": "departement : moins complet que departements-2019.geojson",
        "regions-2019.geojson": "region : plus ancien que 2024/regions.geojson",
    }
    assert sorted(found.used) == ["2024/regions.geojson", "departements-2019.geojson"]


def test_the_date_of_the_file_tells_the_newest_when_no_name_does(tmp_path: Path) -> None:
    put(tmp_path / "a.geojson", communes("77001"), date=1_600_000_000)
    put(tmp_path / "b.geojson", communes("77001", row=1), date=1_700_000_000)
    found = read_directory(tmp_path)
    assert found.contours["commune"]["77001"].source == "Fichier b.geojson"
    assert found.contours["commune"]["77001"].millesime == "fichier 2023-11-14"
    put(tmp_path / "20240115.geojson", communes("77001"), date=1_600_000_000)
    assert read_directory(tmp_path).contours["commune"]["77001"].millesime == "2024"
    stated = read_directory(tmp_path, millesime="COG 2023")
    assert stated.contours["commune"]["77001"].millesime == "COG 2023"


def test_more_and_smaller_communes_do_not_make_an_older_file_more_complete(tmp_path: Path) -> None:
    put(tmp_path / "communes-2015.geojson", communes("77001", "77002", "77003"))
    merged = [feature(cell(0, 0, 2), code="77001"), feature(cell(2, 0), code="77003")]
    put(tmp_path / "communes-2024.geojson", merged)
    put(tmp_path / "communes-2026.geojson", merged[:1])
    found = read_directory(tmp_path)
    assert sorted(found.contours["commune"]) == ["77001", "77003"]
    assert {piece.millesime for piece in found.contours["commune"].values()} == {"2024"}
    assert [why.split(" que ")[0] for _, why in sorted(found.ignored)] == [
        "commune : plus ancien",
        "commune : moins complet",
    ]


def test_one_file_for_each_departement_beside_a_national_one(tmp_path: Path) -> None:
    put(tmp_path / "communes-2020.geojson", [*communes("77001"), *communes("91001", row=1)])
    put(tmp_path / "communes-2024-77.geojson", communes("77001"))
    found = read_directory(tmp_path)
    assert {code: piece.millesime for code, piece in found.contours["commune"].items()} == {
        "77001": "2024",
        "91001": "2020",
    }
    assert not found.ignored


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/communes.geojson", communes("77001"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/loop").symlink_to(tmp_path / "elsewhere")
    assert read_directory(tmp_path / "folder").used == ["link/communes.geojson"]


def test_a_level_cut_in_files_is_joined(tmp_path: Path) -> None:
    put(tmp_path / "nord.geojson", [feature(cell(0, 0), code="59"), feature(cell(1, 0), code="62")])
    put(tmp_path / "sud.geojson", [feature(cell(0, 1), code="2A")])
    assert sorted(read_directory(tmp_path).contours["departement"]) == ["2A", "59", "62"]


def test_files_that_are_no_territories_are_told_with_the_reason(tmp_path: Path) -> None:
    put(tmp_path / "communes.geojson", communes("77001"))
    put(
        tmp_path / "parcelles.json.gz", [feature(cell(0, 0), id="7700100", section="A", numero="1")]
    )
    put(tmp_path / "ecoles.geojson", [feature(shapely.Point(2, 48), nom="École")])
    put(tmp_path / "centres.geojson", [feature(shapely.Point(2, 48), code="77002")])
    put(tmp_path / "doubles.geojson", communes("77001", "77001"))
    put(
        tmp_path / "meles.geojson",
        [feature(cell(0, 0), code="77"), feature(cell(0, 0), code="77001")],
    )
    put(tmp_path / "vide.geojson", [])
    put_text(tmp_path / "liste.json", "[1, 2]")
    put_text(tmp_path / "autre.csv", "a;b\n1;2\n")
    put(
        tmp_path / "lambert.geojson",
        communes("77002"),
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}},
    )
    put_text(tmp_path / "lisez-moi.txt", "rien")
    found = read_directory(tmp_path)
    assert {name: why.split()[0] for name, why in found.ignored} == {
        "parcelles.json.gz": "ni",
        "ecoles.geojson": "objets",
        "centres.geojson": "objets",
        "doubles.geojson": "codes",
        "meles.geojson": "codes",
        "vide.geojson": "aucun",
        "liste.json": "n'est",
        "autre.csv": "colonnes",
        "lambert.geojson": "coordonnées",
    }


def test_code_tables_are_read_in_both_separators_and_encodings(tmp_path: Path) -> None:
    put(tmp_path / "communes.geojson", communes("77001"))
    put_text(
        tmp_path / "communes.csv.gz",
        "TYPECOM,COM,REG,DEP,LIBELLE,COMPARENT\nCOM,77001,11,77,Épreuve,\n"
        "COMD,77099,,,Ancienne,77001\nARM,75101,11,75,Paris 1er,75056\n",
    )
    put_text(
        tmp_path / "populations.csv",
        "DEP;CODCOM;COM;Commune;PMUN\r\n77;001;77001;Épreuve;1 234\r\n",
        encoding="cp1252",
    )
    put_text(tmp_path / "mayotte.csv", "DEP;CODCOM;COM;PMUN\n976;601;;5192\n")
    put_text(
        tmp_path / "epci.csv",
        "siren,raison_sociale,insee,total_pop_mun\n200000001,CC inventée,77001,1234\n,,,\n",
    )
    put_text(tmp_path / "dep.csv", "DEP,REG,CHEFLIEU,LIBELLE\n77,11,77288,Seine-et-Marne\n")
    put_text(tmp_path / "reg.csv", "REG,CHEFLIEU,LIBELLE\n11,75056,Île-de-France\n")
    facts = read_directory(tmp_path).facts
    assert sorted(facts) == [
        ("commune", "75101"),
        ("commune", "77001"),
        ("commune", "97601"),
        ("departement", "77"),
        ("epci", "200000001"),
        ("region", "11"),
    ]
    town = facts["commune", "77001"]
    assert (town.name, town.population, town.epci) == ("Épreuve", 1234, "200000001")
    assert facts["commune", "75101"].main_commune == "75056"
    assert facts["departement", "77"].prefecture == "77288"


def test_of_two_tables_the_most_complete_is_kept(tmp_path: Path) -> None:
    put(tmp_path / "communes.geojson", communes("77001"))
    head = "DEP;COM;PMUN\n"
    put_text(tmp_path / "2020.csv", f"{head}77;77001;10\n77;77002;10\n")
    put_text(tmp_path / "2024.csv", f"{head}77;77001;20\n")
    found = read_directory(tmp_path)
    assert found.facts["commune", "77001"].population == 10
    assert [name for name, _ in found.ignored] == ["2024.csv"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', "JSON illisible"),
        ("a.geojson.gz", gzip.compress(b'{"features": []}' * 500, mtime=0)[:60], "tronqué"),
        ("a.geojson.gz", b"this is no archive", "JSON illisible"),
        ("a.csv", b"DEP;COM;PMUN\n77;77001;beaucoup\n", "ligne 2 : nombre attendu"),
        ("a.csv", b"DEP;COM;PMUN\n77;seven;12\n", "code de commune illisible"),
        ("a.csv", b"siren,raison_sociale,insee\n12,CC,77001\n", "SIREN d'EPCI illisible"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    put(tmp_path / "communes.geojson", communes("77001"))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=told) as caught:
        read_directory(tmp_path)
    assert name in caught.value.message


@pytest.mark.parametrize(
    "coordinates",
    [[[["x", "y"], [1, 2], [3, 4], [1, 2]]], [[[2, 48], None, [2, 49]]], "x", [[[2, 48, "a"]] * 4]],
)
def test_malformed_coordinates_name_the_file_and_the_territory(
    tmp_path: Path, coordinates: Any
) -> None:
    put(
        tmp_path / "a.geojson",
        [feature({"type": "Polygon", "coordinates": coordinates}, code="77001")],
    )
    with pytest.raises(InvalidInput, match=r"a\.geojson, 77001 : géométrie mal formée"):
        read_directory(tmp_path)


@pytest.mark.parametrize(
    ("corner", "told"),
    [
        ((650_000.0, 6_860_000.0), "projetées"),
        ((1e300, 1e300), "projetées"),
        ((48.5, 2.0), "inversées"),
        ((20.0, 10.0), "hors de France"),
    ],
)
def test_contours_elsewhere_are_told(
    tmp_path: Path, corner: tuple[float, float], told: str
) -> None:
    x, y = corner
    ring = [[x, y], [x * 1.01, y], [x, y * 1.01], [x, y]]
    put(
        tmp_path / "a.geojson",
        [feature({"type": "Polygon", "coordinates": [ring]}, code="77001")],
    )
    with pytest.raises(InvalidInput, match=f"Aucun contour.*a.geojson.*{told}"):
        read_directory(tmp_path)


@pytest.mark.parametrize("properties", [[1], None, {"code": ["77001"]}, {"code": {"a": 1}}, "x"])
def test_strange_properties_are_no_territory(tmp_path: Path, properties: Any) -> None:
    put(tmp_path / "communes.geojson", communes("77001"))
    put(tmp_path / "a.geojson", [{"type": "Feature", "properties": properties, "geometry": None}])
    assert [name for name, _ in read_directory(tmp_path).ignored] == ["a.geojson"]


def test_a_missing_folder_and_one_without_contours(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="introuvable"):
        read_directory(tmp_path / "absent")
    put_text(tmp_path / "reg.csv", "REG,CHEFLIEU,LIBELLE\n11,75056,Île-de-France\n")
    with pytest.raises(InvalidInput, match="Aucun contour"):
        read_directory(tmp_path)


def test_invalid_contours_are_repaired_and_told(tmp_path: Path) -> None:
    crossed = Polygon([(2.0, 48.5), (2.1, 48.6), (2.1, 48.5), (2.0, 48.6), (2.0, 48.5)])
    flat = {"type": "Polygon", "coordinates": [[[2.2, 48.5], [2.3, 48.5], [2.2, 48.5]] * 2]}
    put(tmp_path / "a.geojson", [
        feature(crossed, code="77001"),
        feature(flat, code="77002"),
        feature(cell(2, 0), code="77003"),
        feature(None, code="77004"),
    ])  # fmt: skip
    found = read_directory(tmp_path)
    assert found.repaired == {"commune": ["77001", "77002"]}
    assert sorted(found.contours["commune"]) == ["77001", "77002", "77003"]
    contour = found.contours["commune"]["77001"].contour
    assert contour is not None
    assert contour.is_valid
    assert contour.area == pytest.approx(crossed.buffer(0).area * 2, rel=0.5)


def test_a_flattened_contour_becomes_a_ribbon_and_dust_nothing() -> None:
    flat = Polygon([(2.0, 48.5), (2.1, 48.5), (2.0, 48.5), (2.0, 48.5)])
    dust = Polygon([(2.0, 48.5)] * 4)
    solid = shapely.force_3d(cell(0, 0), 12.0)
    (ribbon, nothing, flattened, missing), repaired = usable_contours([flat, dust, solid, None])
    assert isinstance(ribbon, MultiPolygon)
    assert ribbon.is_valid
    assert ribbon.area == pytest.approx(0.1 * 2 * RIBBON_DEG, rel=0.01)
    assert (nothing, missing) == (None, None)
    assert flattened is not None
    assert not flattened.has_z
    assert repaired == [True, True, False, False]


def test_a_ring_that_touches_an_edge_stays_sound_in_the_projection_of_tiles() -> None:
    shell = [(2.0, 48.5), (2.125, 48.625), (2.0, 48.625)]
    hole = [(2.0625, 48.5625), (2.03, 48.60), (2.04, 48.61)]
    touching = MultiPolygon([Polygon(shell, [hole])])
    plain = cell(0, 0)

    def projected(contour: MultiPolygon) -> shapely.Geometry:
        change = transformer(4326, 3857)
        return shapely.transform(contour, lambda xy: np.column_stack(change.transform(*xy.T)))

    assert touching.is_valid
    assert not projected(touching).is_valid
    sound, same = sound_when_projected([touching, plain])
    assert sound.is_valid
    assert projected(sound).is_valid
    assert sound.area == pytest.approx(touching.area, rel=1e-6)
    assert same is plain


def test_codes_tell_departement_and_main_commune() -> None:
    assert [departement_of(c) for c in ("01001", "2A004", "97105", "97611")] == [
        "01", "2A", "971", "976",
    ]  # fmt: skip
    assert [main_commune_of(c) for c in ("75120", "13216", "69389", "75121", "13217", "69380")] == [
        "75056", "13055", "69123", None, None, None,
    ]  # fmt: skip
