"""Writing the log of reads: first the line, then the answer; without the line, no answer.

Leaves what is restricted to the scope's classes and the showing of the log to the pages.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest

from geo.accounts.models import ReadPurpose, User
from geo.accounts.watch import watch
from geo.core import rls
from geo.core.errors import DomainError
from geo.core.scope import DataClass, Scope

__all__ = [
    "ReadLogUnavailable",
    "ReadPurpose",
    "log_opened",
    "log_read",
    "log_request",
    "request_id",
]

COLUMNS = (
    "user_id",
    "organisation_id",
    "on_behalf_of",
    "route",
    "data_class",
    "purpose",
    "object_ids",
    "count",
    "request_id",
)
logger = logging.getLogger(__name__)


class ReadLogUnavailable(DomainError):
    """The read could not be written down: what was asked is not given."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


def log_read(
    *,
    by: User | None,
    data_classes: Iterable[DataClass],
    route: str,
    object_ids: Sequence[int],
    purpose: ReadPurpose,
    count: int | None = None,
    on_behalf_of: str = "",
    request_id: str = "",
) -> None:
    """Write one line for each class, before the answer is made; `count` defaults to the ids'.

    Raises `ReadLogUnavailable` when a line cannot be written: the caller shows nothing.
    """
    ids = sorted({int(each) for each in object_ids})
    who = (by.pk, by.organisation_id) if by is not None else (None, None)
    values: list[Any] = []
    for each in sorted(set(data_classes)):
        values += [*who, on_behalf_of[:80], route[:80], each.value, str(purpose), ids]
        values += [len(ids) if count is None else count, request_id[:64]]
    try:
        # As the person and with no other right: they count what they read themselves.
        with rls.reading(Scope.public(), lambda: who[0]), transaction.atomic():
            _insert(values)
            if by is not None:
                watch(by, purpose)
    except DatabaseError as error:
        logger.exception("the read log cannot be written: restricted reads are refused")
        raise ReadLogUnavailable(
            "Le journal des lectures ne répond pas : ces informations ne peuvent pas être montrées "
            "pour l'instant. Réessayez dans quelques minutes."
        ) from error


def _insert(values: list[Any]) -> None:
    # Nothing is asked back: who writes a line for nobody may not read it.
    row = f"({', '.join(['%s'] * len(COLUMNS))})"
    rows = ", ".join([row] * (len(values) // len(COLUMNS)))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "read_log" ({", ".join(COLUMNS)}) VALUES {rows}',  # noqa: S608
                values,
            )


def log_request(
    request: HttpRequest,
    *,
    data_classes: Iterable[DataClass],
    object_ids: Sequence[int],
    purpose: ReadPurpose,
    count: int | None = None,
) -> None:
    """`log_read` for the person, the token and the address of a request."""
    match = request.resolver_match
    log_read(
        by=request.user if isinstance(request.user, User) else None,
        data_classes=data_classes,
        route=match.view_name if match is not None else "",
        object_ids=object_ids,
        purpose=purpose,
        count=count,
        on_behalf_of=on_behalf_of(request),
        request_id=request_id(request),
    )


def log_opened(
    request: HttpRequest,
    site_id: int,
    *,
    restricted: Iterable[DataClass] = (),
    purpose: ReadPurpose = ReadPurpose.CONSULT,
) -> None:
    """Write down that the sheet of a site is opened, with the restricted classes that it tells.

    Raises `ReadLogUnavailable` when it tells one; what is general is told all the same.
    """
    classes = frozenset(restricted)
    try:
        log_request(
            request,
            data_classes={DataClass.GENERAL, *classes},
            object_ids=[site_id],
            purpose=purpose,
        )
    except ReadLogUnavailable:
        if classes:
            raise


def on_behalf_of(request: HttpRequest) -> str:
    """The token or the role by which the person of a request reads; empty for themselves."""
    token, shown = getattr(request, "feed_token", None), getattr(request, "seen_as", None)
    if token is not None:
        return f"token:{token.prefix}"
    return str(shown.seen.named) if shown is not None else ""


def request_id(request: HttpRequest) -> str:
    """A random name for this request, the same however often it is asked."""
    known = getattr(request, "request_id", None)
    if not known:
        known = secrets.token_hex(12)
        request.request_id = known  # type: ignore[attr-defined]
    return str(known)
