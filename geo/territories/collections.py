"""What the territories publish: four public collections of contours."""

from __future__ import annotations

from functools import lru_cache

from geo.core import versions
from geo.core.collections import Branch, Collection, Property, Symbol, register
from geo.core.scope import Scope
from geo.core.when import When
from geo.territories.models import Commune, Departement, Epci, Region, Territory
from geo.territories.origins import LICENCE, OFFICIAL, origins_told

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


@lru_cache(maxsize=16)
def _credit(model: type[Territory], version: str) -> tuple[str, str]:
    """Read once for each version of the contours."""
    found = set(model._default_manager.order_by().values_list("source", "millesime").distinct())
    official = bool(found) and all(source == OFFICIAL for source, _ in found)
    return " ; ".join(origins_told(found, names=False)), LICENCE if official else ""


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

    def credit() -> tuple[str, str]:
        return _credit(model, versions.current([collection_id]))

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
            attribution=OFFICIAL,
            licence=LICENCE,
            credit=credit,
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
