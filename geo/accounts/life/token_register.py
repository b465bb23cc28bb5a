"""The public list of the tokens in force: what for, over what, until when; nobody's name.

Neither the person, the name that they gave, nor the prefix. Leaves words to the pages.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils import timezone

from geo.accounts.models import FeedToken, Membership
from geo.accounts.policies import TOKEN_ROLES


@dataclass(frozen=True, slots=True)
class PublicToken:
    """A token as anybody may know it. `last_used` is the first day of the month of its last use."""

    organisation: str
    purpose: str
    collections: tuple[str, ...]
    classes: tuple[str, ...]
    areas: tuple[tuple[str, str], ...]
    methods: tuple[str, ...]
    since: dt.date
    until: dt.date
    last_used: dt.date | None


def tokens_in_force() -> list[PublicToken]:
    """Those that give something today, by organisation, the newest first."""
    roles = Membership.objects.current().filter(user=OuterRef("user"), role__in=TOKEN_ROLES)
    rows = (
        FeedToken.objects.filter(
            Exists(roles),
            revoked_at__isnull=True,
            expires_at__gt=timezone.now(),
            user__is_active=True,
        )
        .select_related("user__organisation")
        .order_by("user__organisation__name", "-created_at", "pk")
    )
    return [_public(token) for token in rows]


def _public(token: FeedToken) -> PublicToken:
    organisation, used = token.user.organisation, token.last_used_at
    return PublicToken(
        organisation=organisation.name if organisation is not None else "",
        purpose=token.purpose,
        collections=tuple(token.collections),
        classes=tuple(token.classes),
        areas=tuple((level, code) for level, _, code in (a.partition(":") for a in token.areas)),
        methods=tuple(token.methods),
        since=timezone.localdate(token.created_at),
        until=timezone.localdate(token.expires_at),
        last_used=timezone.localdate(used).replace(day=1) if used is not None else None,
    )
