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
from geo.core.exactly import EXACT_ONLY, WHOLLY

logger = logging.getLogger(__name__)

TABLES = ("site_event", "account_event", "erasure")
FILE = "history.jsonl"
CHUNK = 100
# Numbers are taken before commits: what is younger may still be joined by a lower number.
SETTLED_HOURS = 6
# Seals of the first form digest the values themselves, and hold as long as none was erased. Those
# of the second digest who, when, and the salted digest of the values, which outlives them.
FORM = 2
CONTENT = """coalesce(said ->> 'content_digest', history_content(
    (said ->> 'salt')::uuid, said -> 'before', said -> 'after'))"""
VALUES = {
    1: "said - ARRAY['at', 'areas', 'other_areas', 'salt', 'content_digest', 'erasure_id']",
    2: f"""(said - ARRAY['at', 'areas', 'other_areas', 'before', 'after', 'salt',
        'content_digest', 'erasure_id']) || jsonb_build_object('content', {CONTENT})""",
}
# An event of these tables may have been general before it was of the place: a seal does not tell
# the two apart (`history_sql.told_exactly`), and `MISCLASSED` finds what is general and should not.
SPLIT = ", ".join(f"'{table}'" for table in sorted({*EXACT_ONLY, *WHOLLY}))
# Where a site is may change without its past: its areas are not of the event.
DIGEST = """
SELECT count(*), max(id),
    encode(sha256(convert_to(string_agg(of_row, '' ORDER BY id), 'UTF8')), 'hex'),
    count(*) FILTER (WHERE erased)
FROM (
    SELECT id, said ->> 'erasure_id' IS NOT NULL AS erased, encode(sha256(convert_to((
        ({values}) || jsonb_build_object('at', extract(epoch FROM at))
    )::text, 'UTF8')), 'hex') AS of_row
    FROM (
        SELECT id, at, to_jsonb(event) || CASE
            WHEN to_jsonb(event) ->> 'data_class' = 'place'
                AND to_jsonb(event) ->> 'source_table' IN ({split})
            THEN '{{"data_class": "general"}}'::jsonb ELSE '{{}}' END AS said
        FROM {table} AS event
        WHERE id > %s AND id <= %s ORDER BY id LIMIT %s
    ) AS events
) AS rows
"""
# Values may be missing where an erasure of the ledger names the row, and nowhere else.
UNCOVERED = """
SELECT e.id FROM {table} e
LEFT JOIN erasure r ON r.id = e.erasure_id
    AND (r.source_table, r.object_id) = (e.source_table, e.object_id)
WHERE (e.erasure_id IS NOT NULL OR e.content_digest IS NOT NULL OR e.salt IS NULL)
    AND NOT coalesce(r.id IS NOT NULL AND r.effect <> 'name' AND e.content_digest IS NOT NULL
        AND e.salt IS NULL AND e.before = '{{}}' AND e.after = '{{}}', false)
ORDER BY e.id LIMIT 20
"""
MISCLASSED = f"""
SELECT e.id FROM site_event e WHERE e.data_class = 'general' AND (
    e.source_table = ANY (%s) OR EXISTS (
        SELECT FROM (
            SELECT * FROM jsonb_each(e.before) UNION ALL SELECT * FROM jsonb_each(e.after)
        ) AS v
        JOIN (VALUES {", ".join(f"('{t}', '{c}')" for t, cs in EXACT_ONLY.items() for c in cs)})
            AS hidden(of_table, name) ON hidden.name = v.key AND hidden.of_table = e.source_table
        WHERE v.value NOT IN ('null', '""', '[]')))
ORDER BY e.id LIMIT 20
"""  # noqa: S608 # names of ours
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
    form: int = 1

    def computed(self) -> str:
        """The seal of what the line says."""
        said: tuple[object, ...] = (self.table, self.after, self.last, self.count, self.digest)
        said = (*said, self.before) if self.form == 1 else (*said, self.before, self.form)
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
    with locked(path):
        known = seals_read() if path.exists() else []
        added: list[Seal] = []
        head = known[-1].seal if known else ""
        for table in TABLES:
            for after, last, count, digest in _chunks(table, _sealed_until(known, table)):
                bare = Seal(table, after, last, count, digest, head, "", FORM)
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
    until = {(table, form): 0 for table in TABLES for form in VALUES}
    for number, seal in enumerate(seals, start=1):
        whole = seal.seal == seal.computed() and seal.before == head
        if not whole or seal.after != until.get((seal.table, seal.form)):
            yield Fault(f"ligne {number} du fichier des sceaux : la chaîne est rompue")
        head, until[seal.table, seal.form] = seal.seal, seal.last
    sealed = {table: _sealed_until(seals, table) for table in TABLES}
    for seal in seals:
        if (seal.table, seal.form) in until:
            yield from _changed(seal, again=sealed.get(seal.table, 0) >= seal.last)
    for table in ("site_event", "account_event"):
        yield from _uncovered(table)
    yield from _misclassed()


def _changed(seal: Seal, *, again: bool) -> Iterator[Fault]:
    """What a seal says no more; `again` when a seal of the present form covers the same events."""
    count, _, digest, erased = _digest(seal.table, seal.after, seal.last, None, seal.form)
    where = f"{seal.table}, événements {seal.after + 1} à {seal.last}"
    if count != seal.count:
        yield Fault(f"{where} : {count} au lieu de {seal.count}")
    elif digest != seal.digest and not (seal.form != FORM and again and erased):
        yield Fault(f"{where} : un événement a été changé")


def _uncovered(table: str) -> Iterator[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(UNCOVERED.format(table=table))
        for (number,) in cursor.fetchall():
            yield Fault(f"{table}, événement {number} : vidé sans effacement au registre")


def _misclassed() -> Iterator[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(MISCLASSED, [sorted(WHOLLY)])
        for (number,) in cursor.fetchall():
            yield Fault(
                f"site_event, événement {number} : se lit sans le lieu exact, et dit ce qui le suit"
            )


def _sealed_until(seals: Sequence[Seal], table: str) -> int:
    """The last event of a table under a seal of the present form."""
    ours = (each.last for each in seals if (each.table, each.form) == (table, FORM))
    return max(ours, default=0)


def _chunks(table: str, after: int) -> Iterator[tuple[int, int, int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(SETTLED.format(table=table), [SETTLED_HOURS])
        until = int(cursor.fetchone()[0])
    while after < until:
        count, last, digest, _ = _digest(table, after, until, CHUNK, FORM)
        if not count:
            return
        yield after, last, count, digest
        after = last


def _digest(table: str, after: int, last: int, limit: int | None, form: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            DIGEST.format(table=table, values=VALUES[form], split=SPLIT), [after, last, limit]
        )
        return cursor.fetchone()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One writer at a time."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
