"""The door to a source that is asked about one site at a time: a shared pace and a shared pause.

Kept in the database, so that all workers and commands together stay within the source's limits,
and a thousand jobs do not each wait for a service that is away. Leaves the calls to its users.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from django.db import connection

from cadastre.models import SourceGate
from geo.core.errors import SourceUnavailable
from geo.core.sql import read_sql

THRESHOLD = 2


class SourcePaused(SourceUnavailable):
    """The source failed lately: it is left alone until `until`."""

    def __init__(self, message: str, until: dt.datetime) -> None:
        super().__init__(message)
        self.until = until


@dataclass(frozen=True, slots=True)
class Gate:
    """The door of one source: a call every `interval_s` at most, a pause after two failures.

    The first pause lasts `first_s` seconds, each further failure doubles it up to `longest_s`; at
    its end one caller tries for at most `trial_s`.
    """

    source: str
    name: str
    interval_s: float = 0.1
    first_s: float = 30.0
    longest_s: float = 900.0
    trial_s: float = 60.0

    def enter(self) -> None:
        """Wait for one's turn; raises `SourcePaused` at once while the source is left alone."""
        with connection.cursor() as cursor:
            cursor.execute(
                read_sql(__file__, "gate_admit"),
                {
                    "source": self.source,
                    "interval": self.interval_s,
                    "threshold": THRESHOLD,
                    "trial": self.trial_s,
                },
            )
            row = cursor.fetchone()
        if row is None:
            raise SourcePaused(
                f"{self.name} est injoignable : nouvel essai prévu.", self.paused_until()
            )
        time.sleep(row[0])

    def failed(self) -> dt.datetime | None:
        """Note that the source failed; returns the end of its pause, None while there is none."""
        with connection.cursor() as cursor:
            cursor.execute(
                read_sql(__file__, "gate_failed"),
                {
                    "source": self.source,
                    "threshold": THRESHOLD,
                    "first": self.first_s,
                    "longest": self.longest_s,
                },
            )
            (until,) = cursor.fetchone()
        return until if isinstance(until, dt.datetime) else None

    def succeeded(self) -> None:
        """Note that the source answers."""
        SourceGate.objects.filter(source=self.source, failures__gt=0).update(
            failures=0, paused_until=None
        )

    def paused_until(self) -> dt.datetime:
        """The end of the pause, in the past when there is none."""
        row = SourceGate.objects.filter(source=self.source).first()
        until = row.paused_until if row else None
        return until or dt.datetime.fromtimestamp(0, dt.UTC)
