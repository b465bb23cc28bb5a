"""Who works on a site (`SiteActor`), and the named sites that this gives to read.

Leaves invitations and directories to the pages, and roles to `geo.accounts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import QuerySet

from geo.accounts.life.reads import contribute_sites_in
from geo.accounts.models import User
from geo.accounts.scopes import contribute_sites
from geo.core.errors import InvalidInput
from geo.core.scope import Areas, Scope, Verb
from geo.sites import policies
from geo.sites.enums import ActorTheme
from geo.sites.models import Site, SiteActor


@contribute_sites
def sites_named_to(users: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Who works on which site: what an intervener reads exactly, and nothing else."""
    return SiteActor.objects.filter(user__in=users).values_list("user_id", "site_id")


@contribute_sites_in
def sites_in(areas: Areas) -> QuerySet[Site]:
    """The sites of some areas, for the log of reads of who administers there."""
    return Site.objects.filter(areas.q())


@transaction.atomic
def site_actor_name(
    *, by: User | None, scope: Scope, site_id: int, user: User, themes: Iterable[str]
) -> SiteActor:
    """Say that a person works on a site, with themes; naming them again replaces the themes.

    Raises `Forbidden` where the writer may not update the site, `InvalidInput` for a theme.
    """
    site = Site.objects.exact_to(scope).get(pk=site_id)
    policies.require(scope, Verb.UPDATE, site)
    chosen = sorted(set(themes))
    for theme in chosen:
        if theme not in ActorTheme.values:
            raise InvalidInput(f"Thème d'intervention inconnu : « {theme} ».", field="themes")
    actor, _ = SiteActor.objects.update_or_create(
        site=site, user=user, defaults={"themes": chosen, "named_by": by}
    )
    return actor


@transaction.atomic
def site_actor_remove(*, scope: Scope, site_id: int, user: User) -> bool:
    """End the work of a person on a site, and with it their reading; True when they were named."""
    site = Site.objects.exact_to(scope).get(pk=site_id)
    policies.require(scope, Verb.UPDATE, site)
    return bool(SiteActor.objects.filter(site=site, user=user).delete()[0])
