"""A prepared read carries its reader: one plan for many, each with their own rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from geo.core import prepared, rls
from geo.core.errors import TooCostly
from geo.core.scope import Areas, DataClass, Reach, Scope
from geo.core.timed import fetch
from tests.support.factories import make_site

pytestmark = pytest.mark.django_db(transaction=True)
CODES = "SELECT commune_code FROM site WHERE field_type = %s ORDER BY 1"


@pytest.fixture
def sites(territories: Any) -> None:
    """A site in each of two departements."""
    for place in ((2.35, 48.93), (5.40, 43.30)):
        make_site(*place)


def reader(code: str) -> Scope:
    return Scope(reaches=((DataClass.GENERAL, Reach(exact=Areas(departements=(code,)))),))


def codes(scope: Scope | None) -> list[str]:
    with rls.reading(scope):
        return [str(code) for (code,) in fetch(2_000, CODES, ["land"], prepared=True)]


def test_one_plan_serves_many_readers_each_with_their_rows(sites: Any) -> None:
    # Enough times for the database to keep one plan, whose rows are still the reader's.
    for _ in range(8):
        assert codes(reader("93")) == ["93066"]
        assert codes(reader("13")) == ["13055"]
        assert codes(Scope.public()) == []
        assert codes(Scope.nation()) == ["13055", "93066"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(generic_plans) FROM pg_prepared_statements"
            " WHERE statement LIKE '%%commune_code FROM site%%'"
        )
        statements, generic = cursor.fetchone()
        assert (statements, generic > 0) == (1, True)
        # Nothing is left for the next statement of the connection.
        cursor.execute("SELECT coalesce(current_setting('atlas.visible', true), '')")
        assert cursor.fetchone() == ("",)
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone() == ("0",)


def test_nobody_reads_nothing_prepared(sites: Any) -> None:
    with pytest.raises(rls.NoReaderError):
        codes(None)
    # What holds no site needs no reader.
    with rls.reading(None):
        assert fetch(2_000, "SELECT count(*) FROM commune", [], prepared=True)[0][0] > 0


def test_inside_a_transaction_it_is_abandoned_without_breaking_it(sites: Any) -> None:
    with rls.reading(reader("93")), transaction.atomic():
        assert codes(reader("13")) == ["13055"]
        with pytest.raises(TooCostly):
            fetch(20, "SELECT pg_sleep(2) FROM site", [], prepared=True)
        assert codes(reader("93")) == ["93066"]
    with pytest.raises(TooCostly), rls.reading(reader("93")):
        fetch(20, "SELECT pg_sleep(2) FROM site", [], prepared=True)
    assert codes(reader("93")) == ["93066"]


def test_a_lost_connection_is_said_as_any_other(sites: Any) -> None:
    assert codes(reader("93")) == ["93066"]
    connection.connection.close()
    with pytest.raises(OperationalError):
        codes(reader("93"))
    connection.close()
    assert codes(reader("93")) == ["93066"]


def test_whoever_watches_statements_sees_them(sites: Any) -> None:
    seen: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    assert prepared.usable()
    with connection.execute_wrapper(watch):
        assert not prepared.usable()
        assert codes(reader("93")) == ["93066"]
    assert len(seen) == 1
