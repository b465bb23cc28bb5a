"""Levels of the six living-condition themes, from their answers: the table of the record, as data.

Version 2 of the questions only. Leaves storage to the models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from geo.sites.enums import Level, ToiletType, WaterAccess

Answers = Mapping[str, Any]
THEMES = ("water", "sanitary", "electricity", "waste", "pests", "fire")
BAD_WATER = {WaterAccess.FOUNTAIN, WaterAccess.HYDRANT, WaterAccess.BOTTLES, WaterAccess.TANK}


@dataclass(frozen=True, slots=True)
class Impact:
    """One answer's effect: `level` when `holds`; asked only when `asked` (else it says nothing).

    `unknown` makes an unanswered question give the theme the level unknown.
    """

    theme: str
    code: str
    level: Level
    holds: Callable[[Answers], bool]
    field: str
    asked: Callable[[Answers], bool] = lambda answers: True
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """A theme's level and its reasons as codes."""

    level: Level
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    unknown: tuple[str, ...]


def _is(field: str, value: bool) -> Callable[[Answers], bool]:
    return lambda answers: answers.get(field) is value


def _water_known(answers: Answers) -> bool:
    return answers.get("water_access_type") not in {None, "", WaterAccess.UNKNOWN}


def _water_details(answers: Answers) -> bool:
    return _water_known(answers) and answers.get("water_is_public") is not None


def _local(answers: Answers) -> bool:
    return _water_details(answers) and answers.get("water_is_local") is True


def _toilets(answers: Answers) -> bool:
    return answers.get("sanitary_working_toilets") is True


def _toilet_details(answers: Answers) -> bool:
    types = answers.get("sanitary_toilet_types") or []
    return _toilets(answers) and any(kind != ToiletType.LATRINES for kind in types)


def _only_latrines(answers: Answers) -> bool:
    return list(answers.get("sanitary_toilet_types") or []) == [ToiletType.LATRINES]


def _some_latrines(answers: Answers) -> bool:
    types = answers.get("sanitary_toilet_types") or []
    return ToiletType.LATRINES in types and len(types) > 1


def _collected(answers: Answers) -> bool:
    return answers.get("waste_collection_is_close") is True


def _powered(answers: Answers) -> bool:
    return answers.get("electricity_access") is True


BAD, TO_IMPROVE = Level.BAD, Level.TO_IMPROVE

IMPACTS: tuple[Impact, ...] = (
    Impact(
        "water",
        "access_type",
        BAD,
        lambda a: a.get("water_access_type") in BAD_WATER,
        "water_access_type",
        unknown=True,
    ),
    Impact(
        "water", "public", BAD, _is("water_is_public", True), "water_is_public", _water_known, True
    ),
    Impact(
        "water", "local", BAD, _is("water_is_local", False), "water_is_local", _water_details, True
    ),
    Impact(
        "water",
        "continuous",
        TO_IMPROVE,
        _is("water_is_continuous", False),
        "water_is_continuous",
        _water_details,
    ),
    Impact("water", "close", TO_IMPROVE, _is("water_is_close", False), "water_is_close", _local),
    Impact(
        "water", "unequal", TO_IMPROVE, _is("water_is_unequal", True), "water_is_unequal", _local
    ),
    Impact(
        "water",
        "stagnant",
        TO_IMPROVE,
        _is("water_has_stagnant_water", True),
        "water_has_stagnant_water",
        _local,
    ),
    Impact(
        "sanitary",
        "working_toilets",
        BAD,
        _is("sanitary_working_toilets", False),
        "sanitary_working_toilets",
        unknown=True,
    ),
    Impact(
        "sanitary", "latrines_only", BAD, _only_latrines, "sanitary_toilet_types", _toilets, True
    ),
    Impact("sanitary", "latrines", TO_IMPROVE, _some_latrines, "sanitary_toilet_types", _toilets),
    Impact(
        "sanitary",
        "inside",
        BAD,
        _is("sanitary_are_inside", False),
        "sanitary_are_inside",
        _toilet_details,
        True,
    ),
    Impact(
        "sanitary",
        "lighted",
        TO_IMPROVE,
        _is("sanitary_are_lighted", False),
        "sanitary_are_lighted",
        _toilet_details,
    ),
    Impact(
        "sanitary",
        "hand_washing",
        TO_IMPROVE,
        _is("sanitary_hand_washing", False),
        "sanitary_hand_washing",
        _toilet_details,
    ),
    Impact(
        "sanitary",
        "open_air",
        TO_IMPROVE,
        _is("sanitary_open_air_defecation", True),
        "sanitary_open_air_defecation",
    ),
    Impact(
        "electricity",
        "access",
        BAD,
        _is("electricity_access", False),
        "electricity_access",
        unknown=True,
    ),
    Impact(
        "electricity",
        "unequal",
        TO_IMPROVE,
        _is("electricity_is_unequal", True),
        "electricity_is_unequal",
        _powered,
    ),
    Impact(
        "waste",
        "collection",
        BAD,
        _is("waste_collection_is_close", False),
        "waste_collection_is_close",
        unknown=True,
    ),
    Impact(
        "waste",
        "safe",
        TO_IMPROVE,
        _is("waste_collection_is_safe", False),
        "waste_collection_is_safe",
        _collected,
    ),
    Impact(
        "waste",
        "regular",
        TO_IMPROVE,
        _is("waste_collection_is_regular", False),
        "waste_collection_is_regular",
        _collected,
    ),
    Impact("waste", "piling", TO_IMPROVE, _is("waste_is_piling", True), "waste_is_piling"),
    Impact(
        "waste", "bulky", TO_IMPROVE, _is("waste_bulky_is_piling", True), "waste_bulky_is_piling"
    ),
    Impact("pests", "presence", BAD, _is("pests_presence", True), "pests_presence", unknown=True),
    Impact(
        "fire",
        "sdis_diagnosis",
        BAD,
        _is("fire_sdis_diagnosis", False),
        "fire_sdis_diagnosis",
        unknown=True,
    ),
)


def _unanswered(impact: Impact, answers: Answers) -> bool:
    value = answers.get(impact.field)
    return value in (None, "", [], WaterAccess.UNKNOWN)


def assess(theme: str, answers: Answers) -> Assessment:
    """Level and reasons of one theme: the first present of bad, unknown, to_improve, else good."""
    positive, negative, unknown = [], [], []
    levels: set[Level] = set()
    for impact in IMPACTS:
        if impact.theme != theme or not impact.asked(answers):
            continue
        if _unanswered(impact, answers):
            unknown.append(impact.code)
            if impact.unknown:
                levels.add(Level.UNKNOWN)
        elif impact.holds(answers):
            negative.append(impact.code)
            levels.add(impact.level)
        else:
            positive.append(impact.code)
    order = (Level.BAD, Level.UNKNOWN, Level.TO_IMPROVE)
    level = next((candidate for candidate in order if candidate in levels), Level.GOOD)
    return Assessment(level, tuple(positive), tuple(negative), tuple(unknown))


def levels(answers: Answers) -> dict[str, Level]:
    """The level of each of the six themes."""
    return {theme: assess(theme, answers).level for theme in THEMES}
