"""The one door to outside services keeps its deadline whatever the service does."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geo.core import http
from geo.core.errors import SourceSilent, SourceUnavailable
from tests.fakes.server import Asked, FakeServer, Reply, standing_in

BODY = b'{"communes": ["Saint-Denis"]}'
# Told to its end it would take ten minutes.
DROPS = 1_000


class Plain(FakeServer):
    """A service that answers the same to everything."""

    def answer(self, asked: Asked) -> Reply:
        return Reply(body=BODY)


@pytest.fixture
def service(settings: Any) -> Iterator[Plain]:
    fake = Plain()
    with standing_in(fake, "cadastre", settings):
        yield fake


def test_a_body_told_drop_by_drop_meets_the_deadline(service: Plain, tmp_path: Path) -> None:
    service.always(lambda: Reply(body=b"x" * DROPS, drip_s=0.6))
    with pytest.raises(SourceSilent):
        http.fetch("cadastre", "/x", deadline_s=1.0, tries=1)
    with pytest.raises(SourceSilent):
        http.download("cadastre", "/x", tmp_path / "body", deadline_s=1.0, tries=1)


def test_a_cut_body_is_asked_again_and_then_told(service: Plain) -> None:
    service.fault(lambda: Reply(body=b"{", cut=True))
    assert http.fetch("cadastre", "/x", deadline_s=10).body == BODY
    service.always(lambda: Reply(body=b"{", cut=True))
    with pytest.raises(SourceSilent):
        http.fetch("cadastre", "/x", tries=1)


def test_a_compressed_body_is_opened_within_its_bound(service: Plain) -> None:
    packed = gzip.compress(BODY * 1000)
    headers = {"Content-Encoding": "gzip"}
    service.always(lambda: Reply(body=packed, headers=headers))
    assert http.fetch("cadastre", "/x").body == BODY * 1000
    with pytest.raises(SourceUnavailable):
        http.fetch("cadastre", "/x", max_bytes=len(BODY) * 999, tries=1)
    service.always(lambda: Reply(body=b"this is no gzip", headers=headers))
    with pytest.raises(SourceSilent):
        http.fetch("cadastre", "/x", tries=1)
