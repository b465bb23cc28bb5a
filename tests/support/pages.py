"""What the tests of pages share: both themes, and nothing remembered.

Fixtures to import by name where they serve. Leaves rows to `factories`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.template import engines

from geo.territories import geocoding_memory


@pytest.fixture(params=["dsfr", "neutral"])
def theme(request: pytest.FixtureRequest, settings: Any) -> str:
    """Each of the two looks in turn, its templates read again."""
    chosen: str = request.param
    settings.ATLAS_THEME = chosen
    folder = settings.BASE_DIR / "web" / "themes" / chosen
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [folder]}]
    assert engines["django"].dirs == [folder]
    return chosen


@pytest.fixture
def nothing_remembered() -> Iterator[None]:
    """Places found and figures kept are forgotten before and after."""
    geocoding_memory.memory.clear()
    cache.clear()
    yield
    geocoding_memory.memory.clear()
    cache.clear()
