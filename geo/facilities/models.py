"""Facilities: the schools, health centres, water points … that matter around sites.

Each row keeps its source, vintage and licence. Leaves reading files to `readers`.
"""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex

from geo.core.crs import WGS84
from geo.core.models import mercator


class Kind(models.TextChoices):
    """What a facility offers."""

    SCHOOL = "school", "École, collège, lycée"
    HEALTH = "health", "Santé"
    WATER = "water", "Point d'eau"
    TOILETS = "toilets", "Toilettes"
    SOCIAL = "social", "Service social, France services"
    FOOD = "food", "Aide alimentaire"
    WASTE = "waste", "Point de collecte des déchets"
    TRANSPORT = "transport", "Transport"
    FIRE_STATION = "fire_station", "Centre de secours"
    OTHER = "other", "Autre"


class Facility(models.Model):
    """A point of interest. (`source`, `source_key`) is its natural key across re-imports."""

    kind = models.CharField("nature", max_length=12, choices=Kind.choices)
    category = models.CharField("catégorie", max_length=120, blank=True)
    name = models.CharField("nom", max_length=250)
    address = models.CharField("adresse", max_length=250, blank=True)
    commune_code = models.CharField("commune (code)", max_length=5, blank=True)
    geom = models.PointField(srid=WGS84, spatial_index=False)
    geom_3857 = mercator("geom", models.PointField)
    source = models.CharField("source", max_length=80)
    source_key = models.CharField("clé dans la source", max_length=80)
    millesime = models.CharField("millésime", max_length=20)
    licence = models.CharField("licence", max_length=40)
    invented = models.BooleanField("inventé", default=False)

    class Meta:
        db_table = "facility"
        constraints = (
            models.UniqueConstraint(fields=["source", "source_key"], name="facility_natural_key"),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="facility_kind"),
        )
        indexes = (
            GistIndex(fields=["kind", "geom"], name="facility_kind_geom_gist"),
            GistIndex(fields=["geom"], name="facility_gist"),
            GistIndex(fields=["geom_3857"], name="facility_3857_gist"),
        )

    def __str__(self) -> str:
        return self.name
