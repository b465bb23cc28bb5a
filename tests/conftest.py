"""Ambient strictness of the suite: its own database, no outside address."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from geo.core import rls
from geo.core.scope import Scope
from tests.support.database import test_database

pytest_plugins = ["tests.support.factories", "tests.support.pages", "tests.support.exports"]
_connect = socket.socket.connect


@pytest.fixture(scope="session", autouse=True)
def _both_factors() -> None:
    """`Client.force_login` opens what a person signed in by both factors opens."""
    from tests.support.signing import install

    install()


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """The suite's database, one for each parallel worker."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    with django_db_blocker.unblock(), test_database(worker):
        yield


@pytest.fixture(scope="session", autouse=True)
def _reader_of_the_tests() -> Iterator[None]:
    """What tests themselves write and look up is done everywhere; requests narrow it to theirs."""
    with rls.reading(Scope.everything()):
        yield


@pytest.fixture(autouse=True)
def _charter_accepted(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Who signs in or holds a token has accepted the charter, but in tests that are about it
    (`charter_asked`)."""
    from django.contrib.auth.signals import user_logged_in

    from geo.accounts.life.charter import charter_in_force
    from web.accounts.life.charter import SEEN

    def accepted(**given: Any) -> None:
        given["request"].session[SEEN] = charter_in_force().number

    if "charter_asked" not in request.fixturenames:
        user_logged_in.connect(accepted, dispatch_uid="charter-accepted")
        monkeypatch.setattr("geo.accounts.tokens.charter_is_accepted", lambda _: True)
    yield
    user_logged_in.disconnect(dispatch_uid="charter-accepted")


@pytest.fixture
def charter_asked() -> None:
    """The charter is asked of whoever signs in, as it is outside the tests."""


@pytest.fixture(autouse=True)
def _no_outside_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that does not stay on this machine."""

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = address[0]
            if host not in {"127.0.0.1", "::1", "localhost"}:
                raise AssertionError(f"a test called an outside address: {host}")
        return _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
