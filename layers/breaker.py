"""Keeps a failing upstream from being asked again and again: a pause shared by every process.

A service that does not answer opens it at once, two bad answers in a row open it too; while it is
open nobody calls; at the end of the pause one caller tries, and the pause doubles up to a minute if
that fails. Leaves the calls to its users.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from layers.locks import Busy, locked, read_note, write_note

logger = logging.getLogger(__name__)

THRESHOLD = 2
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 60.0
# How long the one who tries may take before another may try as well.
TRIAL_S = 8.0
LOCK_WAIT_S = 0.5


@dataclass(slots=True)
class State:
    """What the processes share; moments are seconds since the epoch."""

    failures: int = 0
    level: int = 0
    opened: float = 0.0
    until: float = 0.0


class Breaker:
    """The breaker of one upstream, kept in the file `path`; no file means that all is well."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pause_s(self) -> float:
        """Seconds left during which nobody calls; 0 when calls are allowed."""
        try:
            return self._left(_decoded(self.path.read_text()))
        except OSError:
            return 0.0

    def admit(self) -> float:
        """0 when the caller may call, else the seconds to wait. Claims the trial if it is due."""
        if not self.path.exists():
            return 0.0
        with contextlib.suppress(OSError, Busy), locked(self.path, wait_s=LOCK_WAIT_S) as file:
            state = _decoded(read_note(file))
            left = self._left(state)
            if left > 0 or state.failures < THRESHOLD:
                return left
            state.until = time.time() + TRIAL_S
            write_note(file, json.dumps(asdict(state)))
        return 0.0

    def failed(self, started: float, *, silent: bool = False) -> None:
        """Count the failure of a call begun at `started`; calls under way together pause once.

        `silent` tells that the service did not answer at all: there is no second try to wait for.
        """
        with contextlib.suppress(OSError, Busy), locked(self.path, wait_s=LOCK_WAIT_S) as file:
            state, now = _decoded(read_note(file)), time.time()
            state.failures = max(state.failures + 1, THRESHOLD if silent else 0)
            if state.failures >= THRESHOLD and started >= state.opened:
                pause = min(FIRST_PAUSE_S * 2**state.level, LONGEST_PAUSE_S)
                state.level = min(state.level + 1, 10)
                state.opened, state.until = now, now + pause
                logger.warning("%s: no call for %.0f s", self.path.stem, pause)
            write_note(file, json.dumps(asdict(state)))

    def succeeded(self) -> None:
        """All is well again."""
        if self.path.exists():
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
                logger.info("%s: answers", self.path.stem)

    def _left(self, state: State) -> float:
        # A clock put back must not pause for longer than the longest pause.
        return min(max(0.0, state.until - time.time()), LONGEST_PAUSE_S)


def _decoded(text: str) -> State:
    try:
        known = json.loads(text)
        return State(
            int(known["failures"]),
            int(known["level"]),
            float(known["opened"]),
            float(known["until"]),
        )
    except (ValueError, KeyError, TypeError):
        return State()
