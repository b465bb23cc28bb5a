"""What a session has proved about its reader, and when: the records that allauth keeps in it.

A record of method `mfa` is a second factor of ours; one of method `proconnect` with `mfa` true is a
sign-in at ProConnect that used two. Leaves what follows from it to the middleware and `recent`.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

PROCONNECT = "proconnect"


def proved_twice(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """True when this session has seen two factors of this person."""
    return any(_is_second(record) for record in get_authentication_records(request, user))


def proved_seconds_ago(request: HttpRequest, user: AbstractBaseUser) -> float:
    """Seconds since the last second factor; infinite when there was none."""
    times = [r["at"] for r in get_authentication_records(request, user) if _is_second(r)]
    return time.time() - max(times) if times else float("inf")


def prove_factor(request: HttpRequest, factor: Authenticator) -> None:
    """Record that one of our second factors has just been shown."""
    post_authentication(request, factor)


def prove_proconnect(request: HttpRequest, user: AbstractBaseUser, *, mfa: bool) -> None:
    """Record a sign-in at ProConnect; `mfa`: it says that two factors were used there."""
    record_authentication(request, user, PROCONNECT, mfa=mfa)


def came_by_proconnect(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """True when this session began at ProConnect."""
    records = get_authentication_records(request, user)
    return any(record.get("method") == PROCONNECT for record in records)


def _is_second(record: dict[str, Any]) -> bool:
    method = record.get("method")
    return method == "mfa" or (method == PROCONNECT and record.get("mfa") is True)
