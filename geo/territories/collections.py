"""What the territories publish: four public collections of contours."""

from __future__ import annotations

from geo.core.collections import Branch, Collection, Property, Symbol, register
from geo.core.scope import Scope
from geo.core.when import When
from geo.territories.models import Commune, Departement, Epci, Region, Territory

COMMON = (
    Property("code", "Code", "code", tile=True),
    Property("name", "Nom", "name", tile=True),
    Property("population", "Population", "population", type="integer", queryable=False),
    Property("millesime", "Millésime", "millesime"),
    Property("srid", "Projection légale (EPSG)", "srid", type="integer", queryable=False),
    Property("approximate", "Contours approchés", "approximate", type="boolean", tile=True),
    Property("source", "Source", "source", queryable=False),
)
REGION = Property("region", "Région", "region_id")
DEPARTEMENT = Property("departement", "Département", "departement_id", tile=True)
ATTRIBUTION = "IGN Admin Express, Insee COG"
LICENCE = "Licence Ouverte 2.0"


def _register(
    collection_id: str,
    title: str,
    model: type[Territory],
    extra: tuple[Property, ...],
    zooms: tuple[int, int],
) -> None:
    def branches(scope: Scope, when: When) -> list[Branch]:
        return [
            Branch(
                model._default_manager.order_by(),
                "contour",
                "contour_3857",
                geometry_low="low_3857",
            )
        ]

    register(
        Collection(
            id=collection_id,
            title=title,
            description=f"Contours : {title.lower()}. Géographie au millésime indiqué.",
            geometry_type="MultiPolygon",
            branches=branches,
            properties=COMMON + extra,
            public=True,
            minzoom=zooms[0],
            maxzoom=zooms[1],
            symbols=(Symbol(title, "polygon", "#00000000", stroke="#6a6a6a"),),
            attribution=ATTRIBUTION,
            licence=LICENCE,
        )
    )


_register("regions", "Régions", Region, (), (0, 12))
_register("departements", "Départements", Departement, (REGION,), (0, 14))
_register("epcis", "EPCI", Epci, (), (6, 14))
_register(
    "communes",
    "Communes",
    Commune,
    (
        DEPARTEMENT,
        REGION,
        Property("epci", "EPCI", "epci_id"),
        Property("main_commune", "Commune principale", "main_commune_id"),
    ),
    (8, 16),
)
