"""A journey through the fake ProConnect, for the tests of sign-in: good and bad ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from geo.accounts.identity_models import ExternalIdentity
from geo.accounts.models import User
from geo.accounts.oidc import provider
from geo.accounts.oidc.refusals import Reason
from tests.fakes.proconnect.process import AGENT, Running, point_at, running

RETURN = "/connexion/proconnect/retour/"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process of the fake for this module."""
    with running(tmp_path_factory.mktemp("proconnect")) as fake:
        yield fake


@pytest.fixture
def fake(process: Running, settings: Any) -> Iterator[Running]:
    """In good health, and where the settings say; outside its contract nothing was asked."""
    point_at(settings, process.issuer)
    process.order(agent=AGENT["sub"])
    yield process
    provider.forget()
    assert process.report()["refusals"] == []


@pytest.fixture
def linked(fake: Running, admin_93: User) -> User:
    """An account without password, which this agent's identity opens."""
    admin_93.set_unusable_password()
    admin_93.save()
    ExternalIdentity.objects.create(user=admin_93, issuer=fake.issuer, sub=AGENT["sub"])
    return admin_93


def leave(client: Client, **fields: str) -> str:
    """Where the browser is sent."""
    answer = client.post("/connexion/proconnect/", fields)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def visit(address: str) -> str:
    """What the provider sends the browser back to, as a path of ours."""
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def journey(client: Client, **fields: str) -> Any:
    """The whole of it, to our answer."""
    return client.get(visit(leave(client, **fields)))


def reason(answer: Any) -> str:
    """The name of a refusal, as the page shows it."""
    found = re.search(r"data-reason>([^<]+)<", answer.content.decode())
    assert found, answer.content.decode()[:3000]
    return found[1]


def refused(client: Client, answer: Any, expected: Reason) -> None:
    assert reason(answer) == expected
    assert answer.status_code >= 400
    assert client.get("/compte/").status_code == 302
    assert not client.session.get("account_authentication_methods")
