"""Tables shared by every package; leaves the domain to the applications above."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.db.models import GeneratedField

from geo.core.crs import WEB_MERCATOR


def random_id() -> int:
    """A positive integer below 2^53, drawn at random: a sequence would tell counts and order."""
    return secrets.randbelow(2**53 - 1) + 1


def mercator(
    column: str, kind: type[models.GeometryField[Any, Any]] = models.MultiPolygonField
) -> GeneratedField:
    """The stored EPSG:3857 twin of a geometry column, for tiles; its index is the model's."""
    return GeneratedField(
        expression=Transform(column, WEB_MERCATOR),
        output_field=kind(srid=WEB_MERCATOR, spatial_index=False),
        db_persist=True,
    )


class LayerVersion(models.Model):
    """How many times a collection's data changed; see `geo.core.versions`."""

    layer = models.CharField(max_length=60, primary_key=True)
    version = models.BigIntegerField(default=0)

    class Meta:
        db_table = "layer_version"

    def __str__(self) -> str:
        return f"{self.layer} {self.version}"
