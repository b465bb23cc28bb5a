"""The set-based side of an import: a temporary table beside a level's table, compared, then merged.

Leaves the order of the levels and the report to the services.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
import shapely
from django.db import connection

from geo.core.crs import WGS84
from geo.territories.models import LEVELS
from geo.territories.projections import legal_srid
from geo.territories.records import TerritoryRecord

COMMON = (
    "code", "name", "contour", "point", "population", "srid", "millesime", "approximate", "source",
)  # fmt: skip
EXTRA: dict[str, tuple[str, ...]] = {
    "region": (),
    "departement": ("region_code", "prefecture"),
    "epci": ("departements",),
    "commune": ("departement_code", "region_code", "epci_code", "main_commune_code"),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What a merge will do; `contours` tells whether a contour changes or has no simplified twin.

    `retired` are the codes, among those updated, that lose their land.
    """

    created: int
    updated: int
    unchanged: int
    contours: bool
    retired_now: tuple[str, ...]

    @property
    def retired(self) -> int:
        """How many codes lose their land in this merge."""
        return len(self.retired_now)

    def retired_codes(self, gone: set[str]) -> list[str]:
        """The codes that lose their land and are still there."""
        return [code for code in self.retired_now if code not in gone]


class Incoming:
    """The records of one level on their way into its table, inside the caller's transaction."""

    def __init__(self, level: str) -> None:
        self.level = level
        self.table = LEVELS[level]._meta.db_table
        self.columns = COMMON + EXTRA[level]
        self._cursor = connection.cursor()
        self._retired: list[str] = []

    def __enter__(self) -> Incoming:
        # Every identifier below is one of the constants above, none comes from input.
        self._run("CREATE TEMPORARY TABLE incoming (LIKE {table}) ON COMMIT DROP")
        self._run(
            "ALTER TABLE incoming DROP COLUMN id, DROP COLUMN contour_3857, DROP COLUMN low_3857"
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if error is None:
            self._run("DROP TABLE incoming")
        self._cursor.close()

    def copy(self, records: Sequence[TerritoryRecord]) -> None:
        """Fill the temporary table."""
        contours = hex_wkb([record.contour for record in records])
        points = hex_wkb([record.point for record in records])
        names = ", ".join(self.columns)
        with self._cursor.copy(f"COPY incoming ({names}) FROM STDIN") as copy:
            for record, contour, point in zip(records, contours, points, strict=True):
                copy.write_row((*_common(record, contour, point), *_extra(record)))
        self._run("ANALYZE incoming")

    def retire(self) -> list[str]:
        """Take the land of the communes that the records no longer hold, where they speak.

        A retired commune comes in with an empty contour, in the same statement that gives its land
        to others: what lies on it moves once. Returns the codes, whether they had land or not.
        """
        self._run(
            "INSERT INTO incoming ({columns}) SELECT {emptied} FROM {table} t "
            "WHERE departement_code IN (SELECT departement_code FROM incoming) "
            "AND NOT EXISTS (SELECT 1 FROM incoming i WHERE i.code = t.code) RETURNING code",
            emptied=", ".join(
                "ST_SetSRID('MULTIPOLYGON EMPTY'::geometry, 4326)" if name == "contour" else name
                for name in self.columns
            ),
        )
        self._retired = sorted(code for (code,) in self._cursor.fetchall())
        return self._retired

    def compare(self) -> Counts:
        """What `upsert` would do."""
        self._run(
            "SELECT count(*) FILTER (WHERE t.code IS NULL), "
            "count(*) FILTER (WHERE t.code IS NOT NULL AND {differ}), "
            "count(*) FILTER (WHERE NOT ({differ})), "
            "coalesce(bool_or(t.low_3857 IS NULL OR t.contour IS DISTINCT FROM i.contour), false), "
            "array_agg(i.code ORDER BY i.code) "
            "FILTER (WHERE NOT ST_IsEmpty(t.contour) AND ST_IsEmpty(i.contour)) "
            "FROM incoming i LEFT JOIN {table} t ON t.code = i.code"
        )
        created, updated, same, contours, retired = self._cursor.fetchone()
        return Counts(created, updated, same - self._without_land(), contours, tuple(retired or ()))

    def upsert(self) -> None:
        """Merge in one statement, so that triggers see the geography before and after only."""
        self._run(
            "INSERT INTO {table} AS t ({columns}) SELECT {columns} FROM incoming "
            "ON CONFLICT (code) DO UPDATE SET {assigned} WHERE {conflict}",
            assigned=", ".join(f"{name} = excluded.{name}" for name in self.columns[1:]),
            conflict=self._differ("t", "excluded"),
        )

    def _without_land(self) -> int:
        """Retired before this import: neither changed nor part of the geography."""
        if not self._retired:
            return 0
        self._cursor.execute(
            f"SELECT count(*) FROM {self.table} WHERE ST_IsEmpty(contour) AND code = ANY(%s)",  # noqa: S608
            [self._retired],
        )
        return int(self._cursor.fetchone()[0])

    def _differ(self, left: str, right: str) -> str:
        lefts = ", ".join(f"{left}.{name}" for name in self.columns)
        rights = ", ".join(f"{right}.{name}" for name in self.columns)
        return f"({lefts}) IS DISTINCT FROM ({rights})"

    def _run(self, statement: str, **parts: str) -> None:
        self._cursor.execute(
            statement.format(
                table=self.table,
                columns=", ".join(self.columns),
                differ=self._differ("t", "i"),
                **parts,
            )
        )


def hex_wkb(geometries: Sequence[shapely.Geometry | None], srid: int = WGS84) -> list[str | None]:
    """Hexadecimal EWKB of each geometry, as COPY takes it; None stays None."""
    array = shapely.set_srid(np.array(geometries, dtype=object), srid)
    return list(shapely.to_wkb(array, hex=True, include_srid=True))


def _common(record: TerritoryRecord, contour: str | None, point: str | None) -> tuple[Any, ...]:
    return (
        record.code,
        record.name,
        contour,
        point,
        record.population,
        legal_srid(record),
        record.millesime,
        record.approximate,
        record.source,
    )


def _extra(record: TerritoryRecord) -> tuple[Any, ...]:
    if record.level == "departement":
        return (record.region, record.prefecture or "")
    if record.level == "epci":
        return (list(record.departements),)
    if record.level == "commune":
        return (record.departement, record.region, record.epci, record.main_commune)
    return ()
