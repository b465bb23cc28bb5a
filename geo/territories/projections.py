"""The legal projection of a territory, whatever the source of its contour.

Leaves the table by departement to the facts (decree 2000-1276), and projecting to `geo.core.crs`.
"""

from __future__ import annotations

from functools import lru_cache

from geo.core.crs import LAMBERT_93
from geo.territories.approximation import facts
from geo.territories.records import TerritoryRecord


@lru_cache(maxsize=1)
def _by_departement() -> dict[str, int]:
    return facts.legal_srids()


@lru_cache(maxsize=1)
def _by_region() -> dict[str, int]:
    return {fact.region: fact.srid for fact in facts.departements()}


def legal_srid(record: TerritoryRecord) -> int:
    """EPSG code for measures and prints of this territory; Lambert-93 for an unknown code."""
    if record.level == "region":
        return _by_region().get(record.code, LAMBERT_93)
    code = {
        "departement": record.code,
        "epci": record.departements[0] if record.departements else "",
        "commune": record.departement or "",
    }[record.level]
    return _by_departement().get(code, LAMBERT_93)
