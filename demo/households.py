"""The details of an invented population: households, children, dwellings, origins, diagnosis.

Some answers stay unknown, as in life. Leaves the number of people to `people`.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from demo.lives import Life
from demo.people import Series
from geo.sites.enums import CensusStatus, Origin

AGES = (
    ("minors_0_3", 0.2),
    ("minors_3_6", 0.2),
    ("minors_6_12", 0.32),
    ("minors_12_16", 0.18),
    ("minors_16_18", 0.1),
)


def populations(one: Series) -> list[tuple[dt.date, dict[str, Any]]]:
    """The dated populations of a site, as the services take them."""
    rng = one.life.rng("households")
    habits = {
        "household": rng.uniform(2.8, 4.4),
        "minors": rng.uniform(0.28, 0.48),
        "females": rng.uniform(0.44, 0.53),
        "school": rng.uniform(0.15, 0.75),
        "care": rng.random(),
    }
    origins = _origins(one, rng)
    rows = []
    for day, people in one.people.items():
        values: dict[str, Any] = {"people": people, "origins": origins}
        values |= _parts(people, habits, rng) | _dwellings(one.life, people, habits["care"], rng)
        values |= _census(day, habits["care"], rng)
        rows.append((day, values))
    return rows


def _origins(one: Series, rng: random.Random) -> list[str]:
    if one.eu_only:
        return [Origin.EU.value]
    if len(one.life.departement) == 3:
        return rng.choice([[Origin.NON_EU.value], [Origin.FRENCH.value, Origin.NON_EU.value], []])
    choices = [
        [Origin.EU.value, Origin.NON_EU.value],
        [Origin.FRENCH.value, Origin.EU.value],
        [Origin.NON_EU.value],
        [Origin.FRENCH.value],
        [],
    ]
    return rng.choices(choices, (3, 2, 4, 1, 2))[0]


def _parts(people: int, habits: dict[str, float], rng: random.Random) -> dict[str, Any]:
    care = habits["care"]
    values: dict[str, Any] = {}
    if rng.random() < 0.55 + 0.45 * care:
        values["households"] = max(1, round(people / habits["household"]))
    if rng.random() > 0.45 + 0.5 * care:
        return values
    minors = round(people * habits["minors"])
    values |= {"females": round(people * habits["females"]), "minors": minors}
    if rng.random() < care:
        values["minors_girls"] = round(minors * rng.uniform(0.42, 0.56))
        values["minors_in_school"] = round(minors * habits["school"])
        left = minors
        for name, share in AGES[:-1]:
            values[name] = min(left, round(minors * share))
            left -= values[name]
        values[AGES[-1][0]] = left
    return values


def _dwellings(life: Life, people: int, care: float, rng: random.Random) -> dict[str, Any]:
    if rng.random() > care:
        return {}
    homes = max(1, round(people / 3.6))
    if len(life.departement) == 3:
        return {"huts": homes, "caravans": 0, "tents": 0}
    caravans = round(homes * rng.random() * 0.7)
    tents = round((homes - caravans) * (0.3 if rng.random() < 0.25 else 0))
    return {"caravans": caravans, "tents": tents, "huts": homes - caravans - tents, "cars": 0}


def _census(day: dt.date, care: float, rng: random.Random) -> dict[str, Any]:
    status = rng.choices(
        [None, CensusStatus.NONE.value, CensusStatus.SCHEDULED.value, CensusStatus.DONE.value],
        (1.6 - care, 0.5, 0.6, 0.3 + care),
    )[0]
    if status != CensusStatus.DONE:
        return {"census_status": status}
    return {
        "census_status": status,
        "census_on": day - dt.timedelta(rng.randint(0, 60)),
        "census_by": "Association fictive",
    }
