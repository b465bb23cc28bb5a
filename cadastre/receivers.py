"""What the cadastre does when sites or parcels change: it enqueues jobs, and nothing else."""

from __future__ import annotations

from itertools import islice

from cadastre.tasks import enrich_communes, enrich_site
from geo.core.events import ParcelsImported, SiteGeometryChanged, receiver
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
    """Look up again the sites of these communes."""
    codes = iter(event.communes)
    while part := list(islice(codes, COMMUNES)):
        enqueue(enrich_communes, communes=part)
