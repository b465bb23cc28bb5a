"""Requests invented from the description of the feeds, as each role: nothing but what is declared.

Part of `make soak`; a short run of it is in the suite.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from geo.accounts.enums import Level, Role
from geo.accounts.policies import TOKEN_ROLES
from geo.accounts.tokens import token_create
from tests.support.factories import close_site, make_site, make_user

pytestmark = pytest.mark.django_db
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
READERS = ["public", *sorted(TOKEN_ROLES)]
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def headers_of(role: str) -> dict[str, str]:
    """The token of an invented account of that role; nothing for the public."""
    if role == "public":
        return {}
    level, code = (Level.NATION, "") if "national" in role else (Level.DEPARTEMENT, "93")
    _, clear = token_create(user=make_user(Role(role), level, code), name="Essai", purpose="Essai")
    return {"Authorization": f"Bearer {clear}"}


def storm(role: str, examples: int) -> int:
    """Ask every operation that the description of this reader tells; returns how many there are."""
    # The client in process does not undo compression.
    headers = headers_of(role) | {"Accept-Encoding": "identity"}
    application = get_wsgi_application()
    schema = schemathesis.openapi.from_wsgi("/ogc/api", application, headers=headers)
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=QUIET,
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()
        asked += 1
    return asked


@pytest.fixture
def rows(territories: Any) -> Iterator[None]:
    """A few sites, behind a server that keeps the connection of the test."""
    make_site(2.35, 48.93, population={"people": 12})
    close_site(make_site(2.36, 48.93))
    make_site(5.4, 43.3)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("role", ["public", Role.LOCAL_ADMIN.value])
def test_a_few_requests_of_each_kind(rows: None, role: str) -> None:
    assert storm(role, 2) > 10


@pytest.mark.soak
@pytest.mark.parametrize("role", READERS)
def test_a_storm_of_requests(rows: None, role: str) -> None:
    assert storm(role, 150) > 10
