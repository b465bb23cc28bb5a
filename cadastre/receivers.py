"""What the cadastre does when sites, parcels or contours change: it enqueues jobs, no more."""

from __future__ import annotations

from itertools import islice

from cadastre.tasks import draw_sections, enrich_all, enrich_communes, enrich_site
from geo.core.events import (
    ParcelsImported,
    SiteGeometryChanged,
    TerritoriesImported,
    receiver,
)
from geo.core.jobs import enqueue

# A departement has hundreds of communes; a job's arguments stay readable.
COMMUNES = 200


@receiver(SiteGeometryChanged)
def on_site_moved(event: SiteGeometryChanged) -> None:
    """Look up what lies under the site."""
    key = f"cadastre.site.{event.site_id}"
    enqueue(enrich_site, lock=key, once=key, site_id=event.site_id)


@receiver(ParcelsImported)
def on_parcels(event: ParcelsImported) -> None:
    """Look up again the sites of these communes, and draw their sections."""
    codes = iter(event.communes)
    while part := list(islice(codes, COMMUNES)):
        enqueue(enrich_communes, communes=part)
        enqueue(draw_sections, communes=part)


@receiver(TerritoriesImported)
def on_contours(event: TerritoriesImported) -> None:
    """Look every site up again: which commune a site is in tells whether its parcels are here."""
    if event.level == "commune":
        enqueue(enrich_all, lock="cadastre.all", once="cadastre.all")
