"""The job that makes a large export, and the sweep of the files whose time has come.

Run again after its worker died, it makes the same file: nothing is given before the last step.
Leaves the making to `making`.
"""

from __future__ import annotations

import datetime as dt
import errno
import logging
import shutil

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from feeds.exporting import store
from feeds.exporting.asking import Asked, asked, parse_query
from feeds.exporting.counting import count
from feeds.exporting.formats import format_named
from feeds.exporting.layout import Read
from feeds.exporting.logged import log_export
from feeds.exporting.models import UNFINISHED, Export, State
from feeds.exporting.services import CHANGED
from feeds.exporting.watching import Cancelled, Watch
from geo.accounts.scopes import scope_of_exports
from geo.core import rls
from geo.core.errors import DomainError, Forbidden
from geo.core.jobs import job, periodic

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 4
# Without a sign for so long, an export that should be under way is given up.
LOST_AFTER = dt.timedelta(hours=2)
ROUTE = "exports"
FULL = "Le service n'a plus assez de place pour ce fichier : réessayez plus tard."
BROKEN = (
    "Le service a rencontré une erreur, notée dans son journal : réessayez, ou prévenez qui "
    "l'exploite."
)


@job("feeds.export", reader=None)
def make_export(export_id: int) -> None:
    """Make the file of an export, with its owner's rights as they are now."""
    export = _begun(export_id)
    if export is None:
        return
    try:
        done = _make(export)
    except Cancelled:
        done = False
    except (OperationalError, InterfaceError):
        # The database went away: the job is tried again, the export waits.
        Export.objects.filter(pk=export.pk, state=State.RUNNING).update(state=State.WAITING)
        raise
    except DomainError as error:
        done = _failed(export, error.message)
    except OSError as error:
        logger.exception("export %d failed", export.pk)
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        done = _failed(export, FULL if full else BROKEN)
    except Exception:
        logger.exception("export %d failed", export.pk)
        done = _failed(export, BROKEN)
    if not done:
        store.discard(export.pk)


@periodic("feeds.exports_sweep", "*/10 * * * *", reader=None)
def exports_sweep(timestamp: int) -> None:
    """Every ten minutes: files whose time has come, exports that nobody makes any more."""
    sweep(timezone.now())


def sweep(now: dt.datetime) -> int:
    """Expire and give up what is due; returns how many exports and abandoned files that were."""
    due = Export.objects.filter(state=State.DONE, direct=False, expires_at__lte=now)
    expired = list(due.values_list("pk", flat=True))
    for pk in expired:
        store.discard(pk)
    Export.objects.filter(pk__in=expired).update(state=State.EXPIRED)
    silent = Export.objects.filter(state__in=UNFINISHED, asked_at__lte=now - LOST_AFTER).exclude(
        beat_at__gt=now - LOST_AFTER
    )
    lost = silent.update(state=State.FAILED, message=BROKEN, finished_at=now)
    kept = Export.objects.filter(state__in=[*UNFINISHED, State.DONE], direct=False)
    return len(expired) + lost + store.sweep(kept.values_list("pk", flat=True))


def _begun(export_id: int) -> Export | None:
    """The export, now under way; None when there is nothing to do."""
    with transaction.atomic():
        rows = Export.objects.select_for_update(of=("self",)).select_related("owner")
        export = rows.filter(pk=export_id).first()
        if export is None or not export.is_unfinished:
            return None
        if export.attempts >= MAX_ATTEMPTS:
            _failed(export, BROKEN)
            return None
        export.state, export.attempts = State.RUNNING, export.attempts + 1
        export.rows, export.beat_at = 0, timezone.now()
        export.save(update_fields=["state", "attempts", "rows", "beat_at"])
    return export


def _make(export: Export) -> bool:
    """Make, log, then give; false when it was cancelled meanwhile."""
    wanted = _wanted(export)
    with rls.reading(wanted.request.scope):
        about = count(wanted.request, timeout_ms=settings.EXPORT_TIMEOUT_MS)
    with transaction.atomic():
        # Another worker is at it: its end is that of this job too.
        return not _alone(export.pk) or _made(export, wanted, about)


def _made(export: Export, wanted: Asked, about: int) -> bool:
    """Write the file in a folder that nobody else has, log it, put it in its place."""
    from feeds.exporting.making import Making

    form = format_named(export.format)
    work = store.workshop(export.pk)
    try:
        with Watch(export.pk, about) as watch:
            making = Making(
                wanted,
                form,
                export.owner,
                settings.EXPORT_TIMEOUT_MS,
                boxed=form.boxed,
                tick=watch.tick,
            )
            with watch.cancels_reading():
                made = making.made(work)
        _check_same(export, wanted)
        log_export(wanted, made.read, by=export.owner, route=ROUTE, request_id=export.request_id)
        size = made.path.stat().st_size
        made.path.replace(store.file_of(export.pk))
        return _given(export, made.read, size, wanted)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _wanted(export: Export) -> Asked:
    """What was asked, under the rights of now. Raises `Forbidden` when they no longer allow it."""
    scope = scope_of_exports(export.owner)
    try:
        return asked(export.collection, parse_query(export.query), scope)
    except DomainError as error:
        raise Forbidden(CHANGED) from error


def _check_same(export: Export, wanted: Asked) -> None:
    """Raise `Forbidden` when a right was withdrawn while the file was being made."""
    export.owner.refresh_from_db()
    if not wanted.is_public and scope_of_exports(export.owner).hash != wanted.request.scope.hash:
        raise Forbidden(CHANGED)


def _given(export: Export, read: Read, size: int, wanted: Asked) -> bool:
    now = timezone.now()
    return bool(
        Export.objects.filter(pk=export.pk, state=State.RUNNING).update(
            state=State.DONE,
            rows=read.rows,
            about=read.rows,
            size_bytes=size,
            scope_hash=wanted.request.scope.hash,
            finished_at=now,
            expires_at=now + dt.timedelta(days=settings.EXPORT_FILE_DAYS),
        )
    )


def _alone(export_id: int) -> bool:
    """Whether no other worker makes this export; the lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"export {export_id}"]
        )
        return bool(cursor.fetchone()[0])


def _failed(export: Export, message: str) -> bool:
    Export.objects.filter(pk=export.pk, state__in=UNFINISHED).update(
        state=State.FAILED, message=message[:300], finished_at=timezone.now()
    )
    return False
