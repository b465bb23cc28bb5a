"""Grants written directly, for tests of what they give."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from geo.accounts.enums import GrantKind, Role
from geo.accounts.models import Grant, User
from tests.support.factories import make_user


def tomorrow(days: int = 1) -> dt.date:
    """A date to come."""
    return timezone.localdate() + dt.timedelta(days=days)


def make_grant(**fields: Any) -> Grant:
    """A grant as it stands in the table, without the checks of the services."""
    author = User.objects.filter(email="granter@example.test").first() or make_user(
        Role.NATIONAL_ADMIN, email="granter@example.test"
    )
    values: dict[str, Any] = {
        "kind": GrantKind.OPTION,
        "level": "departement",
        "code": "93",
        "reason": "essai",
        "granted_by": author,
        "ends_on": tomorrow(),
    }
    values |= fields
    if values.get("approved_by"):
        values.setdefault("approved_at", timezone.now())
    return Grant.objects.create(**values)
