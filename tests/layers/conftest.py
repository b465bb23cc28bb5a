"""What the tests of the layers share: a fake Géoplateforme and an empty cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layers import selectors
from layers.curated import BY_SLUG
from layers.models import Layer
from tests.fakes.geoplateforme import Geoplateforme, geoplateforme


@pytest.fixture(autouse=True)
def _empty_cache(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A disk cache of its own for each test, and no catalogue kept from another."""
    settings.CACHE_DIR = tmp_path / "cache"
    selectors.forget()
    yield
    selectors.forget()


@pytest.fixture
def fake(settings: Any) -> Iterator[Geoplateforme]:
    """A fake Géoplateforme in good health."""
    with geoplateforme(settings) as running:
        yield running


@pytest.fixture
def plan() -> Layer:
    """The Plan IGN as it is known without network nor table."""
    return selectors.layer_default(BY_SLUG["plan-ign"], 0)


@pytest.fixture
def parcels() -> Layer:
    """The cadastral parcels as they are known without network nor table."""
    return selectors.layer_default(BY_SLUG["parcelles"], 2)


@pytest.fixture
def photos() -> Layer:
    """The orthophotos as they are known without network nor table."""
    return selectors.layer_default(BY_SLUG["orthophotos"], 1)
