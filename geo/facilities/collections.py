"""What the facilities publish: one public collection, each row with its licence."""

from __future__ import annotations

from geo.core.collections import Branch, Collection, Property, Symbol, register
from geo.core.scope import Scope
from geo.core.when import When
from geo.facilities.models import Facility, Kind


def facility_branches(scope: Scope, when: When) -> list[Branch]:
    """Every facility: open data."""
    return [Branch(Facility.objects.all(), "geom", "geom_3857")]


# Shapes first, colours second: a sheet printed in grey still tells a school from a water point.
SYMBOLS = {
    Kind.SCHOOL: ("house", "#0063cb"),
    Kind.HEALTH: ("plus", "#8a3b8f"),
    Kind.WATER: ("drop", "#009099"),
    Kind.SOCIAL: ("star", "#6e445a"),
    Kind.TOILETS: ("arch", "#716043"),
    Kind.FOOD: ("bowl", "#66673d"),
    Kind.WASTE: ("bin", "#447049"),
    Kind.TRANSPORT: ("bar", "#465f9d"),
    Kind.FIRE_STATION: ("shield", "#a94645"),
    Kind.OTHER: ("hexagon", "#7b7b7b"),
}

register(
    Collection(
        id="facilities",
        title="Services",
        description="Écoles, santé, points d'eau et autres services autour des sites.",
        geometry_type="Point",
        branches=facility_branches,
        properties=(
            Property("kind", "Nature", "kind", choices=tuple(Kind.choices), tile=True),
            Property("category", "Catégorie", "category", queryable=False),
            Property("name", "Nom", "name", tile=True),
            Property("address", "Adresse", "address", queryable=False),
            Property("commune", "Commune (code)", "commune_code"),
            Property("source", "Source", "source"),
            Property("millesime", "Millésime", "millesime"),
            Property("licence", "Licence", "licence"),
            Property("invented", "Inventé", "invented", type="boolean"),
        ),
        public=True,
        minzoom=9,
        style_property="kind",
        symbols=tuple(Symbol(str(kind.label), *SYMBOLS[kind], value=kind.value) for kind in Kind),
        attribution="Ministère de l'Éducation nationale, FINESS, collectivités",
        licence="selon la source (propriété licence)",
    )
)
