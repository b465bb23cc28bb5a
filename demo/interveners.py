"""The sites named to the demonstration's interveners: all that they can read."""

from __future__ import annotations

from demo.accounts import DOMAIN
from demo.load import demo_site_ids
from geo.accounts.enums import Role
from geo.accounts.models import Membership
from geo.core.scope import Scope
from geo.sites.actors import site_actor_name
from geo.sites.enums import ActorTheme
from geo.sites.models import Site, SiteActor

SITES_EACH = 6


def interveners_name() -> int:
    """Name each intervener on some open sites of their departement; returns how many are new."""
    scope, new = Scope.nation(), 0
    memberships = Membership.objects.filter(
        role=Role.INTERVENER, user__email__endswith=f"@{DOMAIN}"
    )
    for membership in memberships.select_related("user").order_by("user__email"):
        if SiteActor.objects.filter(user=membership.user).exists():
            continue
        sites = Site.objects.visible_to(scope).filter(
            pk__in=demo_site_ids(), departement_id=membership.code, closures__isnull=True
        )
        for site in sites.order_by("reference")[:SITES_EACH]:
            site_actor_name(
                by=None,
                scope=scope,
                site_id=site.pk,
                user=membership.user,
                themes=[ActorTheme.HEALTH, ActorTheme.MEDIATION],
            )
            new += 1
    return new
