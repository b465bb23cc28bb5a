"""Checks of a site's values across fields; each error names its field, in French."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from geo.core.errors import InvalidInput
from geo.sites.enums import ElectricityType, Origin, ToiletType, WaterAccess
from geo.sites.models import COUNTS, Living, Population, Site

PARTS = {
    "females": "people",
    "households": "people",
    "minors": "people",
    "minors_girls": "minors",
    "minors_in_school": "minors",
}
AGES = ("minors_0_3", "minors_3_6", "minors_6_12", "minors_12_16", "minors_16_18")
MAX_COUNT = 20_000
EARLIEST = dt.date(1950, 1, 1)
POPULATION_FIELDS = frozenset({*COUNTS, "origins", "census_status", "census_on", "census_by"})
LIVING_FIELDS = frozenset(
    field.name
    for field in Living._meta.fields
    if field.name.split("_")[0] in {"water", "sanitary", "electricity", "waste", "pests", "fire"}
    and "_" in field.name
)


def check_dates(values: Mapping[str, Any], site: Site | None = None) -> None:
    """Opening dates are plausible, one is known, and before the closing of a site that has one."""
    today = timezone.localdate()
    for name in ("declared_on", "built_on", "resorption_started_on"):
        day = values.get(name)
        if day and day > today:
            raise InvalidInput("Cette date est dans le futur.", field=name)
        if day and day < EARLIEST:
            raise InvalidInput("Cette date est avant 1950.", field=name)
    opened = values.get("built_on") or values.get("declared_on")
    if site and not opened:
        raise InvalidInput(
            "Donnez la date de signalement, ou celle de l'installation.", field="declared_on"
        )
    closing = site.closures.filter(reopened_on__isnull=True).first() if site else None
    if opened and closing and closing.closed_on < opened:
        field = "built_on" if values.get("built_on") else "declared_on"
        raise InvalidInput(
            f"Le site a fermé le {closing.closed_on:%d/%m/%Y} : il ne peut pas ouvrir après.",
            field=field,
        )


def check_population(values: Mapping[str, Any]) -> dict[str, Any]:
    """Counts are whole, not negative, and parts never exceed the whole. Unknown is None."""
    _known(values, POPULATION_FIELDS)
    for name in COUNTS:
        number = values.get(name)
        if number is None:
            continue
        label = _label(name)
        if not isinstance(number, int) or isinstance(number, bool):
            raise InvalidInput(f"« {label} » est un nombre entier.", field=name)
        if not 0 <= number <= MAX_COUNT:
            raise InvalidInput(f"« {label} » va de 0 à {MAX_COUNT}.", field=name)
    for part, whole in PARTS.items():
        _within(values, part, whole)
    ages = [values[name] for name in AGES if values.get(name) is not None]
    if ages and values.get("minors") is not None and sum(ages) > values["minors"]:
        raise InvalidInput("Les tranches d'âge dépassent le nombre de mineurs.", field="minors")
    _codes(values, "origins", Origin.values)
    return dict(values)


def check_living(values: Mapping[str, Any]) -> dict[str, Any]:
    """Answers are of the questions that exist, with codes that exist."""
    _known(values, LIVING_FIELDS)
    _codes(values, "sanitary_toilet_types", ToiletType.values)
    _codes(values, "electricity_types", ElectricityType.values)
    access = values.get("water_access_type")
    if access and access not in WaterAccess.values:
        raise InvalidInput(f"Accès à l'eau inconnu : « {access} ».", field="water_access_type")
    return dict(values)


def _label(name: str) -> str:
    field = Population._meta.get_field(name)
    return str(getattr(field, "verbose_name", name))


def _within(values: Mapping[str, Any], part: str, whole: str) -> None:
    small, large = values.get(part), values.get(whole)
    if small is not None and large is not None and small > large:
        names = [_label(name) for name in (part, whole)]
        raise InvalidInput(
            f"« {names[0]} » ({small}) dépasse « {names[1]} » ({large}).", field=part
        )


def _known(values: Mapping[str, Any], allowed: frozenset[str]) -> None:
    for name in values:
        if name not in allowed:
            raise InvalidInput(f"Champ inconnu : « {name} ».", field=name)


def _codes(values: Mapping[str, Any], name: str, allowed: list[str]) -> None:
    for code in values.get(name) or []:
        if code not in allowed:
            raise InvalidInput(f"Valeur inconnue : « {code} ».", field=name)
