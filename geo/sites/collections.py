"""What the sites publish: sites, footprints, three kinds of closings, reinstallations.

Each is one UNION ALL of an exact and two blurred branches, on the geometry the reader may see.
"""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, Case, F, Func, Q, Value
from django.db.models import When as Then

from geo.core.collections import (
    Branch,
    Collection,
    Count,
    Groups,
    Property,
    Symbol,
    register,
)
from geo.core.crs import WEB_MERCATOR, WGS84
from geo.core.scope import Precision, Scope
from geo.core.when import When
from geo.sites import enums, writers
from geo.sites.completion import FIELDS, completion
from geo.sites.models import Closure, Footprint, Reinstallation, Site
from geo.sites.querysets import commune_q, exact_q, grid_only_q, grid_q
from geo.sites.restricted import publication

Choices = tuple[tuple[str, str], ...]
LEVELS: Choices = tuple(enums.Level.choices)
PRECISIONS: Choices = (
    ("exact", "Exacte"),
    ("500m", "Approchée (500 m)"),
    ("commune", "À la commune"),
)
ATTRIBUTION = "Atlas de la résorption"


def _level(name: str, label: str) -> Property:
    return Property(name, label, f"shown_{name}", choices=LEVELS, tile=name == "water")


PLACE = (
    Property("commune", "Commune (code)", "commune_id"),
    Property("commune_name", "Commune", "commune__name", queryable=False, searched=True),
    Property("epci", "EPCI (code)", "epci_id"),
    Property("departement", "Département", "departement_id"),
    Property("region", "Région", "region_id"),
)
SITE_PROPERTIES = (
    Property("reference", "Référence", "reference", tile=True, searched=True),
    Property(
        "precision", "Précision de la position", "shown_precision", choices=PRECISIONS, tile=True
    ),
    Property("status", "État", "state", choices=tuple(enums.Status.choices), tile=True),
    Property(
        "closure_kind",
        "Nature de la fermeture",
        "closing__kind",
        choices=tuple(enums.ClosureKind.choices),
        tile=True,
    ),
    Property(
        "field_type",
        "Type de site",
        "field_type",
        choices=tuple(enums.FieldType.choices),
        tile=True,
    ),
    *PLACE,
    Property("opened_on", "Ouvert le", "opened_on", type="date"),
    Property("closed_on", "Fermé le", "closing__closed_on", type="date"),
    Property("people", "Personnes", "pop__people", type="integer", tile=True),
    Property("households", "Ménages", "pop__households", type="integer"),
    Property("minors", "Mineurs", "pop__minors", type="integer"),
    _level("water", "Eau"),
    _level("sanitary", "Sanitaires"),
    _level("electricity", "Électricité"),
    _level("waste", "Déchets"),
    _level("pests", "Nuisibles"),
    _level("fire", "Prévention incendie"),
    Property("complete", "Fiche complète", "shown_complete", type="boolean"),
    Property("completion", f"Champs connus sur {FIELDS}", "shown_completion", type="integer"),
    Property("resorption_target", "Objectif résorption", "resorption_target", type="integer"),
    Property("confirmed_on", "Confirmé le", "confirmed_on", type="date"),
    Property("updated_at", "Mis à jour", "updated_at", type="date-time", queryable=False),
    Property("name", "Appellation du site", "location__name", exact_only=True, searched=True),
    Property("address", "Adresse", "location__address_label", exact_only=True, queryable=False),
    Property(
        "location_accuracy",
        "Précision déclarée",
        "location__location_accuracy",
        choices=tuple(enums.LocationAccuracy.choices),
        exact_only=True,
    ),
)
# The last zoom where tiles count points instead of drawing each; the five states that rings tell.
GROUPED_UNTIL = 10
CLOSED = ("status", enums.Status.CLOSED.value)
STATE_COUNTS = (
    Count("open", "Sites ouverts", (("status", enums.Status.OPEN.value),)),
    Count("ongoing", "En cours de résorption", (("status", enums.Status.RESORPTION.value),)),
    Count("resorbed", "Résorbés", (CLOSED, ("closure_kind", enums.ClosureKind.RESORPTION.value))),
    Count("evacuated", "Évacués", (CLOSED, ("closure_kind", enums.ClosureKind.EVACUATION.value))),
    Count("other", "Autrement fermés", (CLOSED, ("closure_kind", enums.ClosureKind.OTHER.value))),
)
STATE_SYMBOLS = (
    Symbol("Site ouvert", "circle", "#c9191e", value="open"),
    Symbol("Résorption en cours", "diamond", "#8d533e", value="resorption"),
    Symbol("Site fermé", "cross", "#666666", value="closed"),
)


