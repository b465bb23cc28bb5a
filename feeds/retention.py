"""The rule of retention of the exports: their files go after some days (`exporting.tasks`), the
trace of each one later.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models import QuerySet

from feeds.exporting.models import Export, State
from feeds.exporting.tasks import sweep
from geo.core.retention import Rule, declare


def _files(limit: dt.datetime) -> QuerySet[Export]:
    """The exports whose file has been kept for its time."""
    return Export.objects.filter(state=State.DONE, direct=False, finished_at__lte=limit)


def _traces(limit: dt.datetime) -> QuerySet[Export]:
    return Export.objects.filter(asked_at__lte=limit)


def _files_go(limit: dt.datetime) -> int:
    due = _files(limit).count()
    sweep(limit + dt.timedelta(days=settings.EXPORT_FILE_DAYS))
    return due


declare(
    Rule(
        "export_file",
        "Fichiers des exports",
        lambda: dt.timedelta(days=settings.EXPORT_FILE_DAYS),
        "après leur préparation",
        "suppression du fichier",
        lambda limit: _files(limit).count(),
        _files_go,
    )
)
declare(
    Rule(
        "export_trace",
        "Traces des exports",
        lambda: dt.timedelta(days=settings.EXPORT_KEPT_DAYS),
        "après la demande",
        "suppression",
        lambda limit: _traces(limit).count(),
        lambda limit: _traces(limit).delete()[0],
    )
)
