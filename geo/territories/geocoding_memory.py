"""What a process remembers of the geocoder: its last answers, its pace, its absence.

In memory only and for minutes: a search tells which place is watched. Leaves the calls to
`geo.territories.geocoding`.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from geo.core.errors import SourceUnavailable
from geo.territories.geocoding_answers import Found

# After a failure the service is left alone for a while, and the fallback answers at once.
AWAY_S = 15.0
KEPT_S = 300.0
KEPT = 500
# Per process, so that several stay below the service's 50 a second for our whole address.
CALLS_PER_S = 10


class Memory:
    """Answers of the last minutes, the pace of our calls, and whether the service is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything, the service's absence included."""
        with self._lock:
            self._answers: OrderedDict[str, tuple[float, tuple[Found, ...]]] = OrderedDict()
            self._away_until = 0.0
            self._tokens, self._filled = float(CALLS_PER_S), time.monotonic()

    def get(self, key: str) -> tuple[Found, ...] | None:
        """The answer to a question asked in the last minutes, None when there is none."""
        with self._lock:
            known = self._answers.get(key)
            if known is None or time.monotonic() - known[0] > KEPT_S:
                return None
            self._answers.move_to_end(key)
            return known[1]

    def keep(self, key: str, found: tuple[Found, ...]) -> None:
        """Remember an answer; the least recently used one goes when there are too many."""
        with self._lock:
            self._answers[key] = (time.monotonic(), found)
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)

    def failed(self) -> None:
        """The service is away: nobody asks it for a while."""
        with self._lock:
            self._away_until = time.monotonic() + AWAY_S

    def admit(self) -> None:
        """Count one call. Raises `SourceUnavailable` when away, or when the pace is too high."""
        with self._lock:
            now = time.monotonic()
            if now < self._away_until:
                raise SourceUnavailable("Le service d'adresses ne répond pas.")
            earned = (now - self._filled) * CALLS_PER_S
            self._tokens, self._filled = min(float(CALLS_PER_S), self._tokens + earned), now
            if self._tokens < 1:
                raise SourceUnavailable("Trop de recherches d'adresses en même temps.")
            self._tokens -= 1


memory = Memory()
