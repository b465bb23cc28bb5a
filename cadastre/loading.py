"""Storing parcels: one file in one transaction, whole communes at a time, ids kept by IDU.

Leaves reading files to `etalab`, and what follows for the sites to the receivers of
`ParcelsImported`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import shapely
from django.db import connection, transaction
from django.utils import timezone

from cadastre.etalab import Rows
from geo.core.errors import InvalidInput
from geo.core.events import ParcelsImported, publish
from geo.core.sql import read_sql
from geo.core.vintage import of_loading

MAX_LINES_KEPT = 50
DUPLICATES = """
DELETE FROM incoming_parcel i USING incoming_parcel j WHERE i.idu = j.idu AND i.ctid > j.ctid
"""


@dataclass(slots=True)
class Report:
    """What an import did. `refused` and `repaired` count all, the lists keep the first ones.

    `communes` are those that the file speaks for, `touched` those where something changed.
    """

    read: int = 0
    created: int = 0
    changed: int = 0
    removed: int = 0
    duplicates: int = 0
    refused: int = 0
    repaired: int = 0
    millesime: str = ""
    refusals: list[str] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    communes: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()

    @property
    def unchanged(self) -> int:
        """Parcels that were already known as the file says them."""
        return self.read - self.created - self.changed


@transaction.atomic
def parcels_import(
    *, batches: Iterable[Rows], source: str, millesime: str = "", invented: bool = False
) -> Report:
    """Replace the parcels of the communes that a file speaks for by what it holds.

    Without `millesime` the file's most recent update is taken for it. A commune loaded from the
    real cadastre is never replaced by invented parcels. Raises `InvalidInput` when the file is cut,
    or holds no usable parcel; then nothing is written.
    """
    report = Report()
    with connection.cursor() as cursor:
        # Two imports of one commune would each remove what the other adds.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('parcels_import'))")
        cursor.execute(read_sql(__file__, "stage"))
        _copy(cursor, batches, report)
        if not report.read:
            raise InvalidInput(
                "Aucune parcelle utilisable : la commune est peut-être en plan image seulement."
                + (f" Premier refus : {report.refusals[0]}." if report.refusals else ""),
                field="file",
            )
        cursor.execute("CREATE INDEX ON incoming_parcel (idu)")
        cursor.execute(DUPLICATES)
        report.duplicates = cursor.rowcount
        report.read -= report.duplicates
        cursor.execute("ANALYZE incoming_parcel")
        report.millesime = millesime or _latest(cursor)
        _merge(cursor, report, source, invented)
        cursor.execute("DROP TABLE incoming_parcel")
    if report.touched:
        publish(ParcelsImported(report.touched))
    return report


def _copy(cursor: Any, batches: Iterable[Rows], report: Report) -> None:
    with cursor.copy("COPY incoming_parcel (idu, contenance, updated, geom) FROM STDIN") as copy:
        for rows in batches:
            contours = shapely.to_wkb(rows.shapes, hex=True, include_srid=True)
            for row in zip(rows.idus, rows.contenances, rows.updated, contours, strict=True):
                copy.write_row(row)
            report.read += len(rows.idus)
            report.refused += len(rows.refusals)
            report.repaired += len(rows.repaired)
            _keep(report.refusals, rows.refusals)
            _keep(report.repairs, rows.repaired)


def _keep(lines: list[str], more: list[str]) -> None:
    lines.extend(more[: max(0, MAX_LINES_KEPT - len(lines))])


def _latest(cursor: Any) -> str:
    cursor.execute("SELECT max(updated) FROM incoming_parcel WHERE updated <> ''")
    (told,) = cursor.fetchone()
    return told or of_loading(timezone.localdate())


def _merge(cursor: Any, report: Report, source: str, invented: bool) -> None:
    values = {"millesime": report.millesime, "source": source, "invented": invented}
    if invented:
        _refuse_over_real(cursor)
    cursor.execute(read_sql(__file__, "merge"), values)
    rows = cursor.fetchall()
    report.communes = tuple(code for code, *_ in rows)
    report.created, report.changed, report.removed = (
        sum(row[column] for row in rows) for column in (1, 2, 3)
    )
    cursor.execute(
        read_sql(__file__, "coverage"),
        values
        | {
            "now": timezone.now(),
            "codes": list(report.communes),
            "counts": [parcels for *_, parcels in rows],
        },
    )
    covered = {code for (code,) in cursor.fetchall()}
    changed = {code for code, created, altered, gone, _ in rows if created or altered or gone}
    report.touched = tuple(sorted(covered | changed))


def _refuse_over_real(cursor: Any) -> None:
    cursor.execute(
        "SELECT commune_code FROM cadastre_coverage WHERE NOT invented AND commune_code IN "
        "(SELECT left(idu, 5) FROM incoming_parcel) ORDER BY 1 LIMIT 1"
    )
    if row := cursor.fetchone():
        raise InvalidInput(
            f"La commune {row[0]} a déjà ses parcelles réelles : pas de parcelles inventées.",
            field="invented",
        )
