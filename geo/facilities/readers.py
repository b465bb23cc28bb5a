"""Files of facilities, each format recognised by what it holds, turned into typed records.

Formats: Annuaire de l'éducation (CSV, JSON), hospitals (Eurostat GeoJSON from FINESS), drinking
fountains (Opendatasoft v1 JSON), France services (CSV), and a generic CSV. Leaves storage to
`services`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.core.crs import in_france
from geo.core.errors import InvalidInput
from geo.core.files import decoded, read_bytes
from geo.facilities.models import Kind

LICENCE_OUVERTE = "Licence Ouverte 2.0"
ODBL = "ODbL"
MAX_BYTES = 500_000_000
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A facility as read: WGS84 degrees, `key` unique in its source."""

    kind: str
    key: str
    name: str
    lon: float
    lat: float
    category: str = ""
    address: str = ""
    commune_code: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A recognised file: its source, licence, and its rows as records or refusals."""

    source: str
    licence: str
    rows: Iterable[Record | str]


def read(path: Path) -> Reading:
    """Recognise and open a file (plain or gzip). Raises `InvalidInput` when no format fits."""
    text = decoded(read_bytes(path, MAX_BYTES), path.name)
    if text.lstrip()[:1] in {"{", "["}:
        try:
            data = json.loads(text)
        except ValueError as error:
            raise InvalidInput(f"{path.name} : JSON illisible.", field="file") from error
        return _read_json(data, path)
    return _read_csv(text, path)


def _read_csv(text: str, path: Path) -> Reading:
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    # The same columns come in mixed case or lower case according to the export.
    rows = ({(key or "").lower(): value for key, value in row.items()} for row in reader)
    names = {name.strip().lower() for name in reader.fieldnames or ()}
    if "identifiant_de_l_etablissement" in names:
        return Reading("Annuaire de l'éducation", LICENCE_OUVERTE, _each(rows, _school))
    if "id_fs" in names:
        return Reading("France services", LICENCE_OUVERTE, _each(rows, _france_services))
    if {"kind", "name", "lon", "lat"} <= names:
        # Whose it is and under which licence, only who gives it knows.
        return Reading(path.stem, "", _each(rows, _generic))
    raise InvalidInput(
        f"{path.name} : colonnes non reconnues. Pour un fichier libre : kind, name, lon, lat "
        "(et key, category, address, commune).",
        field="file",
    )


def _read_json(data: Any, path: Path) -> Reading:
    rows = data
    if isinstance(data, dict):
        rows = data.get("results") or data.get("features") or []
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    if "identifiant_de_l_etablissement" in first:
        return Reading("Annuaire de l'éducation", LICENCE_OUVERTE, _each(rows, _school))
    if first.get("datasetid") == "fontaines-a-boire":
        return Reading("Fontaines à boire (Paris)", ODBL, _each(rows, _fountain))
    if "hospital_name" in (first.get("properties") or {}):
        return Reading("FINESS (Eurostat)", LICENCE_OUVERTE, _each(rows, _hospital))
    raise InvalidInput(f"{path.name} : format JSON non reconnu.", field="file")


def _each(rows: Iterable[Row], convert: Callable[[Row], Record | None]) -> Iterator[Record | str]:
    """Records, or the reason why a line gives none (with its number); closed places are skipped."""
    for number, row in enumerate(rows, start=1):
        try:
            record = convert(row)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            yield f"ligne {number} : {type(error).__name__} {error}"
            continue
        if record is None:
            continue
        if not in_france(record.lon, record.lat):
            yield f"ligne {number} : {record.key} n'est pas en France"
            continue
        yield record


def _school(row: Row) -> Record | None:
    if str(row.get("etat") or "").upper() not in {"OUVERT", "A FERMER", ""}:
        return None
    position = row.get("position")
    if isinstance(position, Mapping):
        lon, lat = float(position["lon"]), float(position["lat"])
    else:
        lon, lat = float(row["longitude"]), float(row["latitude"])
    return Record(
        kind=Kind.SCHOOL,
        key=row["identifiant_de_l_etablissement"],
        name=row["nom_etablissement"],
        lon=lon,
        lat=lat,
        category=" · ".join(
            part for part in (row.get("type_etablissement"), row.get("libelle_nature")) if part
        ),
        address=str(row.get("adresse_1") or ""),
        commune_code=str(row.get("code_commune") or ""),
    )


def _hospital(row: Row) -> Record:
    properties = row["properties"]
    lon, lat = row["geometry"]["coordinates"][:2]
    street = f"{properties.get('house_number') or ''} {properties.get('street') or ''}".strip()
    return Record(
        kind=Kind.HEALTH,
        key=str(properties["id"]),
        name=properties["hospital_name"],
        lon=float(lon),
        lat=float(lat),
        category=properties.get("facility_type") or "",
        address=f"{street} {properties.get('city') or ''}".strip(),
    )


def _fountain(row: Row) -> Record | None:
    fields = row["fields"]
    if fields.get("dispo") == "NON":
        return None
    # The GeoJSON geometry is lon, lat; `geo_point_2d` is the other way round in this version.
    lon, lat = row["geometry"]["coordinates"][:2]
    return Record(
        kind=Kind.WATER,
        key=row["recordid"],
        name=f"Fontaine, {fields.get('voie') or 'sans voie'}".title(),
        lon=float(lon),
        lat=float(lat),
        category=(fields.get("type_objet") or "").replace("_", " ").capitalize(),
        address=str(fields.get("voie") or ""),
    )


def _france_services(row: Row) -> Record | None:
    if (row.get("format_fs") or "Fixe") != "Fixe":
        return None
    return Record(
        kind=Kind.SOCIAL,
        key=row["id_fs"],
        name=row["lib_fs"],
        lon=float(row["longitude"]),
        lat=float(row["latitude"]),
        category="France services",
        address=str(row.get("adresse") or ""),
        commune_code=str(row.get("insee_com") or ""),
    )


def _generic(row: Row) -> Record:
    kind = str(row["kind"]).strip()
    if kind not in Kind.values:
        raise ValueError(f"nature inconnue « {kind} » ({', '.join(Kind.values)})")
    lon, lat = (float(str(row[name]).replace(",", ".")) for name in ("lon", "lat"))
    return Record(
        kind=kind,
        key=str(row.get("key") or f"{lon:.6f},{lat:.6f}"),
        name=str(row["name"]).strip(),
        lon=lon,
        lat=lat,
        category=str(row.get("category") or ""),
        address=str(row.get("address") or ""),
        commune_code=str(row.get("commune") or ""),
    )
