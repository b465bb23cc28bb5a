"""Spans of days in one column (a multirange of the database), and whether a day is in them.

Leaves what the spans mean to the models.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Func, Value


class DateSpansField(models.Field):
    """A `datemultirange`: days from each start, included, to its end, left out."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "datemultirange"


def no_span() -> Func:
    """The value that holds no day."""
    return Func(function="datemultirange", output_field=DateSpansField())


class HoldsDay(Func):
    """True when the spans of the first argument hold the day of the second."""

    template = "(%(expressions)s)"
    arg_joiner = " @> "
    output_field = models.BooleanField()

    def __init__(self, spans: str, day: Any) -> None:
        super().__init__(spans, Value(day, output_field=models.DateField()))
