"""A wall that is down is told: the reads of each output, compared under both walls.

`tests/test_second_wall.py` shows that nothing leaks then; here, that somebody hears of it, and that
nobody hears of anything while both walls stand.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.core import compared, rls
from geo.core.scope import Areas, DataClass, Reach, Scope
from geo.sites.models import Site, SiteLocation, SiteOwner
from geo.sites.querysets import SiteQuerySet
from geo.sites.restricted.querysets import RestrictedQuerySet
from tests.support.factories import make_site, make_user
from tests.support.pyramid import tile_at
from tests.support.restricted import fill
from tests.test_second_wall import walls

pytestmark = pytest.mark.django_db


@pytest.fixture
def sites(territories: Any) -> list[Site]:
    """One site in each of two departements, with their blocks."""
    found = [
        make_site(2.3512, 48.9312, name="CANARI 93", population={"people": 30}),
        make_site(5.4012, 43.3012, name="CANARI 13", population={"people": 30}),
    ]
    for site in found:
        fill(site)
    return found


@contextmanager
def told(caplog: Any, settings: Any) -> Iterator[list[str]]:
    """Every read is compared inside the block; what was said of it."""
    settings.WALLS_COMPARED_EVERY = 1
    caplog.clear()
    said: list[str] = []
    with caplog.at_level(logging.WARNING, logger=compared.__name__):
        yield said
    records = [record for record in caplog.records if record.name == compared.__name__]
    # A comparison that fails proves nothing.
    assert {record.levelname for record in records} <= {"CRITICAL"}, caplog.text
    said.extend(record.getMessage() for record in records)


@pytest.fixture(autouse=True)
def nothing_kept(settings: Any) -> None:
    """A tile made before a wall fell would be given again, and read nothing."""
    settings.TILE_KEPT_FROM_MS = 60_000


def outputs(site: Site) -> list[str]:
    """One address of each kind of output that reads sites."""
    z, (x, y) = 12, tile_at(12, 5.4012, 43.3012)
    return [
        "/ogc/collections/sites/items",
        "/ogc/collections/sites/items?resultType=hits",
        f"/tiles/sites/{z}/{x}/{y}.mvt",
        "/ogc/collections/sites/items?q=canari",
        f"/sites/{site.pk}/",
    ]


@pytest.mark.parametrize("index", range(5))
def test_a_missing_first_wall_is_told_and_shows_nothing(
    index: int, sites: list[Site], client: Client, monkeypatch: Any, request: Any
) -> None:
    caplog, settings = (request.getfixturevalue(name) for name in ("caplog", "settings"))
    path = outputs(sites[1])[index]
    client.force_login(make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"))
    with walls(monkeypatch), told(caplog, settings) as before:
        client.get(path, follow=True)
    assert not before, before
    with walls(monkeypatch, first=False), told(caplog, settings) as said:
        response = client.get(path, follow=True)
        body = b"".join(response.streaming_content) if response.streaming else response.content
    assert b"CANARI 13" not in body
    assert any("first wall missing" in line for line in said), (path, caplog.text)
    # What was asked, and of whom, stays out of the logs.
    assert not any("CANARI" in line or str(sites[1].pk) in line for line in said)


@pytest.mark.parametrize("place", [SiteQuerySet, RestrictedQuerySet])
def test_one_forgotten_visible_to_is_told(
    place: Any, sites: list[Site], monkeypatch: Any, caplog: Any, settings: Any
) -> None:
    """The sabotage of one queryset at a time: every row of its tables."""
    reader = Scope.nation()
    if place is SiteQuerySet:
        reader = scope_of_93()
    model = Site if place is SiteQuerySet else SiteOwner
    allowed = {"93"} if place is SiteQuerySet else set()
    with rls.reading(reader):
        with told(caplog, settings) as before:
            assert model.objects.visible_to(reader).count() == len(allowed)
        assert not before
        monkeypatch.setattr(place, "visible_to", lambda self, scope: self.all())
        with told(caplog, settings) as said:
            assert model.objects.visible_to(reader).count() == len(allowed)
        assert len(said) == 1


def test_with_the_policies_off_the_first_wall_holds_and_nothing_is_told(
    sites: list[Site], client: Client, monkeypatch: Any, caplog: Any, settings: Any
) -> None:
    client.force_login(make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"))
    with walls(monkeypatch, second=False), told(caplog, settings) as said:
        bodies = [client.get(path, follow=True) for path in outputs(sites[1])]
    assert not said
    for response in bodies:
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert b"CANARI 13" not in body


def test_a_comparison_leaves_no_trace(sites: list[Site], settings: Any) -> None:
    settings.WALLS_COMPARED_EVERY = 1
    scope = scope_of_93()
    with rls.reading(scope):
        assert SiteLocation.objects.count() == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('atlas.visible', true)")
            assert cursor.fetchone() == ("D93",)
            cursor.execute("SELECT current_setting('statement_timeout')")
            assert cursor.fetchone() == ("0",)


def test_only_reads_that_can_be_repeated_are_compared() -> None:
    assert compared.comparable("SELECT id FROM site")
    for text in (
        "SELECT id FROM site FOR UPDATE",
        "UPDATE site SET version = 2",
        "INSERT INTO site_population DEFAULT VALUES",
        "SELECT 1",
    ):
        assert not compared.comparable(text), text


def scope_of_93() -> Scope:
    return Scope(reaches=((DataClass.GENERAL, Reach(exact=Areas(departements=("93",)))),))
