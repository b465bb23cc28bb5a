"""Resolved rights kept between requests, under the version of all that they come from.

Whatever writes a role, a grant, a named site or a territory raises that version in its own
transaction, by triggers: a right given or withdrawn shows at the next request. Leaves resolving to
`scopes`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from geo.accounts.models import FeedToken, User
from geo.accounts.scopes import scope_for, scope_of_session
from geo.core import versions
from geo.core.scope import Scope

RIGHTS = "rights"


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose rights, by which token, on which day, from which state of the tables."""

    account: int
    organisation: int | None
    limits: tuple[tuple[str, ...], ...] | None
    day: dt.date
    version: str
    user: User = field(compare=False)
    token: FeedToken | None = field(compare=False)


def scope_of(user: User | AnonymousUser, token: FeedToken | None = None) -> Scope:
    """As `scope_of_session`, or `scope_for` a token, in one short query where nothing changed."""
    if not isinstance(user, User) or not user.is_active:
        return Scope.public()
    limits = None
    if token is not None:
        limits = tuple(map(tuple, (token.collections, token.classes, token.areas, token.methods)))
    # The version is read first: rights read after it are at least as new.
    version = versions.current([RIGHTS])
    day = timezone.localdate()
    return _resolved(_Asked(user.pk, user.organisation_id, limits, day, version, user, token))


@lru_cache(maxsize=4096)
def _resolved(asked: _Asked) -> Scope:
    if asked.token is None:
        return scope_of_session(asked.user)
    return scope_for(asked.user, asked.token)
