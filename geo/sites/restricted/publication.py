"""What the feed of sites gives of the restricted classes, and on which of its rows.

Only who names a property receives it, the owner's category apart. Leaves naming and the log of
reads to the feeds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import Case, F, FilteredRelation, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable

from geo.core.collections import Property
from geo.core.scope import RESTRICTED, DataClass, Reach, Scope
from geo.sites.querysets import exact_q
from geo.sites.restricted import enums
from geo.sites.restricted.models import CostEstimate, HealthWatch, SiteOwner
from geo.sites.restricted.querysets import OF_PLACE

Rows = list[tuple[Any, frozenset[DataClass]]]
# Who knows it says how large a part of the site an owner's parcel is.
_SHARES: list[Callable[[], Combinable]] = []


def contribute_owner_share(share: Callable[[], Combinable]) -> Callable[[], Combinable]:
    """Register an expression on `SiteOwner`: the part of the site on its parcel, from 0 to 1."""
    _SHARES[:] = [share]
    return share


def _judicial(name: str, label: str, kind: str = "boolean", **more: Any) -> Property:
    return Property(
        name,
        label,
        f"procedure__{name}",
        type=kind,
        queryable=False,
        named=True,
        data_class=DataClass.JUDICIAL,
        **more,
    )


def _other(name: str, label: str, data_class: DataClass, kind: str = "string") -> Property:
    return Property(
        name,
        label,
        f"shown_{name}",
        type=kind,
        queryable=False,
        named=True,
        data_class=data_class,
    )


PROPERTIES = (
    Property(
        "owner_category",
        "Type de propriétaire",
        "shown_owner_category",
        choices=tuple(enums.OwnerCategory.choices),
        data_class=DataClass.OWNER,
    ),
    _other("owner_name", "Nom du propriétaire", DataClass.OWNER),
    _other("owner_parcel", "Parcelle du propriétaire", DataClass.OWNER),
    _judicial("owner_complaint", "Plainte du propriétaire"),
    _judicial("justice_procedure", "Procédure judiciaire en cours"),
    _judicial("justice_rendered", "Décision de justice rendue"),
    _judicial("justice_rendered_on", "Date de la décision", "date"),
    _judicial("justice_rendered_by", "Origine de la décision", "string"),
    _judicial("justice_challenged", "Appel en cours"),
    _judicial("existing_litigation", "Contentieux"),
    _judicial("bailiff", "Nom de l'étude d'huissier", "string"),
    _judicial(
        "police_status",
        "Statut du concours de la force publique",
        "string",
        choices=tuple(enums.PoliceStatus.choices),
    ),
    _judicial("police_requested_on", "Date de la demande du CFP", "date"),
    _judicial("police_granted_on", "Date d'octroi du CFP", "date"),
    _judicial("evacuation_under_time_limit", "Évacuation sous délai prescrite"),
    _judicial("order_on", "Date de l'arrêté", "date"),
    _judicial("order_by", "Qui a pris l'arrêté ?", "string"),
    _judicial("order_evacuation_on", "Date de l'évacuation", "date"),
    _judicial("insalubrity_order", "Arrêté d'insalubrité en cours"),
    _judicial("insalubrity_displayed", "Affichage de l'arrêté ou notification"),
    _judicial("insalubrity_type", "Type d'arrêté d'insalubrité", "string"),
    _judicial("insalubrity_by", "Qui a pris l'arrêté d'insalubrité ?", "string"),
    _judicial("insalubrity_on", "Date de l'arrêté d'insalubrité", "date"),
    _other("health_kind", "Veille sanitaire en cours", DataClass.HEALTH),
    _other("health_started_on", "Début de la veille", DataClass.HEALTH, "date"),
    _other("health_people", "Personnes concernées", DataClass.HEALTH, "integer"),
    _other("health_measures", "Mesures prises", DataClass.HEALTH),
    _other("cost_resorption_eur", "Coût estimé d'une résorption (€)", DataClass.FINANCE, "integer"),
    _other("cost_evacuation_eur", "Coût estimé d'une évacuation (€)", DataClass.FINANCE, "integer"),
)


def by_class(scope: Scope, queryset: Any, *, exact: bool) -> Rows:
    """The rows of a branch, divided so that each part has the same restricted classes throughout.

    One part for the usual rights: a class is read where the sites are, or nowhere.
    """
    general = scope.reach()
    whole: set[DataClass] = set()
    partly: dict[tuple[Any, tuple[int, ...]], set[DataClass]] = {}
    for each in RESTRICTED:
        reach = scope.reach(each)
        if not (reach.exact or reach.sites) or (each in OF_PLACE and not exact):
            continue
        same = exact and (reach.exact, reach.sites) == (general.exact, general.sites)
        if reach.exact.nation or same:
            whole.add(each)
        else:
            partly.setdefault((reach.exact, reach.sites), set()).add(each)
    parts: Rows = [(queryset, frozenset(whole))]
    for (areas, sites), classes in partly.items():
        inside = exact_q(Reach(exact=areas, sites=sites))
        parts = [
            part
            for rows, had in parts
            for part in ((rows.filter(inside), had | classes), (rows.exclude(inside), had))
        ]
    return parts


def shown(queryset: Any, classes: frozenset[DataClass], day: dt.date) -> Any:
    """Sites with what the properties of these classes read, as it stood on a day."""
    if DataClass.JUDICIAL in classes:
        held = Q(judicials__observed_on__lte=day, judicials__valid_until__gt=day)
        queryset = queryset.annotate(procedure=FilteredRelation("judicials", condition=held))
    values: dict[str, Any] = {}
    if DataClass.OWNER in classes:
        values |= {f"shown_owner_{name}": _owner(name, day) for name in ("category", "name")}
        values["shown_owner_parcel"] = _owner("parcel", day)
    if DataClass.HEALTH in classes:
        names = ("kind", "started_on", "people", "measures")
        values |= {f"shown_health_{name}": _health(name, day) for name in names}
    if DataClass.FINANCE in classes:
        kinds = (enums.CostKind.RESORPTION, enums.CostKind.EVACUATION)
        values |= {f"shown_cost_{kind}_eur": _cost(kind, day) for kind in kinds}
    return queryset.alias(**values)


def _owner(name: str, day: dt.date) -> Subquery:
    """The owner of the largest part of the site that is known, else the last one noted."""
    share = _SHARES[0]() if _SHARES else Value(0.0)
    vague = Case(When(category=enums.OwnerCategory.UNKNOWN, then=1), default=0)
    rows = SiteOwner.objects.on(day).filter(site=OuterRef("pk")).alias(part=share, vague=vague)
    order = (F("part").desc(nulls_last=True), "vague", "-observed_on", "pk")
    return Subquery(rows.order_by(*order).values(name)[:1])


def _health(name: str, day: dt.date) -> Subquery:
    rows = HealthWatch.objects.on(day).filter(site=OuterRef("pk")).order_by("-started_on", "pk")
    return Subquery(rows.values(name)[:1])


def _cost(kind: str, day: dt.date) -> Subquery:
    rows = CostEstimate.objects.on(day).filter(site=OuterRef("pk"), kind=kind)
    return Subquery(rows.values("amount_eur")[:1])
