"""Reading for the outside with a bound on its duration: nobody's map may hold the database.

Leaves what is read to `tiles` and `feeds`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import QueryCanceled

from geo.core.errors import TooCostly


@contextmanager
def bounded(milliseconds: int) -> Iterator[CursorWrapper]:
    """A cursor in a transaction of its own, whose statements are abandoned after that time.

    Raises `TooCostly` then.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(milliseconds)}")
            yield cursor
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooCostly(
                "Demande trop lourde : réduisez l'emprise, ou ajoutez un filtre."
            ) from error
        raise
