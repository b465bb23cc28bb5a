"""Asking for an export, giving it at once or later, cancelling it.

Every export has its line in `Export` and in the log of reads before anything is given. Leaves the
making to `making`, and the job to `tasks`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from feeds.exporting import store
from feeds.exporting.asking import Asked, asked, parse_query
from feeds.exporting.counting import count
from feeds.exporting.formats import Format, format_named
from feeds.exporting.logged import log_export
from feeds.exporting.models import UNFINISHED, Export, State
from geo.accounts.models import User
from geo.accounts.scopes import scope_of_exports
from geo.core import rls
from geo.core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from geo.core.jobs import enqueue

if TYPE_CHECKING:
    from feeds.exporting.making import Made

SALT = "feeds.export"
CHANGED = "Vos droits ont changé depuis la demande de cet export : refaites-le."


class TooMany(DomainError):
    """More exports than one account may ask for."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class TooLarge(DomainError):
    """More rows than one answer may give."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@dataclass(frozen=True, slots=True)
class Given:
    """A finished file, open for reading; it leaves the disk when it is closed."""

    made: Made
    stream: IO[bytes]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks and by which way, as the log of reads tells it; `user` is None for open data."""

    user: User | None
    route: str
    on_behalf_of: str = ""
    request_id: str = ""


def fits_at_once(wanted: Asked) -> bool:
    """Whether the rows are few enough for one answer."""
    with rls.reading(wanted.request.scope):
        found = count(wanted.request, cap=settings.EXPORT_DIRECT_ROWS)
    return found <= settings.EXPORT_DIRECT_ROWS


def export_give(*, wanted: Asked, form: Format, asker: Asker, boxed: bool) -> Given:
    """Make a small export at once.

    Raises `TooLarge` beyond `EXPORT_DIRECT_ROWS`, `TooMany`, `ReadLogUnavailable`, `TooCostly`.
    """
    from feeds.exporting.making import Making

    if not fits_at_once(wanted):
        raise TooLarge(
            f"Plus de {settings.EXPORT_DIRECT_ROWS} lignes : filtrez, ou demandez cet export sur "
            "la page Exports, qui le prépare."
        )
    export = None
    if asker.user is not None:
        _check_day(asker.user)
        export = _noted(wanted, form, asker.user, asker.request_id, direct=True)
    making = Making(wanted, form, asker.user, settings.FEED_TIMEOUT_MS, boxed)
    try:
        with TemporaryDirectory(prefix="direct-", dir=store.folder()) as work:
            made = making.made(Path(work))
            if export is not None or not wanted.is_public:
                log_export(
                    wanted,
                    made.read,
                    by=asker.user,
                    route=asker.route,
                    on_behalf_of=asker.on_behalf_of,
                    request_id=asker.request_id,
                )
            size = made.path.stat().st_size
            # Open before its name goes: the answer reads it, nobody else finds it.
            stream = made.path.open("rb")
    except BaseException:
        if export is not None:
            _ended(export, State.FAILED)
        raise
    if export is not None:
        _ended(export, State.DONE, rows=made.read.rows, size_bytes=size)
    return Given(made, stream)


@transaction.atomic
def export_ask(*, by: User, wanted: Asked, form: Format, about: int, request_id: str) -> Export:
    """Ask for an export that a job makes; `about` rows are expected.

    Raises `TooMany`, `TooLarge`, `InvalidInput` where the format cannot hold it, `Conflict` when
    the machine has no room.
    """
    from feeds.exporting.tasks import make_export

    # One at a time for an account: two requests together do not pass the last place.
    User.objects.select_for_update().get(pk=by.pk)
    _check_day(by)
    if Export.objects.filter(owner=by, state__in=UNFINISHED).count() >= settings.EXPORT_JOBS:
        raise TooMany(
            f"{settings.EXPORT_JOBS} exports se préparent déjà pour vous : attendez-en un, ou "
            "annulez-le."
        )
    if about > settings.EXPORT_MAX_ROWS:
        raise TooLarge(f"Plus de {settings.EXPORT_MAX_ROWS} lignes : filtrez d'abord.")
    check_rows(form, about)
    if store.free_bytes() < settings.EXPORT_MAX_BYTES:
        raise Conflict("Le service n'a plus assez de place pour un export : réessayez plus tard.")
    export = _noted(wanted, form, by, request_id, direct=False, about=about)
    enqueue(make_export, lock=f"exports-{by.pk}", export_id=export.pk)
    return export


