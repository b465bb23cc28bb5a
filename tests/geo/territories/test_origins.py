"""Where contours come from, as a map prints it."""

from __future__ import annotations

from pathlib import Path

from geo.territories.origins import OFFICIAL, origins_told
from geo.territories.readers.directory import read_directory
from tests.geo.territories.test_directory import communes, put


def test_official_contours_bear_their_licence_and_files_do_not() -> None:
    assert origins_told([(OFFICIAL, "2026")]) == [
        "IGN Admin Express (Géoplateforme), millésime 2026 (Licence Ouverte 2.0)"
    ]
    assert origins_told([("Fichier a-93.geojson.gz", "fichier 2026-11-25")]) == [
        "origine non indiquée (fichier a-93), millésime non indiqué, fichier du 25/11/2026"
    ]


def test_many_files_take_one_line() -> None:
    files = [(f"Fichier communes-{code}.geojson", "2024") for code in ("02", "59", "62", "80")]
    assert origins_told([*files, *files]) == [
        "origine non indiquée (fichiers communes-02, communes-59 et 2 autres), millésime 2024"
    ]
    # In the corner of a map: as short for a hundred files as for one.
    assert origins_told(files, names=False) == ["contours d'origine non indiquée, millésime 2024"]


def test_a_stated_origin_is_kept_with_the_contours(tmp_path: Path) -> None:
    put(tmp_path / "a.geojson", communes("77001"), date=1_600_000_000)
    found = read_directory(tmp_path, origin="Admin Express inventé", millesime="2025")
    piece = found.contours["commune"]["77001"]
    assert (piece.source, piece.millesime) == ("Admin Express inventé", "2025")
    assert origins_told([(str(piece.source), str(piece.millesime))]) == [
        "Admin Express inventé, millésime 2025"
    ]
