"""Valid time as asked by `datetime`: an instant (state at that date) or an interval (events).

Leaves to each collection how its rows meet it. Dates are those of Europe/Paris.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from geo.core.errors import InvalidInput

FOREVER = dt.date(9999, 12, 31)
BEGINNING = dt.date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class When:
    """`start` and `end` are included; an instant has them equal. `given` is False by default."""

    start: dt.date
    end: dt.date
    instant: bool
    given: bool = True

    @classmethod
    def now(cls) -> When:
        """The state today, nothing having been asked."""
        today = timezone.localdate()
        return cls(today, today, instant=True, given=False)

    @classmethod
    def at(cls, date: dt.date) -> When:
        """The state at the end of a day."""
        return cls(date, date, instant=True)

    @property
    def state_on(self) -> dt.date:
        """The day whose state is shown: the instant, or the interval's end, never after today."""
        return min(self.end, timezone.localdate())

    def __str__(self) -> str:
        if not self.given:
            return ""
        if self.instant:
            return self.start.isoformat()
        start = "" if self.start == BEGINNING else self.start.isoformat()
        end = "" if self.end == FOREVER else self.end.isoformat()
        return f"{start or '..'}/{end or '..'}"


def parse_when(text: str | None, *, field: str = "datetime") -> When:
    """Read `datetime` (OGC API - Features §7.15.4): `2024-05-01`, `2024-01-01/..`, RFC 3339.

    Empty gives `When.now()`. Raises `InvalidInput` naming the parameter.
    """
    if not text:
        return When.now()
    if "/" not in text:
        day = _day(text, field)
        return When(day, day, instant=True)
    left, _, right = text.partition("/")
    start = BEGINNING if left in {"", ".."} else _day(left, field)
    end = FOREVER if right in {"", ".."} else _day(right, field)
    if start == BEGINNING and end == FOREVER:
        raise InvalidInput("L'intervalle de dates n'a aucune borne.", field=field)
    if start > end:
        raise InvalidInput("Le début de l'intervalle est après sa fin.", field=field)
    return When(start, end, instant=False)


def _day(text: str, field: str) -> dt.date:
    # GDAL writes so the bound of a filter on a date: 2024-01-01T.
    text = text.removesuffix("T")
    try:
        if len(text) == 10:
            return dt.date.fromisoformat(text)
        moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
    except ValueError as error:
        raise InvalidInput(
            f"« {text[:40]} » n'est pas une date : attendu AAAA-MM-JJ, ou deux séparées par /.",
            field=field,
        ) from error
    if timezone.is_naive(moment):
        raise InvalidInput("Une heure est donnée avec son fuseau (Z ou +02:00).", field=field)
    try:
        return timezone.localtime(moment).date()
    except OverflowError as error:
        raise InvalidInput("Cette date est hors du calendrier.", field=field) from error
