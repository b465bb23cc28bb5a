"""Which records may enter the tables: approximate ones never over official ones, none half-known.

Leaves reading and repairing to the readers; what is refused here is told by level and code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely

from geo.core.crs import FRANCE_BOXES
from geo.core.errors import InvalidInput
from geo.territories.models import LEVELS, Commune, Epci
from geo.territories.records import TerritoryRecord

TOLD = 5


def admitted(
    records: Sequence[TerritoryRecord],
) -> tuple[list[TerritoryRecord], Counter[str]]:
    """The records to write, and how many approximate ones are set aside, by level.

    A departement whose communes are official takes no approximate commune; a country whose EPCI
    are official, no approximate EPCI; a region or departement keeps its official contour, and also
    one that is official in part when all that comes is approximate.
    """
    official = _official(parts=all(record.approximate for record in records))
    kept: list[TerritoryRecord] = []
    set_aside: Counter[str] = Counter()
    any_epci = Epci.objects.filter(approximate=False).exists()
    for record in records:
        taken = {
            "commune": record.departement in official["commune"],
            "epci": any_epci,
        }.get(record.level, record.code in official.get(record.level, ()))
        if record.approximate and taken:
            set_aside[record.level] += 1
        else:
            kept.append(record)
    return kept, set_aside


def _official(*, parts: bool) -> dict[str, set[Any]]:
    """Codes of official regions and departements, and the departements of official communes.

    `parts`: a region or departement with official communes counts as official.
    """
    found: dict[str, set[Any]] = {
        level: set(
            LEVELS[level]._default_manager.filter(approximate=False).values_list("code", flat=True)
        )
        for level in ("region", "departement")
    }
    communes = Commune.objects.filter(approximate=False).order_by()
    rows = list(communes.values("departement_id", "region_id").distinct())
    found["commune"] = {row["departement_id"] for row in rows}
    if parts:
        found["departement"] |= found["commune"]
        found["region"] |= {row["region_id"] for row in rows}
    return found


def check_records(records: Sequence[TerritoryRecord]) -> None:
    """Refuse records that would not make a geography. Raises `InvalidInput`."""
    for record in records:
        if record.level not in LEVELS:
            raise InvalidInput(f"Niveau de territoire inconnu : {record.level}.", field="level")
    for level in LEVELS:
        rows = [record for record in records if record.level == level]
        _refuse(level, _doubled(rows), "code en double")
        _refuse(level, _unusable(rows), "contour absent ou inutilisable")
        _refuse(level, _abroad(rows), "contour hors de France (longitude, latitude attendues)")
        _refuse(
            level, (r.code for r in rows if not r.name.strip() or len(r.name) > 120),
            "nom absent ou de plus de 120 caractères",
        )  # fmt: skip
    _check_hierarchy(records)


def _refuse(level: str, codes: Iterable[str], why: str) -> None:
    found = sorted(set(codes))
    if found:
        more = f" et {len(found) - TOLD} autres" if len(found) > TOLD else ""
        raise InvalidInput(f"{level} {', '.join(found[:TOLD])}{more} : {why}.", field=level)


def _doubled(rows: Sequence[TerritoryRecord]) -> list[str]:
    return [code for code, count in Counter(r.code for r in rows).items() if count > 1]


def _unusable(rows: Sequence[TerritoryRecord]) -> list[str]:
    contours = np.array([record.contour for record in rows], dtype=object)
    good = (
        (shapely.get_type_id(contours) == shapely.GeometryType.MULTIPOLYGON)
        & ~shapely.is_empty(contours)
        & shapely.is_valid(contours)
    )
    return [record.code for record, usable in zip(rows, good, strict=True) if not usable]


def _abroad(rows: Sequence[TerritoryRecord]) -> list[str]:
    bounds = shapely.bounds(np.array([record.contour for record in rows], dtype=object))
    boxes = np.array(FRANCE_BOXES)
    meets = np.zeros(len(rows), dtype=bool)
    for west, south, east, north in boxes if len(rows) else ():
        meets |= (
            (bounds[:, 0] <= east)
            & (bounds[:, 2] >= west)
            & (bounds[:, 1] <= north)
            & (bounds[:, 3] >= south)
        )
    return [record.code for record, inside in zip(rows, meets, strict=True) if not inside]


def _check_hierarchy(records: Sequence[TerritoryRecord]) -> None:
    """Every code that a record names is a record or is already there."""
    known = {
        level: {record.code for record in records if record.level == level}
        | set(model._default_manager.values_list("code", flat=True))
        for level, model in LEVELS.items()
    }
    required = {"departement": ("region",), "commune": ("region", "departement")}
    for record in records:
        for parent in required.get(record.level, ()):
            if getattr(record, parent) not in known[parent]:
                raise InvalidInput(
                    f"{record.level} {record.code} : {parent} inconnu "
                    f"({getattr(record, parent) or 'non renseigné'}).",
                    field=record.level,
                )
        for parent, level in (("epci", "epci"), ("main_commune", "commune")):
            code = getattr(record, parent)
            if code is not None and code not in known[level]:
                raise InvalidInput(
                    f"{record.level} {record.code} : {parent} inconnu ({code}).",
                    field=record.level,
                )
