"""Cadastre Etalab: where its parcel files are, and what their features say.

The pattern of the addresses and the properties are those of the official quarterly publication
(`…/geojson/communes/{dep}/{insee}/cadastre-{insee}-parcelles.json.gz`). Leaves the stream of
features to `features`, contours to `shapes` and storage to `loading`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from cadastre.features import read_features
from cadastre.idu import departement_of, filed_communes, normalised
from cadastre.shapes import Shapes, multipolygons
from geo.core.errors import InvalidInput, NotFound, SourceUnavailable
from geo.core.files import opened
from geo.core.http import download

SOURCE = "Cadastre Etalab"
ROOT = "/data/etalab-cadastre"
LATEST = "latest"
BATCH = 2_000
# Before a file is held for another layer: a real one has no such row.
STRANGERS = 50
DOWNLOAD_S = 900.0
DOWNLOAD_BYTES = 2_000_000_000

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DEPARTEMENT = re.compile(r"^(\d{2}|2[AB]|97\d)$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rows:
    """Some parcels of a file: arrays of one length, and what was refused or repaired on the way.

    `shapes` are valid EPSG:4326 MultiPolygons; `contenances` are m², None where not known;
    `updated` are ISO dates (empty where not told); `refusals` are French lines.
    """

    idus: list[str]
    contenances: list[int | None]
    updated: list[str]
    shapes: Shapes
    refusals: list[str]
    repaired: list[str]


def files_under(path: Path) -> list[Path]:
    """The parcel files of a directory, searched recursively; the file itself when it is one.

    Raises `NotFound` when there is none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise NotFound(f"Fichier introuvable : {path}")
    found = sorted(
        child
        for child in path.rglob("*")
        if child.is_file() and re.search(r"parcelles?\.(geo)?json(\.gz)?$", child.name)
    )
    if not found:
        raise NotFound(f"Aucun fichier de parcelles (…parcelles.json, .json.gz) sous {path}")
    return found


def address_of(code: str, millesime: str = LATEST) -> list[str]:
    """The paths, under the cadastre's base address, of the files of a commune or departement.

    Paris, Lyon and Marseille give one path for each arrondissement. Raises `InvalidInput`.
    """
    if millesime != LATEST and not _DATE.fullmatch(millesime):
        raise InvalidInput(
            f"« {millesime} » n'est pas un millésime : attendu « latest » ou AAAA-MM-JJ.",
            field="millesime",
        )
    code = code.strip().upper()
    base = f"{ROOT}/{millesime}/geojson"
    if _DEPARTEMENT.match(code):
        return [f"{base}/departements/{code}/cadastre-{code}-parcelles.json.gz"]
    try:
        departement = departement_of(code)
    except ValueError as error:
        raise InvalidInput(
            f"« {code[:20]} » n'est ni un code de commune (5 caractères) ni un département.",
            field="code",
        ) from error
    return [
        f"{base}/communes/{departement}/{part}/cadastre-{part}-parcelles.json.gz"
        for part in filed_communes(code)
    ]


def path_of(url: str) -> str:
    """The path of an address under the cadastre's base address. Raises `InvalidInput` elsewhere."""
    base = settings.SOURCES["cadastre"]
    if not url.startswith(f"{base}/"):
        raise InvalidInput(
            f"Adresse refusée : seules celles de {base} le sont (variable CADASTRE_URL).",
            field="url",
        )
    return url.removeprefix(base)


def fetch_file(path: str, folder: Path) -> tuple[Path, str]:
    """Download a file of the cadastre; returns it with its millésime, or "" when none is told.

    Raises `NotFound` when the cadastre has no such file, `SourceUnavailable` otherwise.
    """
    target = folder / Path(path).name
    answer = download("cadastre", path, target, deadline_s=DOWNLOAD_S, max_bytes=DOWNLOAD_BYTES)
    if answer.status == 404:
        raise NotFound(f"Le cadastre n'a pas de fichier à cette adresse : {path}")
    if answer.status in range(300, 400):
        host = urlsplit(answer.headers.get("location", "")).netloc or "une autre adresse"
        raise SourceUnavailable(f"Le cadastre renvoie vers {host} : corrigez CADASTRE_URL.")
    if answer.status != 200:
        raise SourceUnavailable(f"Le cadastre a répondu {answer.status}.")
    told = _DATE.search(path)
    return target, told.group() if told else _modified(answer.headers.get("last-modified", ""))


def millesime_in(path: Path) -> str:
    """The date that a file's path bears, or ""."""
    found = _DATE.findall(str(path))
    return str(found[-1]) if found else ""


def read_parcels(path: Path) -> Iterator[Rows]:
    """The parcels of a file (GeoJSON, plain or gzip), some thousands at a time.

    A row that cannot be stored is refused with its reason; raises `InvalidInput` when the file is
    cut, is not GeoJSON or holds another layer of the cadastre.
    """
    good = 0
    with opened(path) as stream:
        features = read_features(stream)
        while batch := list(islice(features, BATCH)):
            rows = _rows(batch)
            good += len(rows.idus)
            if not good and len(rows.refusals) >= min(STRANGERS, len(batch)):
                raise InvalidInput(
                    f"{path.name} : ce n'est pas la couche des parcelles ({rows.refusals[0]}).",
                    field="file",
                )
            yield rows


def _rows(features: Sequence[dict[str, Any]]) -> Rows:
    idus: list[str] = []
    kept: list[dict[str, Any]] = []
    refusals: list[str] = []
    for feature in features:
        try:
            idus.append(_idu(feature))
        except ValueError as error:
            refusals.append(str(error))
        else:
            kept.append(feature)
    built = multipolygons([feature.get("geometry") for feature in kept])
    refusals += [f"{idus[index]} : {reason}" for index, reason in sorted(built.reasons.items())]
    usable = [index for index in range(len(kept)) if index not in built.reasons]
    properties = [kept[index].get("properties") or {} for index in usable]
    return Rows(
        idus=[idus[index] for index in usable],
        contenances=[_contenance(row.get("contenance")) for row in properties],
        updated=[_day(row.get("updated")) for row in properties],
        shapes=built.shapes[usable],
        refusals=refusals,
        repaired=[idus[index] for index in usable if index in built.repaired],
    )


def _idu(feature: dict[str, Any]) -> str:
    """The normalised IDU; raises `ValueError` (in French) when there is none or it contradicts."""
    properties = feature.get("properties") or {}
    told = properties.get("id") or feature.get("id")
    if not isinstance(told, str):
        raise ValueError("identifiant de parcelle absent")
    idu = normalised(told)
    commune = properties.get("commune")
    if commune is not None and commune not in (told[:5], idu[:5]):
        raise ValueError(f"{idu} : la commune dite est {str(commune)[:10]}")
    return idu


def _contenance(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        return None
    return value


def _day(value: Any) -> str:
    return value if isinstance(value, str) and _DATE.fullmatch(value) else ""


def _modified(header: str) -> str:
    try:
        return timezone.localdate(parsedate_to_datetime(header)).isoformat()
    except (TypeError, ValueError):
        return ""