def _levels() -> dict[str, Any]:
    names = ("water", "sanitary", "electricity", "waste", "pests", "fire")
    return {
        f"shown_{name}": Case(
            Then(**{f"living__{name}__isnull": False}, then=F(f"living__{name}")),
            default=Value(enums.Level.UNKNOWN),
        )
        for name in names
    }


def _shown(queryset: Any, precision: Precision) -> Any:
    known = completion()
    return queryset.annotate(
        shown_precision=Value(precision.value),
        shown_completion=known,
        shown_complete=Case(
            Then(shown_completion=FIELDS, then=True), default=False, output_field=BooleanField()
        ),
        **_levels(),
    )


def branches_of(scope: Scope, queryset: Any, prefix: str = "") -> list[tuple[Any, str, Precision]]:
    """The exact, grid and commune branches of rows that lead to a site by `prefix`.

    Each is (queryset, path of its geometry without `_3857`, precision); empty ones are left out.
    """
    reach = scope.reach()
    found = []
    if reach.exact or reach.sites:
        found.append((queryset.filter(exact_q(reach, prefix)), "location__geom", Precision.EXACT))
    if reach.grid and not reach.exact.nation:
        found.append((queryset.filter(grid_q(reach, prefix)), "grid_point", Precision.GRID))
    if reach.commune and not (reach.exact.nation or reach.grid.nation):
        found.append(
            (queryset.filter(commune_q(reach, prefix)), "commune_point", Precision.COMMUNE)
        )
    return found


def site_branches(scope: Scope, when: When) -> list[Branch]:
    """Opened sites with their state on the day shown; an interval keeps lives that meet it."""
    rows = Site.objects.at(when.state_on)
    if not when.instant:
        rows = rows.filter(Q(closing__isnull=True) | Q(closing__closed_on__gte=when.start))
    return [
        Branch(
            publication.shown(_shown(part, precision), classes, when.state_on),
            path,
            f"{path}_3857",
            exact=precision == Precision.EXACT,
            classes=classes,
        )
        for queryset, path, precision in branches_of(scope, rows)
        for part, classes in publication.by_class(
            scope, queryset, exact=precision == Precision.EXACT
        )
    ]


register(
    Collection(
        id="sites",
        title="Sites",
        description="Bidonvilles et squats, ouverts ou fermés, à la précision du lecteur.",
        geometry_type="Point",
        branches=site_branches,
        properties=(*SITE_PROPERTIES, *publication.PROPERTIES),
        temporal=True,
        style_property="status",
        symbols=STATE_SYMBOLS,
        attribution=ATTRIBUTION,
        subject="pk",
        groups=Groups(GROUPED_UNTIL, STATE_COUNTS, sums=("people",)),
        version="version",
        writer=writers.SITES,
    )
)


def footprint_branches(scope: Scope, when: When) -> list[Branch]:
    """The footprint that held on the day shown, for readers of the exact place."""
    day = when.state_on
    rows = Footprint.objects.visible_to(scope).filter(observed_on__lte=day, valid_until__gt=day)
    return [Branch(rows, "geom", "geom_3857")]


register(
    Collection(
        id="site-footprints",
        title="Emprises des sites",
        description="Le sol couvert par les sites, à la date demandée.",
        geometry_type="MultiPolygon",
        branches=footprint_branches,
        properties=(
            Property("site", "Site", "site_id", type="integer", tile=True),
            Property("reference", "Référence", "site__reference"),
            Property("departement", "Département", "site__departement_id"),
            Property("commune", "Commune (code)", "site__commune_id"),
            Property("observed_on", "Relevée le", "observed_on", type="date"),
            Property("area_m2", "Surface (m²)", "area_m2", type="number", queryable=False),
        ),
        exact_readers_only=True,
        temporal=True,
        minzoom=12,
        symbols=(Symbol("Emprise", "polygon", "#c9191e33", stroke="#c9191e"),),
        attribution=ATTRIBUTION,
        subject="site_id",
        version="site__version",
        writer=writers.FOOTPRINTS,
    )
)


def _closures(kind: enums.ClosureKind) -> Any:
    def branches(scope: Scope, when: When) -> list[Branch]:
        rows = Closure.objects.filter(kind=kind, reopened_on__isnull=True)
        rows = rows.filter(closed_on__lte=when.end)
        if not when.instant:
            rows = rows.filter(closed_on__gte=when.start)
        return [
            Branch(
                queryset.annotate(shown_precision=Value(precision.value)),
                f"site__{path}",
                f"site__{path}_3857",
                exact=precision == Precision.EXACT,
            )
            for queryset, path, precision in branches_of(scope, rows, "site__")
        ]

    return branches


