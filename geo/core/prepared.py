"""Reading again and again with other values: planned once for a connection, in one exchange.

Planning a tile takes longer than reading it. Here the rights and the bound on the duration go
first, the prepared statement right after them, and both are one transaction and one message to the
database. For statements that find few rows whatever the values: the plan is made without them.
Leaves which ones those are to the callers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection

from geo.core import compared, rls

# Texts kept for a connection: a few rights and layers at a time; the oldest make room.
KEPT = 100


def usable() -> bool:
    """True when nothing else wants to see the statement on its way (a log, a count, a comparison).

    The application's own wrappers are replaced by what `rows` does; any other must have its turn.
    """
    ours = {rls.carry, compared.watch}
    others = [each for each in connection.execute_wrappers if each not in ours]
    return not (others or connection.queries_logged or compared.is_due())


def rows(milliseconds: int, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a read, abandoned after that time.

    Raises Django's errors, and `NoReaderError` as any statement that touches sites.
    """
    bound = f"set_config('statement_timeout','{int(milliseconds)}',true)"
    # Left to itself the database plans on wherever a plan without values looks a little dearer.
    generic = "set_config('plan_cache_mode','force_generic_plan',true)"
    first = f"{rls.needed(sql) or 'SELECT true'},{bound},{generic}"
    connection.ensure_connection()
    server: Any = connection.connection
    server.prepare_threshold, server.prepared_max = 0, KEPT
    with connection.wrap_database_errors, server.pipeline():
        # Without a transaction around them, all that one pipeline sends is one transaction.
        psycopg.Cursor(server).execute(first, prepare=False)
        cursor = psycopg.Cursor(server).execute(sql, params, prepare=True)
        return list(cursor.fetchall())
