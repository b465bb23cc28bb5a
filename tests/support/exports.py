"""What the tests of exports share: sites with a dangerous name, a store, reading what is given.

Leaves the formats and the rights to the tests.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from geo.accounts.models import ReadLog, User
from geo.sites.models import Site
from tests.support.factories import close_site, make_site

FORMULA = '=HYPERLINK("http://x")'
HOME = (2.3512347, 48.9312347)


@pytest.fixture
def export_store(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A folder of its own, in which a finished test leaves no file."""
    settings.EXPORTS_DIR = tmp_path / "exports"
    yield settings.EXPORTS_DIR
    if settings.EXPORTS_DIR.exists():
        assert list(settings.EXPORTS_DIR.iterdir()) == []


@pytest.fixture
def export_sites(territories: Any) -> list[Site]:
    """Two in the 93 (one closed, one with a dangerous name), one in the 13."""
    here = make_site(*HOME, name=FORMULA)
    closed = make_site(2.45, 48.94, name='Nom "cité"\nsur deux lignes ; virgule, é')
    close_site(closed)
    return [here, closed, make_site(5.38, 43.31)]


@pytest.fixture
def exporter(client: Client, admin_93: User) -> Client:
    client.force_login(admin_93)
    return client


def body(client: Client, path: str, status: int = 200, /, **query: str) -> bytes:
    response = client.get(path, query)
    content = b"".join(response) if response.streaming else response.content
    assert response.status_code == status, content[:400]
    return content


def saved(client: Client, tmp_path: Path, ending: str, name: str = "sites", **query: str) -> Path:
    path = tmp_path / f"{name}.{ending}"
    path.write_bytes(body(client, f"/exports/{name}.{ending}", **query))
    return path


def features(client: Client, name: str = "sites", **query: str) -> dict[int, dict[str, Any]]:
    answer = client.get(f"/ogc/collections/{name}/items", query).json()
    found = {each["id"]: each["properties"] for each in answer["features"]}
    if "properties" not in query:
        # An export gives nothing restricted but to who names it.
        for properties in found.values():
            properties.pop("owner_category", None)
    return found


def table(text: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig")), delimiter=delimiter))


def lines() -> list[ReadLog]:
    return list(ReadLog.objects.filter(route__in=["export-file", "export_collection"]))
