"""The rules of retention of the sites. Leaves what is erased to `restricted.services`."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from geo.core import rls
from geo.core.retention import Rule, declare
from geo.core.scope import DataClass, Scope
from geo.sites.restricted.services import owner_names_anonymise


def _delay() -> dt.timedelta:
    return dt.timedelta(days=settings.OWNER_NAME_DAYS_AFTER_CLOSING)


def _owner_names(limit: dt.datetime, *, dry_run: bool) -> int:
    today = timezone.localdate(limit + _delay())
    with rls.reading(Scope.nation(DataClass.OWNER)):
        return owner_names_anonymise(today=today, dry_run=dry_run)


declare(
    Rule(
        "owner_name",
        "Noms des propriétaires",
        _delay,
        "après la fermeture du site",
        "le nom est effacé ; le type et la parcelle restent",
        lambda limit: _owner_names(limit, dry_run=True),
        lambda limit: _owner_names(limit, dry_run=False),
    )
)
