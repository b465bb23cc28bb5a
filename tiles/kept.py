"""Tiles that took long to make, kept for every worker under the version of their data.

The key is the digest of rights, date, filters and address, never of a person; the version is read
in the same statement, so that an edit or a right withdrawn is never answered from here. Leaves
validators to `geo.core.caching` and tiles to `sql`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.utils import timezone

from geo.core import versions
from tiles.models import KeptTile

FOUND = f"""
WITH now AS ({versions.READ}),
told AS (
    SELECT string_agg(coalesce(now.version, '0'), '-' ORDER BY asked.layer COLLATE "C") AS version
    FROM unnest(%s::text[]) AS asked(layer) LEFT JOIN now ON now.layer = asked.layer
)
SELECT told.version, k.encoding, k.body FROM told
LEFT JOIN tile_kept k ON k.key = %s AND k.version = told.version
"""
KEEP = """
INSERT INTO tile_kept AS k (key, version, encoding, body, kept_at)
VALUES (%s, %s, %s, %s, clock_timestamp())
ON CONFLICT (key) DO UPDATE SET version = EXCLUDED.version, encoding = EXCLUDED.encoding,
    body = EXCLUDED.body, kept_at = EXCLUDED.kept_at
"""
CLEAR = """
DELETE FROM tile_kept WHERE key IN (
    SELECT key FROM (
        SELECT key, sum(octet_length(body)) OVER (ORDER BY kept_at DESC, key) AS size FROM tile_kept
    ) latest WHERE size > %s
)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of a tile as it is sent, under `encoding` (empty: as it is)."""

    body: bytes
    encoding: str


@dataclass(frozen=True, slots=True)
class Found:
    """The version of the data now, and the answer kept under it (None when there is none)."""

    key: str
    version: str
    answer: Answer | None


def find(collection_ids: Sequence[str], key: str) -> Found:
    """The version of these collections and the tile kept for it, in one query."""
    ids = sorted(collection_ids)
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [ids, ids, key])
        version, encoding, body = cursor.fetchone()
    return Found(key, version, None if body is None else Answer(bytes(body), encoding))


def keep(found: Found, answer: Answer) -> None:
    """Keep an answer in the place of the one of an earlier version."""
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [found.key, found.version, answer.encoding, answer.body])


def clear() -> int:
    """Forget what is old, and the oldest beyond the room there is; returns how many tiles."""
    limit = timezone.now() - dt.timedelta(hours=settings.TILE_KEPT_HOURS)
    old, _ = KeptTile.objects.filter(kept_at__lt=limit).delete()
    with connection.cursor() as cursor:
        cursor.execute(CLEAR, [settings.TILE_KEPT_BYTES])
        return old + int(cursor.rowcount)
