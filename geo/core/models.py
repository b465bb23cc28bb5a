"""Tables shared by every package; leaves the domain to the applications above."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.db.models import GeneratedField
from django.utils import timezone

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


class MailSent(models.Model):
    """A mail that a job sent already: run again after its worker died, the job sends it no more.

    The address is a digest: what is kept tells nobody's name.
    """

    job = models.BigIntegerField()
    address = models.CharField(max_length=64)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "mail_sent"
        constraints = (models.UniqueConstraint(fields=["job", "address"], name="mail_sent_once"),)
        indexes = (models.Index(fields=["sent_at"], name="mail_sent_at"),)

    def __str__(self) -> str:
        return f"{self.job} · {self.address[:8]}"


class LayerChange(models.Model):
    """How many times a transaction changed a collection's data; see `geo.core.versions`."""

    pk = models.CompositePrimaryKey("layer", "xact")
    layer = models.CharField(max_length=60)
    # The transaction; 0 for what has been added up.
    xact = models.BigIntegerField()
    # Drawn at each change and never again, even after a rollback.
    number = models.BigIntegerField()
    weight = models.BigIntegerField()

    class Meta:
        db_table = "layer_change"

    def __str__(self) -> str:
        return f"{self.layer} {self.weight}"