def check_rows(form: Format, rows: int) -> None:
    """Raise `InvalidInput` when a format cannot hold so many rows."""
    if form.max_rows is not None and rows > form.max_rows:
        raise InvalidInput(
            f"{form.label} tient {form.max_rows} lignes au plus : filtrez, ou choisissez un autre "
            "format.",
            field="format",
        )


def export_cancel(*, by: User, export_id: int) -> Export:
    """Stop an export of one's own, or throw its file away. Raises `NotFound`, `Conflict`."""
    with transaction.atomic():
        export = _own(by, export_id, lock=True)
        if not (export.is_unfinished or export.has_file):
            raise Conflict("Cet export est déjà terminé.")
        was = export.state
        export.state = State.EXPIRED if was == State.DONE else State.CANCELLED
        export.finished_at = timezone.now()
        export.save(update_fields=["state", "finished_at"])
    store.discard(export.pk)
    return export


def export_link(export: Export) -> str:
    """What opens the file for a short while, for its owner only."""
    return signing.TimestampSigner(salt=SALT).sign(f"{export.pk}.{export.owner_id}")


def export_open(*, by: User, export_id: int, link: str) -> tuple[Export, IO[bytes]]:
    """The file of an export of one's own. Raises `NotFound`, `Forbidden`.

    The rights are those of now: a file made with others is not given.
    """
    age = dt.timedelta(minutes=settings.EXPORT_LINK_MINUTES)
    try:
        signed = signing.TimestampSigner(salt=SALT).unsign(link, max_age=age)
    except signing.BadSignature as error:
        raise Forbidden(
            "Ce lien a expiré : reprenez le téléchargement sur la page Exports."
        ) from error
    export = _own(by, export_id)
    if signed != f"{export.pk}.{by.pk}" or not export.has_file:
        raise NotFound("Cet export n'a pas de fichier.")
    check_rights(export)
    try:
        return export, store.file_of(export.pk).open("rb")
    except FileNotFoundError as error:
        raise NotFound("Le fichier de cet export n'est plus là : refaites-le.") from error


def check_rights(export: Export) -> None:
    """Raise `Forbidden` when its owner's rights are no longer those it was made with."""
    scope = scope_of_exports(export.owner)
    try:
        again = asked(export.collection, parse_query(export.query), scope)
    except DomainError as error:
        raise Forbidden(CHANGED) from error
    if not again.is_public and scope.hash != export.scope_hash:
        raise Forbidden(CHANGED)


def _own(by: User, export_id: int, *, lock: bool = False) -> Export:
    rows = Export.objects.filter(owner=by)
    if lock:
        rows = rows.select_for_update()
    found = rows.filter(pk=export_id).first()
    if found is None:
        raise NotFound("Export inconnu.")
    return found


def _check_day(by: User) -> None:
    since = timezone.now() - dt.timedelta(days=1)
    if Export.objects.filter(owner=by, asked_at__gt=since).count() >= settings.EXPORTS_PER_DAY:
        raise TooMany(f"Au plus {settings.EXPORTS_PER_DAY} exports par jour et par compte.")


def _noted(
    wanted: Asked,
    form: Format,
    by: User,
    request_id: str,
    *,
    direct: bool,
    about: int | None = None,
) -> Export:
    return Export.objects.create(
        owner=by,
        collection=wanted.collection.id,
        format=format_named(form.code).code,
        query=wanted.query,
        direct=direct,
        state=State.RUNNING if direct else State.WAITING,
        about=about,
        scope_hash=wanted.request.scope.hash,
        request_id=request_id,
    )


def _ended(export: Export, state: State, **values: int) -> None:
    Export.objects.filter(pk=export.pk).update(state=state, finished_at=timezone.now(), **values)
