"""Reading for the outside with a bound on its duration: nobody's map may hold the database.

Leaves what is read to `tiles` and `feeds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import QueryCanceled

from geo.core import prepared as prepare
from geo.core.errors import TooCostly


@contextmanager
def bounded(milliseconds: int) -> Iterator[CursorWrapper]:
    """A cursor in a transaction of its own, whose statements are abandoned after that time.

    Raises `TooCostly` then.
    """
    with _refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {int(milliseconds)}")
        yield cursor


def bound_connection(*, connection: Any, **_: Any) -> None:
    """Receiver of `connection_created` in web servers: no statement and no transaction for ever."""
    connection.connection.execute(
        f"SET statement_timeout = {int(settings.PAGE_TIMEOUT_MS)};"
        f"SET idle_in_transaction_session_timeout = {int(settings.IDLE_TIMEOUT_MS)}"
    )


def fetch(
    milliseconds: int, sql: str, params: Sequence[Any], *, prepared: bool = False
) -> list[tuple[Any, ...]]:
    """The rows of one statement, abandoned after that time. Raises `TooCostly` then.

    The bound goes in the same message: a tile is one exchange with the database, not four. Inside a
    transaction that someone else opened, a savepoint keeps it usable. `prepared` is for statements
    that find few rows whatever their values (`geo.core.prepared`).
    """
    inside = transaction.atomic() if connection.in_atomic_block else nullcontext()
    if prepared and prepare.usable():
        with _refused(), inside:
            return prepare.rows(milliseconds, sql, params)
    bound = f"SELECT set_config('statement_timeout', '{int(milliseconds)}', true)"
    with _refused(), inside, connection.cursor() as cursor:
        cursor.execute(f"{bound}; {sql}", params)
        while cursor.nextset():
            pass
        return list(cursor.fetchall())


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooCostly(
                "Demande trop lourde : réduisez l'emprise, ou ajoutez un filtre."
            ) from error
        raise
