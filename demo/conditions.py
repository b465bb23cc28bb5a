"""The living conditions of the invented sites: answers to the questions that apply.

Levels are not invented: the product computes them from the answers.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from demo.lives import Life
from geo.sites.enums import ElectricityType, ToiletType, WaterAccess

Answered = tuple[dt.date, dict[str, Any]]
FIRST = dt.date(2019, 1, 1)  # the second form of the questions; the first is not shown


def livings(life: Life, visits: list[dt.date], *, building: bool) -> list[Answered]:
    """Dated answers: at some of the visits since the second form exists, getting better or not."""
    rng = life.rng("living")
    if rng.random() < 0.12:
        return []
    comfort, care = rng.random(), rng.uniform(0.5, 1.0)
    rows: list[Answered] = []
    for day in visits:
        if day < FIRST or (rows and rng.random() < 0.35):
            continue
        comfort = min(1.0, max(0.0, comfort + rng.gauss(0.02, 0.12)))
        rows.append((day, _answers(comfort, care, building, rng)))
    return rows


def _answers(comfort: float, care: float, building: bool, rng: random.Random) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for part in (_water, _sanitary, _electricity, _waste):
        if rng.random() < care:
            values |= part(comfort, building, rng)
    if rng.random() < care - 0.1:
        values["pests_presence"] = rng.random() > comfort * 0.6
    if rng.random() < care - 0.15:
        values["fire_sdis_diagnosis"] = rng.random() < comfort * 0.7
    return values


def _water(comfort: float, building: bool, rng: random.Random) -> dict[str, Any]:
    kinds = [
        WaterAccess.TAP,
        WaterAccess.FOUNTAIN,
        WaterAccess.HYDRANT,
        WaterAccess.BOTTLES,
        WaterAccess.TANK,
        WaterAccess.UNKNOWN,
    ]
    tap = 0.4 + 4 * comfort + (2 if building else 0)
    kind = rng.choices(kinds, (tap, 1.2, 0.9, 0.8, 0.4, 0.3))[0]
    values: dict[str, Any] = {"water_access_type": kind.value}
    if kind == WaterAccess.UNKNOWN:
        return values
    public = kind in {WaterAccess.FOUNTAIN, WaterAccess.HYDRANT}
    local = kind == WaterAccess.TAP or (not public and rng.random() < 0.4)
    values |= {
        "water_is_public": public,
        "water_is_local": local,
        "water_is_continuous": rng.random() < 0.5 + comfort / 2,
    }
    if local:
        values |= {
            "water_is_close": rng.random() < 0.4 + comfort / 2,
            "water_is_unequal": rng.random() > 0.5 + comfort / 2,
            "water_has_stagnant_water": rng.random() > 0.4 + comfort / 2,
        }
    return values


def _sanitary(comfort: float, building: bool, rng: random.Random) -> dict[str, Any]:
    working = rng.random() < 0.25 + comfort * 0.6 + (0.15 if building else 0)
    values: dict[str, Any] = {
        "sanitary_working_toilets": working,
        "sanitary_open_air_defecation": rng.random() > 0.35 + comfort * 0.65,
    }
    if not working:
        return values
    types = [ToiletType.FLUSH] if building else [ToiletType.DRY]
    if not building and rng.random() > comfort:
        types = [ToiletType.LATRINES]
    elif rng.random() < 0.2:
        types.append(ToiletType.CHEMICAL)
    values["sanitary_toilet_types"] = [kind.value for kind in types]
    if types != [ToiletType.LATRINES]:
        values |= {
            "sanitary_are_inside": rng.random() < 0.85,
            "sanitary_are_lighted": rng.random() < comfort,
            "sanitary_hand_washing": rng.random() < 0.2 + comfort * 0.7,
        }
    return values


def _electricity(comfort: float, building: bool, rng: random.Random) -> dict[str, Any]:
    access = rng.random() < 0.55 + comfort * 0.35
    values: dict[str, Any] = {"electricity_access": access}
    if access:
        kind = (
            ElectricityType.BUILDING
            if building
            else rng.choice([ElectricityType.GENERATOR, ElectricityType.GRID])
        )
        values |= {
            "electricity_types": [kind.value],
            "electricity_is_unequal": rng.random() > 0.45 + comfort / 2,
        }
    return values


def _waste(comfort: float, building: bool, rng: random.Random) -> dict[str, Any]:
    close = rng.random() < 0.3 + comfort * 0.6 + (0.1 if building else 0)
    values: dict[str, Any] = {
        "waste_collection_is_close": close,
        "waste_is_piling": rng.random() > 0.2 + comfort * 0.7,
        "waste_bulky_is_piling": rng.random() > 0.2 + comfort * 0.7,
    }
    if close:
        values |= {
            "waste_collection_is_safe": rng.random() < 0.5 + comfort / 2,
            "waste_collection_is_regular": rng.random() < 0.45 + comfort / 2,
        }
    return values
