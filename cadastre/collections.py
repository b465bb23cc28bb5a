"""What the cadastre publishes: the parcels of whole communes to all, those under sites to few."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db.models import OuterRef, Subquery, Sum

from cadastre.models import CadastreCoverage, Parcel, Section, SiteParcel
from geo.core.collections import Asked, Branch, Collection, Property, Symbol, register
from geo.core.scope import Scope
from geo.core.when import When
from geo.territories.models import Commune

ATTRIBUTION = "Cadastre © DGFiP / Etalab"
LICENCE = "Licence Ouverte 2.0"


def parcel_branches(scope: Scope, when: When) -> list[Branch]:
    """Every parcel of the communes that are loaded whole."""
    return [Branch(Parcel.objects.published().with_millesime(), "geom", "geom_3857")]


def commune_branches(scope: Scope, when: When) -> list[Branch]:
    """The communes that are loaded whole, with how many parcels they have."""
    loaded = CadastreCoverage.objects.filter(commune_code=OuterRef("code"))
    rows = Commune.objects.filter(code__in=CadastreCoverage.objects.values("commune_code"))
    rows = rows.annotate(loaded_parcels=Subquery(loaded.values("parcels")))
    return [Branch(rows, "contour", "contour_3857", geometry_low="low_3857")]


def section_branches(scope: Scope, when: When) -> list[Branch]:
    """The sections of the communes that are loaded whole."""
    return [Branch(Section.objects.all(), "contour", "contour_3857")]


def _level(
    layer: str,
    title: str,
    zooms: tuple[int, int],
    branches: Callable[[Scope, When], Sequence[Branch]],
    properties: tuple[Property, ...],
) -> Collection:
    return Collection(
        id=layer,
        title=title,
        description=f"{title} : à la place des parcelles aux petites échelles.",
        geometry_type="MultiPolygon",
        branches=branches,
        properties=properties,
        public=True,
        minzoom=zooms[0],
        maxzoom=zooms[1],
    )


LEVELS = (
    _level(
        "parcel-communes",
        "Communes du cadastre",
        (8, 10),
        commune_branches,
        (
            Property("commune", "Commune (code)", "code", tile=True),
            Property("parcels", "Parcelles", "loaded_parcels", type="integer", tile=True),
        ),
    ),
    _level(
        "parcel-sections",
        "Sections cadastrales",
        (11, 12),
        section_branches,
        (
            Property("commune", "Commune (code)", "commune_code"),
            Property("section", "Section", "section", tile=True),
            Property("parcels", "Parcelles", "parcels", type="integer", tile=True),
        ),
    ),
)
# Parcels are drawn from zoom 13, and told apart from 14.
TOLD = 14


def parcel_count(filters: Asked) -> int | None:
    """How many parcels there are, or in some communes, from what each loading counted."""
    rows = CadastreCoverage.objects.all()
    for name, values in filters:
        if name != "commune":
            return None
        rows = rows.filter(commune_code__in=values)
    return int(rows.aggregate(total=Sum("parcels"))["total"] or 0)


register(
    Collection(
        id="parcels",
        title="Parcelles cadastrales",
        description="Les parcelles des communes chargées, avec leur millésime.",
        geometry_type="MultiPolygon",
        branches=parcel_branches,
        properties=(
            Property("idu", "Identifiant (IDU)", "idu", tile=True, tile_from=TOLD),
            Property("commune", "Commune (code)", "commune_code"),
            Property("prefix", "Préfixe", "prefix", queryable=False),
            Property("section", "Section", "section", tile=True, tile_from=TOLD),
            Property("number", "Numéro", "number", tile=True, tile_from=TOLD),
            Property("contenance", "Contenance (m²)", "contenance", type="integer"),
            Property("millesime", "Millésime", "shown_millesime"),
            Property("source", "Source", "source"),
            Property("invented", "Inventée", "invented", type="boolean", tile=True, tile_from=TOLD),
        ),
        public=True,
        minzoom=8,
        levels=LEVELS,
        symbols=(Symbol("Parcelle", "polygon", "#ffffff00", stroke="#b34000"),),
        attribution=ATTRIBUTION,
        licence=LICENCE,
        stored_count=parcel_count,
    )
)


def site_parcel_branches(scope: Scope, when: When) -> list[Branch]:
    """The parcels under the sites whose exact place the reader may see."""
    return [
        Branch(SiteParcel.objects.visible_to(scope), "parcel__geom", "parcel__geom_3857"),
    ]


register(
    Collection(
        id="site-parcels",
        title="Parcelles sous les sites",
        description="Les parcelles sous l'emprise des sites, ou sous leur point, avec leur part.",
        geometry_type="MultiPolygon",
        branches=site_parcel_branches,
        properties=(
            Property("site", "Site", "site_id", type="integer", tile=True),
            Property("reference", "Référence", "site__reference", tile=True),
            Property("departement", "Département", "site__departement_id"),
            Property("commune", "Commune (code)", "site__commune_id"),
            Property("idu", "Identifiant (IDU)", "parcel_id", tile=True),
            Property("share", "Part de l'emprise", "share", type="number", queryable=False),
            Property(
                "overlap_m2", "Surface commune (m²)", "overlap_m2", type="number", queryable=False
            ),
            Property("contenance", "Contenance (m²)", "parcel__contenance", type="integer"),
            Property("millesime", "Millésime", "millesime"),
            Property("source", "Source", "parcel__source"),
            Property("invented", "Inventée", "parcel__invented", type="boolean"),
        ),
        exact_readers_only=True,
        minzoom=13,
        symbols=(Symbol("Parcelle sous un site", "polygon", "#6a6af433", stroke="#6a6af4"),),
        attribution=ATTRIBUTION,
        licence=LICENCE,
    )
)
