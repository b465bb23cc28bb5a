"""What was loaded, so that a second run knows that nothing is left to do."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class DemoLoad(models.Model):
    """One row: what the invented sites were drawn on, and the accounts that go with the file."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sites = models.CharField("empreinte des données", max_length=64, blank=True)
    ground = models.CharField("empreinte des territoires", max_length=64, blank=True)
    accounts = models.CharField("empreinte des comptes", max_length=64, blank=True)
    loaded_at = models.DateTimeField("chargement", default=timezone.now)

    class Meta:
        db_table = "demo_load"
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="demo_load_single_row"),
        )

    def __str__(self) -> str:
        return f"{self.loaded_at:%Y-%m-%d}"