CLOSURE_PROPERTIES = (
    Property("site", "Site", "site_id", type="integer", tile=True),
    Property("reference", "Référence", "site__reference", tile=True),
    Property(
        "precision", "Précision de la position", "shown_precision", choices=PRECISIONS, tile=True
    ),
    Property("closed_on", "Fermé le", "closed_on", type="date", tile=True),
    Property("cause", "Cause", "cause", choices=tuple(enums.ClosureCause.choices)),
    Property(
        "closed_with_solutions",
        "Résorbé définitivement",
        "closed_with_solutions",
        choices=tuple(enums.Solutions.choices),
    ),
    Property("commune", "Commune (code)", "site__commune_id"),
    Property("commune_name", "Commune", "site__commune__name", queryable=False),
    Property("epci", "EPCI (code)", "site__epci_id"),
    Property("departement", "Département", "site__departement_id"),
    Property("region", "Région", "site__region_id"),
    Property("name", "Appellation du site", "site__location__name", exact_only=True),
)

for _id, _title, _kind, _symbol in (
    (
        "evacuations",
        "Évacuations",
        enums.ClosureKind.EVACUATION,
        Symbol("Évacuation", "triangle-down", "#3a3a3a"),
    ),
    (
        "resorptions",
        "Résorptions",
        enums.ClosureKind.RESORPTION,
        Symbol("Résorption", "square", "#18753c"),
    ),
    (
        "other-closures",
        "Autres fermetures",
        enums.ClosureKind.OTHER,
        Symbol("Autre fermeture", "cross", "#7b7b7b"),
    ),
):
    register(
        Collection(
            id=_id,
            title=_title,
            description=f"{_title} de sites, à leur date.",
            geometry_type="Point",
            branches=_closures(_kind),
            properties=CLOSURE_PROPERTIES,
            temporal=True,
            symbols=(_symbol,),
            attribution=ATTRIBUTION,
            subject="site_id",
            groups=Groups(GROUPED_UNTIL),
        )
    )


BOTH_ENDS = Func(
    F("site_id"),
    F("origin_id"),
    template="ARRAY[%(expressions)s]",
    output_field=ArrayField(BigIntegerField()),
)


def _end(scope: Scope, relation: str) -> Any:
    """The point of one end of a reinstallation, at the precision the reader has there."""
    reach, prefix = scope.reach(), f"{relation}__"
    if reach.exact.nation:
        return F(f"{relation}__location__geom")
    cases = []
    if reach.exact or reach.sites:
        cases.append(Then(exact_q(reach, prefix), then=F(f"{relation}__location__geom")))
    if reach.grid and not reach.grid.nation:
        cases.append(Then(grid_only_q(reach, prefix), then=F(f"{relation}__grid_point")))
    coarsest = "grid_point" if reach.grid.nation else "commune_point"
    return Case(
        *cases, default=F(f"{relation}__{coarsest}"), output_field=GeometryField(srid=WGS84)
    )


def reinstallation_branches(scope: Scope, when: When) -> list[Branch]:
    """Lines between two sites that are both visible, each end at its own precision."""
    if not scope.sees_sites:
        return []
    rows = Reinstallation.objects.visible_to(scope).filter(happened_on__lte=when.end)
    if not when.instant:
        rows = rows.filter(happened_on__gte=when.start)
    rows = rows.annotate(
        line=Func(
            _end(scope, "origin"),
            _end(scope, "site"),
            function="ST_MakeLine",
            output_field=GeometryField(srid=WGS84),
        )
    ).annotate(line_3857=Transform("line", WEB_MERCATOR))
    return [Branch(rows, "line", "line_3857")]


register(
    Collection(
        id="reinstallations",
        title="Réinstallations",
        description="Du site que des habitants ont quitté vers celui où ils se sont installés.",
        geometry_type="LineString",
        branches=reinstallation_branches,
        properties=(
            Property("origin", "Site d'origine", "origin_id", type="integer", tile=True),
            Property("site", "Site d'arrivée", "site_id", type="integer", tile=True),
            Property("origin_reference", "Référence d'origine", "origin__reference"),
            Property("reference", "Référence d'arrivée", "site__reference"),
            Property("people", "Personnes", "people", type="integer", tile=True),
            Property("happened_on", "Date", "happened_on", type="date"),
            Property("departement", "Département d'arrivée", "site__departement_id"),
        ),
        temporal=True,
        symbols=(Symbol("Réinstallation", "line", "#6a6af4", stroke="#6a6af4"),),
        attribution=ATTRIBUTION,
        subject=BOTH_ENDS,
    )
)
