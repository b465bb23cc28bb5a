"""Tiles kept for all workers: shared by equal rights, never older than their data or rights."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.models import Membership
from geo.core.scope import Scope
from geo.sites.services import site_update
from tests.support.factories import make_site, make_user
from tests.support.pyramid import address
from tiles import kept
from tiles.models import KeptTile

pytestmark = pytest.mark.django_db
PATH = address(2.35, 48.93, 12)


@pytest.fixture(autouse=True)
def keep_all(settings: Any) -> None:
    settings.TILE_KEPT_FROM_MS = 0


def made(queries: CaptureQueriesContext) -> bool:
    return any("ST_AsMVT" in query["sql"] for query in queries)


def asked(client: Client, path: str = PATH) -> tuple[Any, bool]:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    return response, made(queries)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_readers_of_equal_rights_share_a_tile(territories: Any) -> None:
    make_site(2.35, 48.93)
    one, two = (
        make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93", email=f"{name}@example.test")
        for name in ("une", "deux")
    )
    first, was_made = asked(signed_in(one))
    assert was_made
    second, was_made = asked(signed_in(two))
    assert not was_made
    assert second.content == first.content
    assert second["ETag"] == first["ETag"]
    assert second["Cache-Control"] == "private, no-cache"


def test_other_rights_dates_and_filters_never_meet(territories: Any) -> None:
    make_site(2.35, 48.93)
    exact = signed_in(make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93"))
    assert asked(exact)[1]
    blurred = signed_in(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    for client, path in (
        (blurred, PATH),
        (exact, f"{PATH}?status=open"),
        (exact, f"{PATH}?datetime=2020-01-01"),
    ):
        assert asked(client, path)[1]
    assert not asked(exact)[1]


def test_an_edit_shows_at_once(territories: Any, admin_93: Any) -> None:
    site = make_site(2.35, 48.93)
    client = signed_in(admin_93)
    before, _ = asked(client)
    site_update(by=None, scope=Scope.nation(), site_id=site.pk, field_type="building")
    after, was_made = asked(client)
    assert was_made
    assert after.content != before.content
    # The new one takes the place of the old.
    assert KeptTile.objects.count() == 1


def test_a_withdrawn_right_shows_at_once(territories: Any) -> None:
    make_site(2.35, 48.93)
    user = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
    client = signed_in(user)
    assert asked(client)[0].status_code == 200
    Membership.objects.filter(user=user).delete()
    assert asked(client)[0].status_code == 404


def test_what_anyone_may_see_is_kept_once(territories: Any, admin_93: Any) -> None:
    path = address(2.35, 48.93, 10, "communes")
    assert asked(Client(), path)[1]
    assert not asked(signed_in(admin_93), path)[1]


def test_an_empty_tile_is_kept_as_empty(territories: Any, admin_93: Any) -> None:
    client = signed_in(admin_93)
    assert asked(client)[0].status_code == 204
    response, was_made = asked(client)
    assert (response.status_code, was_made) == (204, False)


def test_each_compression_has_its_copy(territories: Any, admin_93: Any) -> None:
    for i in range(20):
        make_site(2.35 + i / 1000, 48.93)
    client = signed_in(admin_93)
    for coding in ("zstd", "gzip", ""):
        for _ in range(2):
            answer = client.get(PATH, headers={"Accept-Encoding": coding})
            assert answer.headers.get("Content-Encoding", "") == coding


def test_quick_tiles_are_not_kept(territories: Any, admin_93: Any, settings: Any) -> None:
    settings.TILE_KEPT_FROM_MS = 60_000
    asked(signed_in(admin_93))
    assert not KeptTile.objects.exists()


def test_what_is_old_or_too_much_is_cleared(settings: Any) -> None:
    settings.TILE_KEPT_BYTES = 25
    now = timezone.now()
    for hours, key in ((0, "new"), (1, "older"), (2, "oldest"), (30, "old")):
        KeptTile.objects.create(
            key=key,
            version="1",
            encoding="",
            body=b"x" * 10,
            kept_at=now - dt.timedelta(hours=hours),
        )
    assert kept.clear() == 2
    assert set(KeptTile.objects.values_list("key", flat=True)) == {"new", "older"}
