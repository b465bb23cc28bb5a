"""Tracebacks keep frames and kinds of errors, and quote no value of the database."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction

from geo.core.logs import DiscreetFormatter
from geo.sites.models import Site
from tests.support.factories import make_site

CANARY = "48.93571"


def logged(act: Callable[[], object]) -> str:
    formatter = DiscreetFormatter("%(message)s")
    try:
        act()
    except Exception:  # noqa: BLE001 # whatever it is, it is what would be logged
        info = sys.exc_info()
    else:
        raise AssertionError("nothing was raised")
    return formatter.format(logging.LogRecord("x", 40, __file__, 1, "told", None, info))


@pytest.mark.django_db
def test_a_refused_row_is_not_told(territories: None) -> None:
    site = make_site()

    def refused() -> None:
        with transaction.atomic():
            Site.objects.filter(pk=site.pk).update(resorption_target=-1, reference=CANARY)

    told = logged(refused)
    assert CANARY not in told
    assert "IntegrityError: 23514 site" in told
    assert "psycopg.errors.CheckViolation" in told
    assert "test_logs.py" in told


@pytest.mark.django_db
def test_a_statement_is_not_quoted() -> None:
    def wrong() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT ST_GeomFromText(%s)", [f"POINT({CANARY} 2"])

    assert CANARY not in logged(wrong)


@pytest.mark.parametrize("read", [shapely.from_wkt, GEOSGeometry])
def test_a_geometry_is_not_quoted(read: Callable[[str], object]) -> None:
    told = logged(lambda: read(f"POINT ({CANARY} 2 z"))
    assert CANARY not in told.rpartition("Traceback")[2].splitlines()[-1]


def test_the_others_keep_their_words_and_their_causes() -> None:
    def chained() -> None:
        try:
            raise KeyError("cause")
        except KeyError as error:
            raise RuntimeError("words") from error

    told = logged(chained)
    assert told.index("KeyError: 'cause'") < told.index("direct cause")
    assert told.endswith("RuntimeError: words")
