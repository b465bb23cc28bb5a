"""Ambient strictness of the suite: its own database, no outside address."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from geo.core import rls
from geo.core.scope import Scope
from tests.support.database import test_database

pytest_plugins = ["tests.support.factories", "tests.support.pages"]
_connect = socket.socket.connect


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
def _no_outside_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that does not stay on this machine."""

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = address[0]
            if host not in {"127.0.0.1", "::1", "localhost"}:
                raise AssertionError(f"a test called an outside address: {host}")
        return _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
