"""What is answered when the service itself fails: to people a page, to programs a document."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("secret of the inside")


def away(*_: Any, **__: Any) -> Any:
    raise OperationalError("no such socket: /var/run/inside")


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("path", "place"),
    [("/", "web.public.views.render"), ("/ogc/", "feeds.views.documents.landing")],
)
@pytest.mark.parametrize("fault", [broken, away])
@pytest.mark.django_db
def test_a_fault_is_told_in_the_reader_s_own_form(
    visitor: Client, monkeypatch: Any, path: str, place: str, fault: Any
) -> None:
    status = 503 if fault is away else 500
    monkeypatch.setattr(place, fault)
    response = visitor.get(path)
    assert response.status_code == status
    assert "inside" not in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert response.get("Retry-After") == ("10" if status == 503 else None)
    if path == "/ogc/":
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["status"] == status
    else:
        assert "<h1>" in response.content.decode()
