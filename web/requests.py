"""What a request carries once the middleware has seen it, typed."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from geo.accounts.models import User
from geo.core.scope import Scope


def scope_of(request: HttpRequest) -> Scope:
    """The reader's scope."""
    return cast(Scope, request.scope)  # type: ignore[attr-defined]


def person(request: HttpRequest) -> User:
    """The signed-in person; only for views that need one."""
    return cast(User, request.user)
