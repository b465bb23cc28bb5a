"""What the facilities publish: one public collection, each row with its licence."""

from __future__ import annotations

from geo.core.collections import Branch, Collection, Property, Symbol, register
from geo.core.scope import Scope
from geo.core.when import When
from geo.facilities.models import Facility, Kind


def facility_branches(scope: Scope, when: When) -> list[Branch]:
    """Every facility: open data."""
    return [Branch(Facility.objects.all(), "geom", "geom_3857")]


COLOURS = {
    Kind.SCHOOL: "#0063cb",
    Kind.HEALTH: "#b34000",
    Kind.WATER: "#009099",
    Kind.SOCIAL: "#6e445a",
    Kind.TOILETS: "#716043",
    Kind.FOOD: "#66673d",
    Kind.WASTE: "#447049",
    Kind.TRANSPORT: "#465f9d",
    Kind.FIRE_STATION: "#a94645",
    Kind.OTHER: "#7b7b7b",
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
        symbols=tuple(
            Symbol(str(kind.label), "triangle", COLOURS[kind], value=kind.value) for kind in Kind
        ),
        attribution="Ministère de l'Éducation nationale, FINESS, collectivités",
        licence="selon la source (propriété licence)",
    )
)
