"""Deleting what should never have been entered: a site with all that hangs on it, an outline.

Rare: a site that ends is closed, one entered twice is merged. The history keeps what was deleted
and who did it (docs/history.md). Leaves the right to delete to `policies`.
"""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction

from geo.core.errors import Conflict
from geo.core.events import SiteGeometryChanged, publish
from geo.core.scope import Scope, Verb
from geo.sites import policies
from geo.sites.models import Footprint, Site
from geo.sites.services import touch

CHANGED = "Ce site a été modifié entre-temps : relisez-le avant de supprimer."


@transaction.atomic
def site_delete(*, scope: Scope, site_id: int, version: int | None = None) -> None:
    """Delete a site, its place, its observations and its blocks.

    Raises `Forbidden` without the right, `Conflict` when someone changed it since `version`, or
    when something hangs on it that the writer may not see.
    """
    site = _deletable(scope, site_id, version)
    try:
        with transaction.atomic():
            site.delete()
            # What still points to it is known now, not at the end of the request.
            connection.check_constraints()
    except IntegrityError as error:
        raise Conflict(
            "Ce site porte des informations que vous ne pouvez pas supprimer : fermez-le plutôt."
        ) from error


@transaction.atomic
def footprint_delete(*, scope: Scope, footprint_id: int, version: int | None = None) -> None:
    """Delete an outline; `version` is that of its site. The one before it holds again."""
    found = Footprint.objects.visible_to(scope).get(pk=footprint_id)
    site = _deletable(scope, found.site_id, version)
    found.delete()
    touch(site, [])
    publish(SiteGeometryChanged(site.pk))


def _deletable(scope: Scope, site_id: int, version: int | None) -> Site:
    """The site, locked; read before it is locked, since a lock finds only what may be written."""
    policies.require(scope, Verb.DELETE, Site.objects.exact_to(scope).get(pk=site_id))
    site: Site = Site.objects.exact_to(scope).select_for_update().get(pk=site_id)
    if version is not None and version != site.version:
        raise Conflict(CHANGED)
    return site
