"""The catalogue of layers of the Géoplateforme that can lie under our data.

Rows are what the capabilities said last; those with a `slug` are offered to readers. Leaves the
choice and the French names to `curated`.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class LayerQuerySet(models.QuerySet["Layer"]):
    """Readings of the catalogue."""

    def curated(self) -> LayerQuerySet:
        """The layers offered to readers, in their order."""
        return self.filter(slug__isnull=False).order_by("position", "slug")


class MediaType(models.TextChoices):
    """The formats that the proxy passes on."""

    PNG = "image/png", "PNG"
    JPEG = "image/jpeg", "JPEG"


class Layer(models.Model):
    """One WMTS layer in the Web Mercator pyramid (EPSG:3857, 256 pixels).

    `matrix_set` is the part of the pyramid that the service links, from which come the zooms;
    `west` … `north` are degrees (EPSG:4326). `available` is false once the capabilities no longer
    name the layer. `slug` and `position` are set on offered layers alone.
    """

    slug = models.SlugField("nom dans nos adresses", max_length=60, unique=True, null=True)
    position = models.PositiveSmallIntegerField("rang", null=True)
    upstream_id = models.CharField("identifiant du service", max_length=200, unique=True)
    upstream_title = models.CharField("titre du service", max_length=300, blank=True)
    title = models.CharField("titre", max_length=300)
    theme = models.CharField("thème", max_length=60, blank=True)
    overlay = models.BooleanField("transparente", default=False)
    abstract = models.TextField("description", blank=True)
    edition = models.CharField("édition", max_length=20, blank=True)
    attribution = models.CharField("mention", max_length=200)
    style = models.CharField("style", max_length=200, blank=True)
    media_type = models.CharField("format", max_length=20, choices=MediaType.choices)
    matrix_set = models.CharField("jeu de tuiles", max_length=40)
    minzoom = models.PositiveSmallIntegerField("zoom minimal")
    maxzoom = models.PositiveSmallIntegerField("zoom maximal")
    west = models.FloatField("ouest")
    south = models.FloatField("sud")
    east = models.FloatField("est")
    north = models.FloatField("nord")
    available = models.BooleanField("disponible", default=True)
    synced_at = models.DateTimeField("relevée le", null=True)

    objects = LayerQuerySet.as_manager()

    class Meta:
        db_table = "map_layer"
        verbose_name = "couche"
        constraints = (
            models.CheckConstraint(
                condition=Q(minzoom__lte=F("maxzoom"), maxzoom__lte=24), name="map_layer_zooms"
            ),
            models.CheckConstraint(
                condition=Q(west__gte=-180, east__lte=180, south__gte=-90, north__lte=90)
                & Q(west__lte=F("east"), south__lte=F("north")),
                name="map_layer_bounds",
            ),
            models.CheckConstraint(
                condition=Q(slug__isnull=True, position__isnull=True)
                | Q(slug__isnull=False, position__isnull=False),
                name="map_layer_offered",
            ),
            models.CheckConstraint(
                condition=Q(media_type__in=MediaType.values), name="map_layer_media_type"
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.upstream_id})"

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees (EPSG:4326)."""
        return (self.west, self.south, self.east, self.north)
