"""Features of contours as published, whatever the producer's property names, turned into pieces.

Names met: Etalab and API Géo (`code`, `nom`, `codeDepartement` …), ADMIN EXPRESS in its old and
new forms (`INSEE_COM`, `code_insee` …). Leaves files and services to their readers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from geo.core.crs import in_france
from geo.core.errors import InvalidInput
from geo.territories.approximation import facts
from geo.territories.readers.pieces import (
    COMMUNE_CODE,
    DEPARTEMENT_CODE,
    SIREN,
    Piece,
    departement_of,
    main_commune_of,
)
from geo.territories.readers.repair import usable_contours

CODES = (
    "code", "insee_arm", "code_insee", "insee_com", "code_siren", "insee_dep", "insee_reg",
)  # fmt: skip
NAMES = ("nom_officiel", "nom", "name", "libelle", "nom_com", "nom_dep", "nom_reg")
REGIONS = ("region", "coderegion", "code_insee_de_la_region", "insee_reg", "reg", "region_code")
DEPARTEMENTS = (
    "departement", "codedepartement", "code_insee_du_departement", "insee_dep", "dep",
    "departement_code",
)  # fmt: skip
EPCIS = ("epci", "codeepci", "codes_siren_des_epci", "siren_epci", "epci_code")
MAINS = (
    "commune", "codeparent", "insee_com", "code_insee_de_la_commune_de_rattach",
    "code_insee_de_la_commune_de_rattachement", "main_commune",
)  # fmt: skip
# Features of the cadastre or of town planning carry the code of their commune too.
FOREIGN = ("section", "feuille", "numero", "idu", "contenance", "partition", "code_qp")


class Unrecognised(InvalidInput):
    """These features are not contours of territories; the message says why."""


def level_of(features: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """The level of all these features, and their codes in order. Raises `Unrecognised`."""
    rows = [_lowered(feature) for feature in features]
    if not rows:
        raise Unrecognised("aucun objet")
    if any(name in rows[0] for name in FOREIGN):
        raise Unrecognised("ni région, ni département, ni EPCI, ni commune")
    codes = [_code(row) for row in rows]
    if not all(codes):
        raise Unrecognised("objets sans code de territoire")
    level = _level(rows, codes)
    if len(set(codes)) != len(codes):
        raise Unrecognised("codes en double")
    return level, codes


def pieces_of(
    level: str,
    codes: Sequence[str],
    features: Sequence[Mapping[str, Any]],
    *,
    millesime: str,
    source: str,
) -> tuple[dict[str, Piece], list[str]]:
    """The pieces of these features by code, and the codes whose contour had to be repaired.

    A feature without any surface gives no piece. Raises `InvalidInput` on malformed coordinates,
    `Unrecognised` when they are not longitudes and latitudes of France.
    """
    geometries = [_geometry(f, c) for f, c in zip(features, codes, strict=True)]
    _check_place(geometries)
    contours, repaired = usable_contours(geometries)
    pieces = {
        code: _piece(
            Piece(level, code, contour=contour, millesime=millesime, source=source), feature
        )
        for code, feature, contour in zip(codes, features, contours, strict=True)
        if contour is not None
    }
    return pieces, [c for c, wrong in zip(codes, repaired, strict=True) if wrong and c in pieces]


def _piece(bare: Piece, feature: Mapping[str, Any]) -> Piece:
    row = _lowered(feature)
    commune = bare.level == "commune"
    return replace(
        bare,
        name=_text(row, NAMES),
        region=_text(row, REGIONS) if bare.level != "region" else None,
        departement=(_text(row, DEPARTEMENTS) or departement_of(bare.code)) if commune else None,
        epci=_epci(row) if commune else None,
        main_commune=_main(bare.code, row) if commune else None,
        population=_count(row.get("population")),
    )


def _lowered(feature: Mapping[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {str(name).lower(): value for name, value in properties.items()}


def _code(row: Mapping[str, Any]) -> str:
    return _text(row, CODES) or ""


def _level(rows: Sequence[Mapping[str, Any]], codes: Sequence[str]) -> str:
    if all(SIREN.fullmatch(code) for code in codes):
        return "epci"
    if all(COMMUNE_CODE.fullmatch(code) for code in codes):
        return "commune"
    if not all(DEPARTEMENT_CODE.fullmatch(code) for code in codes):
        raise Unrecognised("codes qui ne sont pas ceux d'un seul niveau")
    if not set(codes) <= set(_known("region")):
        return "departement"
    # 01, 11, 24 … are both: the names decide, since a part of a country may be given.
    named = [(code, plain(_text(row, NAMES) or "")) for code, row in zip(codes, rows, strict=True)]
    votes = {
        level: sum(_known(level).get(code) == name for code, name in named)
        for level in ("region", "departement")
    }
    if votes["region"] == votes["departement"]:
        # Only a departement says what region it belongs to.
        return "departement" if all(_text(row, REGIONS) for row in rows) else "region"
    return max(votes, key=lambda level: votes[level])


@lru_cache(maxsize=2)
def _known(level: str) -> dict[str, str]:
    found = facts.regions() if level == "region" else facts.departements()
    return {fact.code: plain(fact.name) for fact in found}


def plain(text: str) -> str:
    """Lower case, without accents nor punctuation."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", bare.lower()))


def _text(row: Mapping[str, Any], names: Sequence[str]) -> str | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return None


def _epci(row: Mapping[str, Any]) -> str | None:
    """Several codes come joined by a slash where a commune is in a metropolis and its territory."""
    found = [part for part in (_text(row, EPCIS) or "").split("/") if SIREN.fullmatch(part)]
    return found[0] if found else None


def _main(code: str, row: Mapping[str, Any]) -> str | None:
    stated = _text(row, MAINS)
    if stated and COMMUNE_CODE.fullmatch(stated) and stated != code:
        return stated
    return main_commune_of(code)


def _count(value: Any) -> int | None:
    try:
        return max(0, int(float(value)))
    except (TypeError, ValueError):
        return None


def _check_place(geometries: Sequence[shapely.Geometry | None]) -> None:
    """Nothing beyond the globe, and something in France."""
    bounds = shapely.bounds(np.array(geometries, dtype=object))
    bounds = bounds[~np.isnan(bounds).any(axis=1)]
    if len(bounds) and np.abs(bounds).max(axis=0).max() > 180:
        raise Unrecognised("coordonnées projetées : longitude et latitude attendues (EPSG:4326)")
    middles = [((w + e) / 2, (s + n) / 2) for w, s, e, n in bounds.tolist()]
    if middles and not any(in_france(x, y) for x, y in middles):
        swapped = any(in_france(y, x) for x, y in middles)
        hint = " : latitude et longitude sont inversées" if swapped else ""
        raise Unrecognised(f"contours hors de France{hint}")


def _geometry(feature: Mapping[str, Any], code: str) -> shapely.Geometry | None:
    geometry = feature.get("geometry")
    if not geometry:
        return None
    try:
        return shape(geometry)
    except (
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        AttributeError,
        shapely.errors.ShapelyError,
    ) as error:
        raise InvalidInput(f"{code} : géométrie mal formée.", field="geometry") from error
