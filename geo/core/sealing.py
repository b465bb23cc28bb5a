"""Seals of the history: each night a chained digest of its new events, outside the database.

Whoever holds the database can rewrite an event, not without breaking a seal that they do not hold.
Leaves writing events to the triggers, and the copy of the file elsewhere to the operations.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from geo.core.errors import DomainError

logger = logging.getLogger(__name__)

TABLES = ("site_event", "account_event")
FILE = "history.jsonl"
CHUNK = 100
# Numbers are taken before commits: what is younger may still be joined by a lower number.
SETTLED_HOURS = 6
# Where a site is may change without its past: its areas are not of the event.
DIGEST = """
SELECT count(*), max(id),
    encode(sha256(convert_to(string_agg(of_row, '' ORDER BY id), 'UTF8')), 'hex')
FROM (
    SELECT id, encode(sha256(convert_to((
        (to_jsonb(event) - 'at' - 'areas' - 'other_areas')
        || jsonb_build_object('at', extract(epoch FROM at))
    )::text, 'UTF8')), 'hex') AS of_row
    FROM {table} AS event WHERE id > %s AND id <= %s ORDER BY id LIMIT %s
) AS rows
"""
SETTLED = """
SELECT coalesce(
    (SELECT min(id) - 1 FROM {table} WHERE at >= now() - make_interval(hours => %s)),
    (SELECT max(id) FROM {table}), 0)
"""


class SealsUnreadable(DomainError):
    """The file of seals is missing or is not one."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The digest of the events of one table after `after` up to `last`, chained to `before`."""

    table: str
    after: int
    last: int
    count: int
    digest: str
    before: str
    seal: str

    def computed(self) -> str:
        """The seal of what the line says."""
        said = (self.table, self.after, self.last, self.count, self.digest, self.before)
        return hashlib.sha256("|".join(map(str, said)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold, in words."""

    told: str


def seals_path() -> Path:
    """The file of seals."""
    return Path(settings.HISTORY_SEALS_DIR) / FILE


def seals_add() -> int:
    """Seal the events that have settled since the last time; returns how many."""
    path = seals_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        known = seals_read() if path.exists() else []
        added: list[Seal] = []
        head = known[-1].seal if known else ""
        for table in TABLES:
            for after, last, count, digest in _chunks(table, _sealed_until(known, table)):
                bare = Seal(table, after, last, count, digest, head, "")
                head = bare.computed()
                added.append(replace(bare, seal=head))
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(asdict(each))}\n" for each in added)
            file.flush()
            os.fsync(file.fileno())
    events = sum(each.count for each in added)
    # The last seal is in the logs too: a file written again from the start does not end on it.
    logger.info("history: %d event(s) sealed, last seal %s", events, head or "none")
    return events


def seals_read() -> list[Seal]:
    """Every seal of the file. Raises `SealsUnreadable`."""
    path = seals_path()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [Seal(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise SealsUnreadable(
            f"Les sceaux de l’historique ne se lisent pas dans {path} : remettez la copie du "
            "fichier, ou indiquez son dossier par ATLAS_HISTORY_SEALS."
        ) from error


def faults(seals: Sequence[Seal]) -> Iterator[Fault]:
    """Everything that does not hold: lines of the file first, then events."""
    head = ""
    until = dict.fromkeys(TABLES, 0)
    for number, seal in enumerate(seals, start=1):
        whole = seal.seal == seal.computed() and seal.before == head
        if not whole or seal.after != until.get(seal.table):
            yield Fault(f"ligne {number} du fichier des sceaux : la chaîne est rompue")
        head, until[seal.table] = seal.seal, seal.last
    for seal in seals:
        if seal.table in TABLES:
            yield from _changed(seal)


def _changed(seal: Seal) -> Iterator[Fault]:
    count, _, digest = _digest(seal.table, seal.after, seal.last, None)
    where = f"{seal.table}, événements {seal.after + 1} à {seal.last}"
    if count != seal.count:
        yield Fault(f"{where} : {count} au lieu de {seal.count}")
    elif digest != seal.digest:
        yield Fault(f"{where} : un événement a été changé")


def _sealed_until(seals: Sequence[Seal], table: str) -> int:
    return max((each.last for each in seals if each.table == table), default=0)


def _chunks(table: str, after: int) -> Iterator[tuple[int, int, int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(SETTLED.format(table=table), [SETTLED_HOURS])
        until = int(cursor.fetchone()[0])
    while after < until:
        count, last, digest = _digest(table, after, until, CHUNK)
        if not count:
            return
        yield after, last, count, digest
        after = last


def _digest(table: str, after: int, last: int, limit: int | None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(DIGEST.format(table=table), [after, last, limit])
        return cursor.fetchone()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
