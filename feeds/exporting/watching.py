"""Beside a job that makes an export: its progress told each second, its cancellation heard.

A thread of its own, so that a long statement or a long ending of the file is watched too. Leaves
what is made to the job.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from django.db import DatabaseError, connection, connections
from django.utils import timezone

from feeds.exporting.models import Export, State
from geo.core.errors import TooCostly

logger = logging.getLogger(__name__)

BEAT_S = 1.0


class Cancelled(Exception):
    """Nobody wants this export any more."""


class Watch:
    """`tick` is told the rows, and raises `Cancelled` once the export is no longer wanted.

    `about` rows are expected.
    """

    def __init__(self, export_id: int, about: int) -> None:
        self.export_id, self.about, self.rows = export_id, about, 0
        self._over, self._cancelled = threading.Event(), threading.Event()
        self._reading: Any = None
        self._thread = threading.Thread(target=self._watch, name="export-watch", daemon=True)

    def __enter__(self) -> Watch:
        connection.ensure_connection()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def tick(self, rows: int) -> None:
        """So many rows are written. Raises `Cancelled`."""
        self.rows = rows
        if self._cancelled.is_set():
            raise Cancelled

    @contextmanager
    def cancels_reading(self) -> Iterator[None]:
        """Inside, a cancellation interrupts the statement of this thread's connection."""
        self._reading = connection.connection
        try:
            yield
        except TooCostly as error:
            # The database tells an interruption as it tells a time-out.
            if self._cancelled.is_set():
                raise Cancelled from error
            raise
        finally:
            self._reading = None
        self.tick(self.rows)

    def _watch(self) -> None:
        try:
            while not self._over.wait(BEAT_S):
                if not self._wanted():
                    self._cancelled.set()
                    if (reading := self._reading) is not None:
                        reading.cancel()
                    return
        finally:
            connections.close_all()

    def _wanted(self) -> bool:
        """Tell the progress; false when the export is no longer under way."""
        running = Export.objects.filter(pk=self.export_id, state=State.RUNNING)
        try:
            told = {"rows": self.rows, "about": self.about, "beat_at": timezone.now()}
            return bool(running.update(**told))
        except DatabaseError:
            # The job itself will hear of it.
            logger.warning("export %d: progress not told", self.export_id)
            return True
