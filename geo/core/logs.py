"""What a log line never holds: values quoted by the errors of the database and of geometries.

PostgreSQL tells the row it refuses (`DETAIL: Failing row contains …`) and GEOS the geometry: places
and names. The traceback, the kind of error and its SQLSTATE stay, the words go. Leaves what the
product itself writes to whoever writes it.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

import psycopg
import shapely
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException
from django.db import Error

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
QUOTING = (Error, psycopg.Error, GEOSException, GDALException, shapely.errors.ShapelyError)
CAUSE = "\nThe above exception was the direct cause of the following exception:\n"
CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n"


class DiscreetFormatter(logging.Formatter):
    """A formatter whose tracebacks quote no value of the database."""

    def formatException(self, ei: Raised) -> str:  # noqa: N802 # the name of logging
        """The traceback, its causes first."""
        _, error, _ = ei
        return "" if error is None else "\n".join(_told(error, set()))


def _told(error: BaseException, seen: set[int]) -> list[str]:
    seen.add(id(error))
    before: list[str] = []
    for origin, link in ((error.__cause__, CAUSE), (error.__context__, CONTEXT)):
        if origin is not None and id(origin) not in seen:
            shown = link is CAUSE or not error.__suppress_context__
            before += [*_told(origin, seen), link] if shown else []
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    return [
        *before,
        "Traceback (most recent call last):",
        "".join(frames).rstrip("\n"),
        _words(error),
    ]


def _words(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if not isinstance(error, QUOTING):
        return f"{kind}: {error}"
    origin = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(origin, psycopg.Error):
        return kind
    told = (origin.sqlstate, origin.diag.table_name, origin.diag.constraint_name)
    return f"{kind}: {' '.join(each for each in told if each)}"
