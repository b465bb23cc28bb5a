"""The offered layers are backgrounds for prints and QGIS."""

from __future__ import annotations

from typing import Any

import pytest

from geo.core import backgrounds
from geo.core.errors import NotFound, SourceUnavailable
from layers import selectors
from layers.capabilities import parse
from layers.services import layers_sync
from tests.fakes.geoplateforme import LAYERS, PICTURES, Geoplateforme, capabilities, status

pytestmark = pytest.mark.django_db


def test_the_three_layers_are_offered(settings: Any) -> None:
    settings.BASE_URL = "https://atlas.example.test"
    names = [background.name for background in backgrounds.available()]
    assert names == ["plan-ign", "orthophotos", "parcelles"]
    plan = backgrounds.get("plan-ign")
    assert plan.address == "https://atlas.example.test/layers/plan-ign/{z}/{x}/{y}"
    assert (plan.title, plan.attribution) == ("Plan IGN", "© IGN – Géoplateforme")
    assert not plan.overlay
    with pytest.raises(NotFound):
        backgrounds.get("inconnu")


def test_a_background_reads_its_tiles(fake: Geoplateforme) -> None:
    photos = backgrounds.get("orthophotos")
    assert photos.read(12, 2074, 1408) == PICTURES["image/jpeg"]
    fake.empty = lambda z, x, y: True
    assert photos.read(12, 2074, 1409) is None
    fake.always(status(500))
    with pytest.raises(SourceUnavailable):
        photos.read(12, 2074, 1410)


def test_a_lost_layer_is_no_background() -> None:
    from django.utils import timezone

    kept = {name: value for name, value in LAYERS.items() if "ORTHO" not in name}
    layers_sync(capabilities=parse(capabilities(kept)), at=timezone.now())
    selectors.forget()
    assert [b.name for b in backgrounds.available()] == ["plan-ign", "parcelles"]
