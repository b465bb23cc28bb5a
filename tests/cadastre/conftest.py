"""What the tests of the cadastre share: a fake API Carto and a gate that keeps nobody waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cadastre import apicarto as client
from cadastre import services
from geo.core import http
from tests.fakes.apicarto import ApiCarto, apicarto


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pace between calls and no back-off: the tests count them instead."""
    gate = replace(client.GATE, interval_s=0)
    monkeypatch.setattr(client, "GATE", gate)
    monkeypatch.setattr(services, "GATE", gate)
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)


@pytest.fixture
def fake(settings: Any) -> Iterator[ApiCarto]:
    """A fake API Carto in good health."""
    with apicarto(settings) as running:
        yield running
