"""Storing facilities: one file in one transaction, ids kept by natural key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.gis.geos import Point
from django.db import connection, transaction

from geo.core.crs import WGS84
from geo.core.sql import read_sql
from geo.facilities.models import Facility
from geo.facilities.readers import Reading, Record

MAX_REFUSALS_KEPT = 50


@dataclass(slots=True)
class Report:
    """What an import did; `refused` counts all, `refusals` keeps the first ones."""

    read: int = 0
    written: int = 0
    removed: int = 0
    refused: int = 0
    refusals: list[str] = field(default_factory=list)


@transaction.atomic
def facilities_import(*, reading: Reading, millesime: str, invented: bool = False) -> Report:
    """Replace what the source held by what the file holds; an unchanged row is not written.

    Rows of the same source that the file no longer holds are removed in the departements where it
    holds some. A row without commune takes that of its point. Positions are WGS84.
    """
    report = Report()
    records = list(_accepted(reading.rows, report))
    report.read = len(records)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE incoming_facility (LIKE facility) ON COMMIT DROP")
        cursor.execute("ALTER TABLE incoming_facility DROP COLUMN id, DROP COLUMN geom_3857")
        _copy(cursor, records, reading, millesime, invented)
        # Many files tell no commune, and by its commune a row is known to be of this file's ground.
        cursor.execute(
            "UPDATE incoming_facility SET commune_code = coalesce(commune_at(geom), '')"
            " WHERE commune_code = ''"
        )
        cursor.execute(read_sql(__file__, "upsert"))
        report.written = cursor.rowcount
        if records:
            cursor.execute(read_sql(__file__, "remove"), [reading.source])
            report.removed = cursor.rowcount
        cursor.execute("DROP TABLE incoming_facility")
    return report


def _accepted(rows: Iterable[Record | str], report: Report) -> Iterable[Record]:
    seen: set[str] = set()
    for row in rows:
        if isinstance(row, str) or row.key in seen:
            report.refused += 1
            if len(report.refusals) < MAX_REFUSALS_KEPT:
                report.refusals.append(row if isinstance(row, str) else f"{row.key} : en double")
            continue
        seen.add(row.key)
        yield row


def _copy(
    cursor: object, records: list[Record], reading: Reading, millesime: str, invented: bool
) -> None:
    columns = (
        "kind, category, name, address, commune_code, geom, source, source_key, millesime, "
        "licence, invented"
    )
    limit = Facility._meta.get_field("name").max_length
    with cursor.copy(f"COPY incoming_facility ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for record in records:
            point = Point(record.lon, record.lat, srid=WGS84)
            copy.write_row(
                (
                    str(record.kind),
                    record.category[:120],
                    record.name[:limit],
                    record.address[:250],
                    record.commune_code[:5],
                    point.hexewkb.decode(),
                    reading.source,
                    record.key,
                    millesime,
                    reading.licence,
                    invented,
                )
            )
