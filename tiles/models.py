"""Tiles kept ready, for every worker of the platform."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class KeptTile(models.Model):
    """The answer of a tile under a version of its data; see `tiles.kept`."""

    key = models.CharField(max_length=24, primary_key=True)
    version = models.TextField()
    encoding = models.CharField(max_length=4)
    body = models.BinaryField()
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "tile_kept"
        indexes = (models.Index(fields=["kept_at"], name="tile_kept_at"),)

    def __str__(self) -> str:
        return self.key
