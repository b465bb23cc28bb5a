"""What the tests of the site form share: its fields, posting it, reading its errors."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone

from geo.core.scope import Scope

NATION = Scope.nation()
TODAY = timezone.localdate().isoformat()
MINIMAL = {
    "name": "Les Cerisiers inventés",
    "position": "48,93 ; 2,35",
    "field_type": "land",
    "location_accuracy": "exact",
    "declared_on": "2026-01-05",
    "observed_on": TODAY,
    "action": "save",
}
SQUARE = "48.929, 2.349\n48.929, 2.351\n48.931, 2.351\n48.931, 2.349"


def create(client: Client, **fields: Any) -> Any:
    return client.post("/sites/nouveau/", MINIMAL | fields)


def errors(response: Any) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in response.context["form"].errors.items()}
