"""The walls compared: says loudly when the first lets through what the second hides.

Behind the second wall a forgotten `visible_to` shows nothing, so nobody would ever hear of it. Of
the reads of sites, one in `WALLS_COMPARED_EVERY` is computed twice more: with the reader's rights,
and with all of them. The first wall has chosen the rows already: another answer is its fault. The
reader's own answer is not touched. Leaves rights to `geo.core.rls`.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction

from geo.core import rls

logger = logging.getLogger(__name__)

TIMEOUT_MS = 3_000
# What `geo.core.timed` puts in front of a statement, in the same message.
BOUND = re.compile(r"\ASELECT set_config\('statement_timeout', '\d+', true\); ")
# A tile's bytes follow the order of its rows, which no right decides: its rows are compared.
TILE = re.compile(r"ST_AsMVT\(t, %s, \d+, 'geom', 'id'\)")
ROWS = "convert_to(concat(%s::text, count(*), sum(hashint8(id)::bigint)), 'UTF8')"
LOCKS = re.compile(r"\bFOR (?:NO KEY )?UPDATE\b|\bFOR (?:KEY )?SHARE\b")
DIGEST = "SELECT md5(string_agg(md5(q::text), '' ORDER BY md5(q::text))) FROM ({}) q"


def watch(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Django's execute wrapper: compare some statements before they run."""
    if not many and is_due() and isinstance(sql, str):
        text = comparable(sql)
        # Only then: to know who reads may take statements of its own.
        prefix = rls.current_context() if text else ""
        if prefix and prefix != _everything():
            _compare(context["connection"], text, params, prefix)
    return execute(sql, params, many, context)


def comparable(sql: str) -> str:
    """The read whose rows can be compared, of a statement; empty for writes, locks and the rest."""
    text = BOUND.sub("", sql)
    if not text.startswith(("SELECT ", "(SELECT ")) or LOCKS.search(text) or not rls.touches(text):
        return ""
    return TILE.sub(ROWS, text)


def differ(connection: Any, text: str, params: Any, prefix: str) -> bool:
    """Whether all rights give another answer than those of `prefix`. Leaves no trace behind."""
    digest, found = DIGEST.format(text), []
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        # Past the wrappers; the rollback gives back every setting.
        raw = cursor.cursor
        raw.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")
        for rights in (prefix, _everything()):
            raw.execute(rights)
            raw.execute(digest, params)
            found.append(raw.fetchone())
        transaction.set_rollback(True, using=connection.alias)
    return bool(found[0] != found[1])


def _compare(connection: Any, text: str, params: Any, prefix: str) -> None:
    if connection.needs_rollback:
        return
    try:
        # Twice: between the two readings of one comparison somebody may have written.
        breach = differ(connection, text, params, prefix) and differ(
            connection, text, params, prefix
        )
    except DatabaseError as error:
        logger.warning("walls not compared: %s", type(error).__name__)
        return
    if breach:
        # The text holds no value: what is asked and of whom stays out of the logs.
        logger.critical(
            "first wall missing: this read returns rows that the reader has no right to, and only"
            " the second wall hides them: %s",
            text,
        )


def is_due() -> bool:
    """Draw whether this read is compared."""
    every = settings.WALLS_COMPARED_EVERY
    return bool(every) and random.randrange(every) == 0  # noqa: S311 # a sample, not a secret


@cache
def _everything() -> str:
    return rls.everything_sql()
