"""Tables shared by every package; leaves the domain to the applications above."""

from __future__ import annotations

import secrets

from django.db import models


def random_id() -> int:
    """A positive integer below 2^53, drawn at random: a sequence would tell counts and order."""
    return secrets.randbelow(2**53 - 1) + 1


class LayerVersion(models.Model):
    """How many times a collection's data changed; see `geo.core.versions`."""

    layer = models.CharField(max_length=60, primary_key=True)
    version = models.BigIntegerField(default=0)

    class Meta:
        db_table = "layer_version"

    def __str__(self) -> str:
        return f"{self.layer} {self.version}"
