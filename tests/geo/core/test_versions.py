"""Versions: raised by each commit, never met twice, without a writer waiting for another."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, transaction

from geo.core import versions
from geo.core.models import LayerChange
from geo.facilities.models import Facility
from tests.support.database import parameters

LAYER = "facilities"


def touch() -> None:
    """A write, even of no row, raises the version: the statement is what counts."""
    Facility.objects.filter(pk=-1).update(name="")


@pytest.mark.django_db
def test_a_write_raises_the_version_of_what_it_changes_only() -> None:
    facilities, communes = versions.current([LAYER]), versions.current(["communes"])
    touch()
    assert versions.current([LAYER]) != facilities
    assert versions.current(["communes"]) == communes
    assert versions.current(["communes", LAYER]) == f"{communes}-{versions.current([LAYER])}"


@pytest.mark.django_db
def test_what_is_undone_leaves_no_version_to_be_met_again() -> None:
    """Rights or rows remembered inside a transaction that failed are nobody's afterwards."""
    before = versions.current([LAYER])
    with transaction.atomic():
        touch()
        seen = versions.current([LAYER])
        transaction.set_rollback(True)
    assert versions.current([LAYER]) == before
    touch()
    assert versions.current([LAYER]) not in {before, seen}


@pytest.mark.django_db
def test_adding_up_keeps_versions_and_leaves_one_row_for_each() -> None:
    touch()
    touch()
    before = versions.current([LAYER])
    versions.add_up()
    assert versions.current([LAYER]) == before
    assert LayerChange.objects.filter(layer=LAYER).count() == 1
    versions.add_up()
    touch()
    assert versions.current([LAYER]) != before


@pytest.mark.django_db(transaction=True)
def test_two_writers_do_not_wait_for_each_other() -> None:
    before = versions.current([LAYER])
    with psycopg.connect(**parameters("owner")) as other:
        other.execute("UPDATE facility SET name = '' WHERE id = -1")
        # The other has not committed: nothing shows, and this one is not held up.
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 2000")
        touch()
        mine = versions.current([LAYER])
        assert mine != before
        other.commit()
    assert versions.current([LAYER]) not in {before, mine}
