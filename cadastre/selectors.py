"""Reading what lies under a site, for its sheet.

Only readers of the exact place are told anything: a parcel says where a site is. Leaves finding
the parcels to `services`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from cadastre.idu import ARRONDISSEMENTS, filed_communes
from cadastre.models import Parcel, SiteParcel
from geo.core.errors import NotFound
from geo.core.scope import Scope
from geo.core.sql import read_sql
from geo.sites.ledger import LedgerLine, enrichments_of_site
from geo.sites.models import Footprint, Site, SiteLocation

SOURCE = "cadastre"


@dataclass(frozen=True, slots=True)
class GroundParcel:
    """A parcel under a site. `share` (0 to 1) and `overlap_m2` (geodesic) are None for a point.

    `contenance_m2` is the parcel's fiscal area, None where unknown; `section` and `number` are
    padded as in the IDU; the parcel's own attributes are empty when it left the cadastre since.
    """

    idu: str
    commune: str
    section: str
    number: str
    contenance_m2: int | None
    share: float | None
    overlap_m2: float | None
    millesime: str
    source: str
    invented: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """What the cadastre says of a site's ground, the largest overlap first.

    `by_footprint` is False when only the point was looked up; `overlap_m2` and `share` add the
    parcels up (None for a point): what is missing is public road or unregistered ground. `ledger`
    is the last run, None before the first one.
    """

    parcels: tuple[GroundParcel, ...]
    ledger: LedgerLine | None
    by_footprint: bool
    overlap_m2: float | None
    share: float | None

    @property
    def invented(self) -> bool:
        """Whether some parcel is of the demonstration and not of the cadastre."""
        return any(parcel.invented for parcel in self.parcels)


def ground_of_site(scope: Scope, site_id: int) -> Ground:
    """The parcels under a site and the state of their search.

    Raises `NotFound` when the reader may not see the site's exact place.
    """
    if not Site.objects.exact_to(scope).filter(pk=site_id).exists():
        raise NotFound("Site inconnu.")
    found = list(
        SiteParcel.objects.visible_to(scope)
        .filter(site_id=site_id)
        .order_by(F("overlap_m2").desc(nulls_last=True), "parcel_id")
    )
    # Not a join: a parcel that left the cadastre since must still be told.
    known = Parcel.objects.defer("geom", "geom_3857").in_bulk(
        [row.parcel_id for row in found], field_name="idu"
    )
    parcels = tuple(_parcel(row, known.get(row.parcel_id)) for row in found)
    measured = [p for p in parcels if p.overlap_m2 is not None]
    lines = enrichments_of_site(scope, site_id)
    return Ground(
        parcels=parcels,
        ledger=next((line for line in lines if line.source == SOURCE), None),
        by_footprint=bool(measured),
        overlap_m2=sum(p.overlap_m2 or 0.0 for p in measured) if measured else None,
        share=min(1.0, sum(p.share or 0.0 for p in measured)) if measured else None,
    )


def ground_at(site_id: int) -> GEOSGeometry | None:
    """Where a site is today (EPSG:4326): its footprint, else its point; None when it is gone.

    For those who look for what lies there, not for a reader.
    """
    today = timezone.localdate()
    footprint = Footprint.objects.filter(
        site_id=site_id, observed_on__lte=today, valid_until__gt=today
    ).first()
    if footprint is not None:
        return footprint.geom
    location = SiteLocation.objects.filter(site_id=site_id).first()
    return location.geom if location else None


def sites_affected(communes: Sequence[str]) -> list[int]:
    """The sites that new parcels of these communes (as the cadastre files them) may concern."""
    mains = {main for main in ARRONDISSEMENTS if set(filed_communes(main)) & set(communes)}
    with connection.cursor() as cursor:
        cursor.execute(
            read_sql(__file__, "affected"),
            {"codes": sorted({*communes, *mains}), "today": timezone.localdate()},
        )
        return [site_id for (site_id,) in cursor.fetchall()]


def _parcel(row: SiteParcel, known: Parcel | None) -> GroundParcel:
    idu = row.parcel_id
    return GroundParcel(
        idu=idu,
        commune=idu[:5],
        section=idu[8:10],
        number=idu[10:],
        contenance_m2=known.contenance if known else None,
        share=row.share,
        overlap_m2=row.overlap_m2,
        millesime=row.millesime,
        source=known.source if known else "",
        invented=known.invented if known else False,
    )


def owner_share() -> Subquery:
    """On a site's owners: the part of the site (0 to 1) on the parcel they name, as an expression.

    NULL where no parcel is named, or where it is not under the site.
    """
    under = SiteParcel.objects.filter(site=OuterRef("site"), parcel=OuterRef("parcel"))
    return Subquery(under.values("share")[:1])
