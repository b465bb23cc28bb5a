"""The rules of retention of the sites. Leaves what is erased to `restricted.erasure`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Min, QuerySet
from django.utils import timezone

from geo.core import rls
from geo.core.retention import Rule, declare
from geo.core.scope import Scope
from geo.sites.erasing import ledger_follow
from geo.sites.models import Closure, HealthWatch, Judicial, SiteOwner
from geo.sites.restricted import erasure

Due = Callable[[dt.datetime], int]


def _days(name: str) -> Callable[[], dt.timedelta]:
    return lambda: dt.timedelta(days=getattr(settings, name))


def _counted(due: Due) -> Due:
    def count(limit: dt.datetime) -> int:
        with rls.reading(Scope.everything()):
            return due(limit)

    return count


def _erased(due: Due, erase: Due) -> Due:
    """The erasing role is called for what is due only; the ledger outside is completed anyway."""

    def apply(limit: dt.datetime) -> int:
        if _counted(due)(limit):
            return erase(limit)
        ledger_follow()
        return 0

    return apply


def _watches(limit: dt.datetime) -> int:
    return len(erasure.watches_due(limit))


def _procedures(limit: dt.datetime) -> int:
    due, gone = erasure.procedures_due(limit)
    return len(due | gone)


def _names(limit: dt.datetime) -> int:
    return erasure.names_due(limit).count()


def _names_erase(limit: dt.datetime) -> int:
    today = timezone.localdate(limit + _days("OWNER_NAME_DAYS_AFTER_CLOSING")())
    return erasure.names_erase(limit, today)


def _oldest(rows: Callable[[], QuerySet[Any]]) -> Callable[[], dt.datetime | None]:
    def oldest() -> dt.datetime | None:
        with rls.reading(Scope.everything()):
            found: dt.datetime | None = rows().aggregate(at=Min("entered_at"))["at"]
            return found

    return oldest


def _of_closed(rows: QuerySet[Any]) -> QuerySet[Any]:
    closed = Closure.objects.filter(reopened_on__isnull=True)
    return rows.filter(site__in=closed.values("site"))


declare(
    Rule(
        erasure.OWNER_NAME,
        "Noms des propriétaires",
        _days("OWNER_NAME_DAYS_AFTER_CLOSING"),
        "après la fermeture du site",
        "le nom est effacé, et l’historique n’en garde aucun ; le type et la parcelle restent",
        _counted(_names),
        _erased(_names, _names_erase),
        _oldest(lambda: _of_closed(SiteOwner.objects.exclude(name=""))),
    )
)
declare(
    Rule(
        erasure.HEALTH,
        "Veilles sanitaires",
        _days("HEALTH_KEPT_DAYS"),
        "après la dernière mise à jour",
        "suppression, historique compris",
        _counted(_watches),
        _erased(_watches, erasure.watches_erase),
        _oldest(HealthWatch.objects.all),
    )
)
declare(
    Rule(
        erasure.JUDICIAL,
        "Procédures",
        _days("JUDICIAL_KEPT_DAYS"),
        "après la dernière mise à jour et la fermeture du site",
        "seuls le type et l’année restent, historique compris",
        _counted(_procedures),
        _erased(_procedures, erasure.procedures_reduce),
        _oldest(lambda: _of_closed(Judicial.objects.filter(reduced_on__isnull=True))),
    )
)
