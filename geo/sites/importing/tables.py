"""Files as raw lines: CSV of any usual dialect and encoding, or GeoJSON.

Each line keeps its number and its cells as text under the file's own headers. Leaves their
meaning to `lines`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.core.errors import InvalidInput
from geo.core.files import decoded, read_bytes
from geo.core.geometry import MAX_BYTES
from geo.sites.importing.columns import Column, names, plain
from geo.sites.importing.values import text_of

MAX_FILE_BYTES = 50_000_000
DELIMITERS = (";", ",", "\t", "|")
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# A cell may hold an outline.
csv.field_size_limit(MAX_BYTES + 1000)


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line as read: `cells` by column code; `geometry` for GeoJSON; `fault` when unreadable."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    geometry: Any = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A readable file: the header of each known column by its code, the headers left aside."""

    headers: dict[str, str]
    ignored: tuple[str, ...]
    lines: list[RawLine]


def read_table(path: Path) -> Table:
    """Read a file. Raises `InvalidInput` when it cannot be used at all."""
    text = _decoded(read_bytes(path, MAX_FILE_BYTES), path.name)
    if text.lstrip()[:1] in {"{", "["}:
        return _geojson(text, path.name)
    return _csv(text, path.name)


def _decoded(raw: bytes, name: str) -> str:
    for mark, encoding in BOMS:
        if raw.startswith(mark):
            return decoded(raw, name, encodings=[encoding])
    return decoded(raw, name)


def _csv(text: str, name: str) -> Table:
    if "\x00" in text:
        raise InvalidInput(f"{name} : ce n'est pas un fichier de texte.", field="file")
    # Some spreadsheets say their separator on a first line.
    skipped = 0
    if text[:4].lower() == "sep=":
        _, _, text = text.partition("\n")
        skipped = 1
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next((row for row in reader if any(cell.strip() for cell in row)), [])
        codes, headers, ignored = _recognised(header, name)
        lines = list(_rows(reader, codes, len(header), skipped))
    except csv.Error as error:
        raise InvalidInput(
            f"{name} : ligne {reader.line_num + skipped} illisible ({error}).", field="file"
        ) from error
    return Table(headers, ignored, lines)


def _delimiter(text: str) -> str:
    """The separator that is the most frequent in the header, quoted parts aside."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(part for index, part in enumerate(first.split('"')) if index % 2 == 0)
    return max(DELIMITERS, key=bare.count)


def _rows(reader: Any, codes: list[str | None], width: int, skipped: int) -> Iterator[RawLine]:
    number = reader.line_num + skipped + 1
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells[width:]):
            yield RawLine(
                number,
                fault=f"La ligne a {len(cells)} cellules pour {width} colonnes : une virgule "
                "décimale ou un séparateur dans un texte sans guillemets ?",
            )
        elif any(cells):
            pairs = zip(codes, cells, strict=False)
            yield RawLine(number, {code: cell for code, cell in pairs if code and cell})
        number = reader.line_num + skipped + 1


def _recognised(
    header: list[str], name: str
) -> tuple[list[str | None], dict[str, str], tuple[str, ...]]:
    codes: list[str | None] = []
    headers: dict[str, str] = {}
    ignored: list[str] = []
    for title in (title.strip() for title in header):
        column: Column | None = names().get(plain(title)) if title else None
        codes.append(column.code if column else None)
        if column is None:
            ignored += [title] if title else []
        elif column.code in headers:
            raise InvalidInput(
                f"{name} : « {headers[column.code]} » et « {title} » disent la même chose "
                f"({column.code}) ; gardez une seule colonne.",
                field="file",
            )
        else:
            headers[column.code] = title
    if not headers:
        raise InvalidInput(
            f"{name} : aucune colonne reconnue dans la première ligne. Attendu par exemple : "
            "référence; appellation du site; longitude; latitude; date de signalement.",
            field="file",
        )
    return codes, headers, tuple(ignored)


def _geojson(text: str, name: str) -> Table:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{name} : JSON illisible ({error}).", field="file") from error
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        raise InvalidInput(f"{name} : une FeatureCollection GeoJSON est attendue.", field="file")
    _check_crs(data.get("crs"), name)
    titles: dict[str, None] = {}
    for feature in features:
        if isinstance(feature, dict) and isinstance(feature.get("properties"), dict):
            titles |= dict.fromkeys(feature["properties"])
    headers: dict[str, str] = {}
    for title in titles:
        if plain(title) in names():
            headers.setdefault(names()[plain(title)].code, title)
    ignored = tuple(title for title in titles if plain(title) not in names())
    lines = [_feature(number, feature) for number, feature in enumerate(features, start=1)]
    return Table(headers, ignored, lines)


def _feature(number: int, feature: Any) -> RawLine:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return RawLine(number, fault="Un objet « Feature » de GeoJSON est attendu.")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        return RawLine(number, fault="Les propriétés (properties) doivent être un objet.")
    cells: dict[str, str] = {}
    for title, value in properties.items():
        column = names().get(plain(title))
        cell = text_of(value)
        if column and cell and cells.setdefault(column.code, cell) != cell:
            return RawLine(number, fault=f"Deux propriétés disent {column.code}, et pas pareil.")
    return RawLine(number, cells, feature.get("geometry"))


def _check_crs(crs: Any, name: str) -> None:
    """GeoJSON is longitude and latitude; the old `crs` member may only say the same."""
    if crs is None:
        return
    said = json.dumps(crs)
    if "CRS84" not in said and "4326" not in said:
        raise InvalidInput(
            f"{name} : projection {said[:80]} ; enregistrez le fichier en WGS 84 (EPSG:4326).",
            field="file",
        )
