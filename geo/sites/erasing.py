"""The one door of erasures, and their ledger outside the database, which a restore cannot undo.

What is erased is erased by the role of the erasures (`geo.core.erasing`) alone, together with what
the history says of it (`history_redact`). Leaves what comes to its term to `restricted.erasure`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import connections

from geo.core import rls
from geo.core.erasing import ALIAS
from geo.core.erasing import erasing as role
from geo.core.errors import DomainError
from geo.core.scope import Scope
from geo.core.sealing import locked
from geo.sites.history_models import Effect, Erasure

FILE = "erasures.jsonl"


class LedgerUnreadable(DomainError):
    """The ledger outside the database is not one."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A line of the ledger: the row that was erased, when, how and by which rule."""

    at: str
    rule: str
    effect: str
    source_table: str
    object_id: int

    @property
    def moment(self) -> dt.datetime:
        """When."""
        return dt.datetime.fromisoformat(self.at)


@contextmanager
def erasing() -> Iterator[None]:
    """One transaction of the erasing role; the ledger outside follows it."""
    with role():
        yield
    ledger_follow()


def redact(*, rule: str, effect: Effect, table: str, untils: Mapping[int, dt.datetime]) -> int:
    """Note the erasure of these rows, and empty their events up to each date; how many events."""
    if not untils:
        return 0
    ids = sorted(untils)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT history_redact(%s, %s, %s, %s::bigint[], %s::timestamptz[])",
            [rule, effect.value, table, ids, [untils[each] for each in ids]],
        )
        return int(cursor.fetchone()[0])


def ledger_path() -> Path:
    """The ledger outside the database, beside the seals."""
    return Path(settings.HISTORY_SEALS_DIR) / FILE


def ledger_read() -> list[Entry]:
    """Every erasure of the ledger outside; none when it has no file yet."""
    path = ledger_path()
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [Entry(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise LedgerUnreadable(
            f"Le registre des effacements ne se lit pas dans {path} : remettez sa copie, ou "
            "indiquez son dossier par ATLAS_HISTORY_SEALS."
        ) from error


def ledger_follow() -> int:
    """Add to the ledger outside what the database's has more; returns how many lines."""
    path = ledger_path()
    if not _missing():
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        added = _missing()
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(asdict(each))}\n" for each in added)
            file.flush()
            os.fsync(file.fileno())
    return len(added)


def _missing() -> list[Entry]:
    known = set(ledger_read())
    with rls.reading(Scope.everything()):
        rows = list(Erasure.objects.order_by("pk"))
    entries = (
        Entry(each.at.isoformat(), each.rule, each.effect, each.source_table, each.object_id)
        for each in rows
    )
    return [each for each in entries if each not in known]
