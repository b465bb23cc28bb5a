"""Two writers at once: no update is lost, one step of history for each that succeeds."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds import writes
from geo.core.scope import Scope
from geo.sites.history_models import SiteEvent
from geo.sites.models import Site
from geo.sites.services import site_update
from tests.support.at_once import at_once
from tests.support.factories import make_site
from tests.support.feed_writes import MERGE, SITES, read, send

# What each does: read again, or write one property over the version last read.
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1]),
        st.sampled_from(["read", "name", "address", "resorption_target"]),
    ),
    min_size=2,
    max_size=5,
)
VALUES = {"name": "Nom {}", "address": "{} rue inventée", "resorption_target": 2012}


def requests_told(site: Site) -> set[str]:
    """The requests that the history of a site tells."""
    told = SiteEvent.objects.filter(site=site.pk, context__isnull=False)
    return {each.context["request"] for each in told}


@pytest.mark.django_db
@given(steps=STEPS)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_only_who_read_the_last_version_writes(
    client: Client, admin_93: Any, steps: list[tuple[int, str]]
) -> None:
    client.force_login(admin_93)
    site = make_site()
    path = f"{SITES}/{site.pk}"
    first, held = read(client, path)
    holds = [held, held]
    expected = dict(first["properties"])
    current, version, written = held, 1, 0
    # In the test's one transaction, what is made here is told as the last request of before.
    before = requests_told(site)
    for number, (who, what) in enumerate(steps, start=1):
        if what == "read":
            _, holds[who] = read(client, path)
            continue
        form = VALUES[what]
        value = form.format(number) if isinstance(form, str) else form + number
        part = {"properties": {what: value}}
        response = send(client, "PATCH", path, part, media=MERGE, headers=holds[who])
        assert response.status_code == (204 if holds[who] == current else 412)
        if response.status_code == 204:
            version, written = version + 1, written + 1
            expected[what] = value
            current = holds[who] = {"If-Match": response["ETag"]}
        else:
            assert response.json()["versions"]["current"] == current["If-Match"]
    now, held = read(client, path)
    assert held == current
    assert {name: now["properties"][name] for name in VALUES} == {
        name: expected[name] for name in VALUES
    }
    assert Site.objects.get(pk=site.pk).version == version
    # One step of the history for each success: what one request wrote.
    assert len(requests_told(site) - before) == written


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_one_writes_and_the_other_is_told_both(admin_93: Any) -> None:
    site = make_site()
    path = f"{SITES}/{site.pk}"
    clients = [Client(), Client()]
    for each in clients:
        each.force_login(admin_93)
    for turn in range(3):
        _, held = read(clients[0], path)
        found: list[tuple[int, str, Any]] = []

        def write(
            who: int, held: dict[str, str] = held, turn: int = turn, found: Any = found
        ) -> None:
            name = f"Nom {turn}-{who}"
            part = {"properties": {"name": name}}
            response = send(clients[who], "PATCH", path, part, media=MERGE, headers=held)
            found.append((response.status_code, name, response))

        at_once(lambda: write(0), lambda: write(1))
        (won, name, _), (lost, mine, response) = sorted(found, key=lambda each: each[0])
        assert won == 204
        assert lost in {409, 412}
        told = response.json()
        assert told["current"]["properties"]["name"] == name
        assert told["sent"]["properties"]["name"] == mine
        assert told["differences"] == ["name"]
        assert read(clients[0], path)[0]["properties"]["name"] == name
    assert Site.objects.get(pk=site.pk).version == 4


@pytest.mark.django_db
def test_a_conflict_found_by_the_service_is_a_409_with_both_versions(
    client: Client, admin_93: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes between the reading of the condition and the lock."""
    client.force_login(admin_93)
    site = make_site()
    path = f"{SITES}/{site.pk}"
    _, held = read(client, path)
    checked = writes.version_read

    def overtaken(*given: Any) -> Any:
        found = checked(*given)
        site_update(by=None, scope=Scope.nation(), site_id=site.pk, name="Entre-temps")
        return found

    monkeypatch.setattr(writes, "version_read", overtaken)
    part = {"properties": {"name": "Le mien"}}
    response = send(client, "PATCH", path, part, media=MERGE, headers=held)
    assert response.status_code == 409
    told = response.json()
    assert told["versions"]["current"].startswith('"2-')
    assert (told["current"]["properties"]["name"], told["sent"]["properties"]["name"]) == (
        "Entre-temps",
        "Le mien",
    )
