"""Storing territories: all levels of one source in one transaction, ids kept by code.

Leaves reading the sources to `geo.territories.readers`, and what follows from a new geography to
the receivers of `TerritoriesImported` and to the triggers of the tables that lie on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, connection, transaction

from geo.core.events import TerritoriesImported, publish
from geo.territories.admission import admitted, check_records
from geo.territories.generalisation import generalise
from geo.territories.models import LEVELS
from geo.territories.records import TerritoryRecord
from geo.territories.storage import Incoming

Step = Callable[[str], None]


@dataclass(slots=True)
class LevelReport:
    """What an import did to one level.

    `removed` lists the codes that left the geography; `landless` those that left it too but that
    something still names: they are kept without land. `official_kept` counts the approximate
    records set aside because official contours are already there.
    """

    level: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    official_kept: int = 0
    removed: list[str] = field(default_factory=list)
    landless: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """True when a row of the level was written."""
        return bool(self.created or self.updated or self.removed or self.landless)


@transaction.atomic
def territories_import(
    *, records: Sequence[TerritoryRecord], step: Step = lambda text: None
) -> list[LevelReport]:
    """Write these territories, known by their codes; an unchanged row is not written.

    A level without records is left as it is. Communes are removed in the departements that the
    records speak of, and nowhere else; an EPCI when no commune belongs to it any more; a region or
    a departement never, since rights hang on it. Approximate contours never replace official ones.
    Contours are valid WGS84 MultiPolygons. Raises `InvalidInput`, and then nothing is written.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('territories_import'))")
    kept, set_aside = admitted(records)
    check_records(kept)
    reports = []
    for level in LEVELS:
        rows = [record for record in kept if record.level == level]
        report = LevelReport(level, official_kept=set_aside[level])
        reports.append(report)
        if rows:
            _write(Incoming(level), rows, report)
            step(f"{level} : {report.created + report.updated} écrits")
    _remove_empty_epcis(kept, reports[list(LEVELS).index("epci")])
    for report in reports:
        if report.changed:
            publish(TerritoriesImported(report.level))
    return reports


def _write(incoming: Incoming, rows: Sequence[TerritoryRecord], report: LevelReport) -> None:
    with incoming:
        incoming.copy(rows)
        stale = incoming.retire() if report.level == "commune" else []
        counts = incoming.compare()
        report.created, report.unchanged = counts.created, counts.unchanged
        report.updated = counts.updated - counts.retired
        if counts.created or counts.updated:
            incoming.upsert()
        if counts.contours:
            generalise(report.level)
        # A code kept without land stays so: it is not told again at each import.
        gone = _delete(report.level, stale)
        report.removed = gone
        report.landless = counts.retired_codes(set(gone))


def _remove_empty_epcis(records: Sequence[TerritoryRecord], report: LevelReport) -> None:
    given = [record.code for record in records if record.level == "epci"]
    if not given:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM epci e WHERE code <> ALL(%s) AND NOT EXISTS "
            "(SELECT 1 FROM commune c WHERE c.epci_code = e.code) ORDER BY code",
            [given],
        )
        report.removed = _delete("epci", [code for (code,) in cursor.fetchall()])


def _delete(level: str, codes: Sequence[str]) -> list[str]:
    """Delete the rows that nothing refers to; the database itself says which. The codes deleted."""
    table, gone = LEVELS[level]._meta.db_table, []
    with connection.cursor() as cursor:
        for code in codes:
            try:
                with transaction.atomic():
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    cursor.execute(f"DELETE FROM {table} WHERE code = %s", [code])  # noqa: S608
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            except IntegrityError:
                continue
            gone.append(code)
    return gone
