"""What the cadastre publishes: the parcels of whole communes to all, those under sites to few."""

from __future__ import annotations

from django.db.models import Sum

from cadastre.models import CadastreCoverage, Parcel, SiteParcel
from geo.core.collections import Asked, Branch, Collection, Property, Symbol, register
from geo.core.scope import Scope
from geo.core.when import When

ATTRIBUTION = "Cadastre © DGFiP / Etalab"
LICENCE = "Licence Ouverte 2.0"


def parcel_branches(scope: Scope, when: When) -> list[Branch]:
    """Every parcel of the communes that are loaded whole."""
    return [Branch(Parcel.objects.published(), "geom", "geom_3857")]


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
            Property("idu", "Identifiant (IDU)", "idu", tile=True),
            Property("commune", "Commune (code)", "commune_code"),
            Property("prefix", "Préfixe", "prefix", queryable=False),
            Property("section", "Section", "section", tile=True),
            Property("number", "Numéro", "number", tile=True),
            Property("contenance", "Contenance (m²)", "contenance", type="integer"),
            Property("millesime", "Millésime", "millesime"),
            Property("source", "Source", "source"),
            Property("invented", "Inventée", "invented", type="boolean", tile=True),
        ),
        public=True,
        minzoom=14,
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
