"""The facts under the demonstration: published counts, and the invented frame around them.

`published.csv` holds public figures with their source; `places.csv` and `timeline.csv` are
invented weights and stocks for what nobody published. Leaves every computation to `plan`.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FACTS = Path(__file__).parent / "facts"
UNTIL = dt.date(2026, 11, 15)
MAINLAND, OVERSEAS = "FRM", "OM"
IDF = frozenset({"75", "77", "78", "91", "92", "93", "94", "95"})
NORTH = frozenset({"59", "62"})
# Five regions of before 2016: Nord-Pas-de-Calais, Pays de la Loire, Provence-Alpes-Côte d'Azur,
# Languedoc-Roussillon, Rhône-Alpes.
FIVE_REGIONS = frozenset((
    "59", "62", "44", "49", "53", "72", "85", "04", "05", "06", "13", "83", "84",
    "11", "30", "34", "48", "66", "01", "07", "26", "38", "42", "69", "73", "74",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Published:
    """A public figure: `measure` of the departements `members` over `start`–`end` (one day: a
    state, both days included)."""

    start: dt.date
    end: dt.date
    code: str
    members: frozenset[str]
    measure: str
    value: int
    approximate: bool
    source: str


@dataclass(frozen=True, slots=True)
class Place:
    """A departement with sites, its weight in 2013 and 2026, and since and until when."""

    code: str
    start_weight: float
    end_weight: float
    since: dt.date
    until: dt.date

    @property
    def world(self) -> str:
        """Mainland (Corsica included) or overseas."""
        return OVERSEAS if len(self.code) == 3 else MAINLAND

    def weight(self, day: dt.date) -> float:
        """The weight on a day, sliding from the first to the last; 0 when there is no site."""
        if not self.since <= day <= self.until:
            return 0.0
        first = dt.date(2013, 9, 15)
        share = (day - first).days / (UNTIL - first).days
        return self.start_weight + (self.end_weight - self.start_weight) * share


@dataclass(frozen=True, slots=True)
class Step:
    """The state of a world at the end of `until`, and the closures since the step before."""

    world: str
    until: dt.date
    sites: int
    idf_sites: int | None
    evacuations: int
    resorptions: int
    others: int


@lru_cache(maxsize=1)
def places() -> tuple[Place, ...]:
    """The departements of the demonstration, in order of code."""
    rows = [
        Place(
            row["code"],
            float(row["start_weight"]),
            float(row["end_weight"]),
            dt.date.fromisoformat(row["since"]),
            dt.date.fromisoformat(row["until"] or "9999-12-31"),
        )
        for row in _rows("places.csv")
    ]
    return tuple(sorted(rows, key=lambda place: place.code))


@lru_cache(maxsize=1)
def published() -> tuple[Published, ...]:
    """The public figures, as typed."""
    return tuple(
        Published(
            dt.date.fromisoformat(row["start"]),
            dt.date.fromisoformat(row["end"]),
            row["code"],
            members(row["level"], row["code"]),
            row["measure"],
            int(row["value"]),
            row["approximate"] == "yes",
            row["source"],
        )
        for row in _rows("published.csv")
    )


def members(level: str, code: str) -> frozenset[str]:
    """The departements of the demonstration that a published scope covers."""
    mainland = frozenset(place.code for place in places() if place.world == MAINLAND)
    if level == "departement":
        return frozenset({code})
    scopes = {
        "11": IDF,
        "NPDC-PDL-PACA-LR-RA": FIVE_REGIONS & mainland,
        "HORS-NORD": mainland - NORTH,
        "FRM": mainland,
    }
    return scopes[code]


@lru_cache(maxsize=1)
def timeline() -> tuple[Step, ...]:
    """The steps of both worlds, in order of time."""
    return tuple(
        Step(
            row["world"],
            dt.date.fromisoformat(row["until"]),
            int(row["sites"]),
            int(row["idf_sites"]) if row["idf_sites"] else None,
            int(row["evacuations"]),
            int(row["resorptions"]),
            int(row["others"]),
        )
        for row in _rows("timeline.csv")
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FACTS / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)
