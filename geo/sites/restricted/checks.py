"""Checks of the restricted blocks across fields; each error names its field, in French."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.utils import timezone

from geo.core.errors import InvalidInput
from geo.sites.checks import EARLIEST, MAX_COUNT
from geo.sites.restricted.enums import CostKind, HealthKind, OwnerCategory, PoliceStatus
from geo.sites.restricted.models import IDU, CostEstimate, HealthWatch, Judicial, SiteOwner

_IDU = re.compile(IDU, re.ASCII)
MAX_PARCELS = 200
MAX_TEXT = 5_000
MAX_AMOUNT_EUR = 10**9
# Answers that only make sense when the first one is yes.
DETAILS = {
    "justice_rendered": ("justice_rendered_on", "justice_rendered_by", "justice_challenged"),
    "evacuation_under_time_limit": ("order_on", "order_by", "order_evacuation_on"),
    "insalubrity_order": (
        "insalubrity_displayed",
        "insalubrity_type",
        "insalubrity_by",
        "insalubrity_on",
        "insalubrity_parcels",
    ),
}
PAST = ("justice_rendered_on", "police_requested_on", "police_granted_on", "order_on",
        "insalubrity_on")  # fmt: skip
SITUATION = frozenset(
    {"id", "site", "observed_on", "valid_until", "entered_at", "entered_by", "reduced_on"}
)
JUDICIAL_FIELDS = tuple(f.name for f in Judicial._meta.fields if f.name not in SITUATION)
OWNER_FIELDS = ("name", "category", "parcel", "observed_on", "ended_on")
HEALTH_FIELDS = ("kind", "started_on", "ended_on", "people", "measures")
COST_FIELDS = ("kind", "observed_on", "amount_eur", "comment")


def check_judicial(values: Mapping[str, Any]) -> dict[str, Any]:
    """Every answer, completed by unknown where none was given."""
    found = _complete(Judicial, JUDICIAL_FIELDS, values)
    found["insalubrity_parcels"] = check_parcels(
        found["insalubrity_parcels"] or (), "insalubrity_parcels"
    )
    for name in PAST:
        check_day(found[name], name)
    check_day(found["order_evacuation_on"], "order_evacuation_on", future=True)
    for question, details in DETAILS.items():
        for name in details:
            if found[question] is not True and found[name] not in (None, "", []):
                raise InvalidInput(
                    f"Ce détail suppose la réponse « Oui » à « {label(Judicial, question)} ».",
                    field=name,
                )
    _police(found)
    if found["order_on"] and (planned := found["order_evacuation_on"]):
        _after(planned, found["order_on"], "order_evacuation_on", "l'arrêté")
    return found


def check_owner(values: Mapping[str, Any]) -> dict[str, Any]:
    """An owner with at least a name, a category or a parcel."""
    found = _complete(SiteOwner, OWNER_FIELDS, values)
    found["category"] = found["category"] or OwnerCategory.UNKNOWN
    _code(found["category"], OwnerCategory, "category")
    found["parcel"] = check_parcels([found["parcel"]] if found["parcel"] else (), "parcel")
    found["parcel"] = found["parcel"][0] if found["parcel"] else ""
    _period(found, "observed_on", future_end=False)
    return found


def check_health(values: Mapping[str, Any]) -> dict[str, Any]:
    """A health watch: what, since when, how many people."""
    found = _complete(HealthWatch, HEALTH_FIELDS, values)
    _code(found["kind"], HealthKind, "kind")
    _whole(found["people"], "people", MAX_COUNT)
    _period(found, "started_on", future_end=True)
    return found


def check_cost(values: Mapping[str, Any]) -> dict[str, Any]:
    """An estimate: of what, when, how much in whole euros."""
    found = _complete(CostEstimate, COST_FIELDS, values)
    _code(found["kind"], CostKind, "kind")
    if found["amount_eur"] is None:
        raise InvalidInput("Donnez un montant en euros.", field="amount_eur")
    _whole(found["amount_eur"], "amount_eur", MAX_AMOUNT_EUR)
    if found["observed_on"] is None:
        raise InvalidInput("Donnez la date de l'estimation.", field="observed_on")
    check_day(found["observed_on"], "observed_on")
    return found


def check_day(day: dt.date | None, field: str, *, future: bool = False) -> None:
    """A plausible day; in the future only where that makes sense."""
    if day is None:
        return
    if not future and day > timezone.localdate():
        raise InvalidInput("Cette date est dans le futur.", field=field)
    if day < EARLIEST:
        raise InvalidInput("Cette date est avant 1950.", field=field)
    if day > timezone.localdate() + dt.timedelta(3660):
        raise InvalidInput("Cette date est dans plus de dix ans.", field=field)


def check_parcels(texts: Iterable[str], field: str) -> list[str]:
    """Identifiers of parcels in capitals, each once, in the order given."""
    found = [text.strip().upper() for text in texts if text.strip()]
    for text in found:
        if not _IDU.fullmatch(text):
            raise InvalidInput(
                f"« {text[:20]} » n'est pas un identifiant de parcelle : 14 caractères, "
                "par exemple 93066000AB0012.",
                field=field,
            )
    if len(found) > MAX_PARCELS:
        raise InvalidInput(f"Au plus {MAX_PARCELS} parcelles.", field=field)
    return list(dict.fromkeys(found))


def label(model: type[models.Model], name: str) -> str:
    """The French words of a field, with a capital."""
    words = str(getattr(model._meta.get_field(name), "verbose_name", name))
    return words[:1].upper() + words[1:]


def _complete(
    model: type[models.Model], names: tuple[str, ...], values: Mapping[str, Any]
) -> dict[str, Any]:
    for name in values:
        if name not in names:
            raise InvalidInput(f"Champ inconnu : « {name} ».", field=name)
    found: dict[str, Any] = {}
    for name in names:
        field = model._meta.get_field(name)
        value = values.get(name)
        if isinstance(field, models.CharField | models.TextField) and not field.null:
            value = (value or "").strip()
            limit = field.max_length or MAX_TEXT
            if "\x00" in value or len(value) > limit:
                raise InvalidInput(f"{limit} caractères au plus.", field=name)
        found[name] = value
    return found


def _police(values: Mapping[str, Any]) -> None:
    status = values["police_status"]
    if status is not None:
        _code(status, PoliceStatus, "police_status")
    asked, granted = values["police_requested_on"], values["police_granted_on"]
    if asked and status in {None, PoliceStatus.NONE}:
        raise InvalidInput(
            "Une date de demande suppose un concours demandé, obtenu ou refusé.",
            field="police_requested_on",
        )
    if granted and status != PoliceStatus.GRANTED:
        raise InvalidInput(
            "Une date d'octroi suppose un concours obtenu.", field="police_granted_on"
        )
    if asked and granted:
        _after(granted, asked, "police_granted_on", "la demande")


def _period(values: Mapping[str, Any], start: str, *, future_end: bool) -> None:
    if values[start] is None:
        raise InvalidInput("Donnez une date.", field=start)
    check_day(values[start], start)
    check_day(values["ended_on"], "ended_on", future=future_end)
    if values["ended_on"]:
        _after(values["ended_on"], values[start], "ended_on", "le début")


def _after(day: dt.date, other: dt.date, field: str, what: str) -> None:
    if day < other:
        raise InvalidInput(f"Cette date est avant {what} ({other:%d/%m/%Y}).", field=field)


def _whole(number: Any, field: str, most: int) -> None:
    if number is None:
        return
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= most:
        raise InvalidInput(f"Un nombre entier de 0 à {most} est attendu.", field=field)


def _code(value: Any, codes: type[models.TextChoices], field: str) -> None:
    if value not in codes.values:
        raise InvalidInput(f"Choisissez : {', '.join(codes.labels)}.", field=field)
