"""A folder of official files, searched recursively: contours in GeoJSON, code tables in CSV.

The level of a file is known from its properties, not from its name. Leaves what a feature says to
`features`, and which file is kept to `choice`.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from geo.core.errors import InvalidInput
from geo.core.files import decoded, read_bytes
from geo.core.vintage import of_file
from geo.territories import origins
from geo.territories.readers.choice import ContourFile, TableFile, keep_contours, keep_tables
from geo.territories.readers.features import Unrecognised, level_of, pieces_of
from geo.territories.readers.pieces import Gathering
from geo.territories.readers.tables import read_table

FIELD = "ATLAS_TERRITORIES"
SUFFIXES = (".geojson", ".json", ".csv")
MAX_BYTES = 1_500_000_000
# A year, or a whole date without separators.
YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:[01]\d[0-3]\d)?(?!\d)")


def read_directory(
    directory: Path,
    *,
    millesime: str = "",
    origin: str = "",
    each: Callable[[int, int], None] = lambda i, n: None,
) -> Gathering:
    """All that the files of a folder say of the territories.

    `millesime` and `origin` are stated for all contours; without them a file's vintage is read from
    its name, its folder's name or its date, and its origin is its name. `each` is told how many
    files are read, of how many. Raises `InvalidInput` when the folder is missing, when a file is
    broken, or when no contour is found.
    """
    if not directory.is_dir():
        raise InvalidInput(f"Dossier introuvable : {directory}", field=FIELD)
    gathering = Gathering()
    contours: list[ContourFile] = []
    tables: list[TableFile] = []
    paths = list(_files(directory))
    for done, path in enumerate(paths, start=1):
        name = path.relative_to(directory).as_posix()
        try:
            found = _read(path, directory, name, millesime, origin)
        except Unrecognised as reason:
            gathering.ignored.append((name, reason.message))
            continue
        finally:
            each(done, len(paths))
        if isinstance(found, ContourFile):
            contours.append(found)
        else:
            tables.append(found)
    keep_contours(contours, gathering)
    keep_tables(tables, gathering)
    if not gathering.contours:
        reasons = " ; ".join(f"{name} : {why}" for name, why in gathering.ignored[:3])
        raise InvalidInput(
            f"Aucun contour de territoire reconnu dans {directory} "
            f"({len(paths)} fichiers GeoJSON ou CSV lus{' ; ' if reasons else ''}{reasons}).",
            field=FIELD,
        )
    return gathering


def _files(directory: Path) -> Iterator[Path]:
    """Files of the known kinds, in order of their paths; links to folders are followed once."""
    seen: set[Path] = set()
    found: list[Path] = []
    for folder, inner, names in os.walk(directory, followlinks=True):
        real = Path(folder).resolve()
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        for name in names:
            bare = name.removesuffix(".gz").lower()
            if bare.endswith(SUFFIXES) and not name.startswith("."):
                found.append(Path(folder) / name)
    yield from sorted(path for path in found if path.is_file())


def _read(
    path: Path, directory: Path, name: str, millesime: str, stated: str
) -> ContourFile | TableFile:
    raw = read_bytes(path, MAX_BYTES, name=name, field=FIELD)
    date = _date(path)
    year = _year(path, directory)
    if path.name.removesuffix(".gz").lower().endswith(".csv"):
        table = read_table(decoded(raw, name, field=FIELD), name)
        if table is None:
            raise Unrecognised("colonnes d'aucune table de codes connue")
        return TableFile(name, year or date[:4], date, table)
    features = _features(raw, name)
    level, codes = level_of(features)
    origin = {
        "millesime": millesime or year or of_file(dt.date.fromisoformat(date)),
        "source": origins.of_file(path.name, stated)[:120],
    }
    try:
        pieces, repaired = pieces_of(level, codes, features, **origin)
    except Unrecognised:
        raise
    except InvalidInput as error:
        raise InvalidInput(f"{name}, {error.message}", field=FIELD) from error
    if not pieces:
        raise Unrecognised("objets sans surface")
    return ContourFile(name, level, year or date[:4], date, pieces, repaired)


def _features(raw: bytes, name: str) -> list[dict[str, object]]:
    try:
        data = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(
            f"{name} : JSON illisible, ligne {error.lineno}, colonne {error.colno}.", field=FIELD
        ) from error
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise Unrecognised("n'est pas une FeatureCollection GeoJSON")
    _check_crs(data, name)
    return features


def _check_crs(data: dict[str, object], name: str) -> None:
    """Only longitude and latitude: a file in Lambert-93 would put France in the sea."""
    crs = data.get("crs")
    declared = str(crs.get("properties", crs)) if isinstance(crs, dict) else ""
    if declared and not re.search(r"CRS84|4326|4171|WGS", declared):
        raise Unrecognised("coordonnées projetées : longitude et latitude attendues (EPSG:4326)")


def _date(path: Path) -> str:
    return dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC).date().isoformat()


def _year(path: Path, directory: Path) -> str:
    """The year that the file's name tells, or its nearest folder's inside the directory."""
    for part in reversed(path.relative_to(directory).parts):
        years = YEAR.findall(part)
        if years:
            return str(max(years))
    return ""
