"""The demonstration loaded once for each module that asks for it, and rolled back at its end.

A module says in `DEMO_ARGUMENTS` what it needs of it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import transaction

from geo.territories.approximation import build
from geo.territories.services import territories_import


def demo_data(*arguments: str) -> str:
    """Run the command; returns what it says."""
    said = io.StringIO()
    call_command("demo_data", "--no-parcels", *arguments, stdout=said)
    return said.getvalue()


@pytest.fixture(scope="module")
def _loaded(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("local")
    before = django_settings.LOCAL_DIR
    django_settings.LOCAL_DIR = folder
    with django_db_blocker.unblock(), transaction.atomic():
        territories_import(records=build().records)
        demo_data(*getattr(request.module, "DEMO_ARGUMENTS", ()))
        yield folder
        transaction.set_rollback(True)
    django_settings.LOCAL_DIR = before


@pytest.fixture
def demo(_loaded: Path) -> Iterator[Path]:
    """The loaded demonstration; what a test writes is undone. Gives the folder of local files."""
    files = {path: path.read_bytes() for path in _loaded.iterdir() if path.is_file()}
    with transaction.atomic():
        yield _loaded
        transaction.set_rollback(True)
    for path in _loaded.iterdir():
        if path not in files:
            path.unlink()
    for path, content in files.items():
        path.write_bytes(content)
        path.chmod(0o600)
