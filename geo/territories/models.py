"""Regions, departements, EPCI and communes: codes, names, contours and where they came from.

Leaves reading files and services to the importers, and what lies inside to the upper packages.
"""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex

from geo.core.crs import LAMBERT_93, WEB_MERCATOR, WGS84
from geo.core.models import mercator


class Territory(models.Model):
    """What the four levels share. `srid` is the legal projection used in print (EPSG code).

    `contour` is EPSG:4326; `contour_3857` its stored twin for tiles; `low_3857` a coverage-wise
    simplified one for low zooms (shared borders stay shared). `approximate` marks contours that
    are ours and not official.
    """

    code = models.CharField("code", max_length=9, unique=True)
    name = models.CharField("nom", max_length=120)
    contour = models.MultiPolygonField("contour", srid=WGS84, spatial_index=False)
    contour_3857 = mercator("contour")
    low_3857 = models.MultiPolygonField(srid=WEB_MERCATOR, null=True, spatial_index=False)
    point = models.PointField("chef-lieu", srid=WGS84, null=True, spatial_index=False)
    population = models.PositiveIntegerField("population", null=True)
    srid = models.PositiveIntegerField("projection légale (EPSG)", default=LAMBERT_93)
    millesime = models.CharField("millésime", max_length=20)
    approximate = models.BooleanField("contours approchés", default=False)
    source = models.CharField("source", max_length=120)

    class Meta:
        abstract = True
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Region(Territory):
    """A région, by its INSEE code."""

    class Meta(Territory.Meta):
        db_table = "region"
        indexes = (
            GistIndex(fields=["contour"], name="region_contour_gist"),
            GistIndex(fields=["contour_3857"], name="region_contour_3857_gist"),
        )


class Departement(Territory):
    """A département, by its INSEE code; `prefecture` is the commune code of its préfecture."""

    region = models.ForeignKey(
        Region,
        models.PROTECT,
        to_field="code",
        db_column="region_code",
        related_name="departements",
    )
    prefecture = models.CharField("préfecture", max_length=5, blank=True)

    class Meta(Territory.Meta):
        db_table = "departement"
        indexes = (
            GistIndex(fields=["contour"], name="departement_contour_gist"),
            GistIndex(fields=["contour_3857"], name="departement_contour_3857_gist"),
        )


class Epci(Territory):
    """A group of communes, by its SIREN; it may straddle several departements."""

    departements = ArrayField(models.CharField(max_length=3), default=list)

    class Meta(Territory.Meta):
        db_table = "epci"
        indexes = (
            GistIndex(fields=["contour"], name="epci_contour_gist"),
            GistIndex(fields=["contour_3857"], name="epci_contour_3857_gist"),
        )


class Commune(Territory):
    """A commune, or a municipal arrondissement of Paris, Lyon or Marseille (`main_commune`)."""

    departement = models.ForeignKey(
        Departement,
        models.PROTECT,
        to_field="code",
        db_column="departement_code",
        related_name="communes",
    )
    region = models.ForeignKey(
        Region, models.PROTECT, to_field="code", db_column="region_code", related_name="communes"
    )
    epci = models.ForeignKey(
        Epci,
        models.SET_NULL,
        to_field="code",
        db_column="epci_code",
        null=True,
        related_name="communes",
    )
    main_commune = models.ForeignKey(
        "self",
        models.PROTECT,
        to_field="code",
        db_column="main_commune_code",
        null=True,
        related_name="arrondissements",
    )

    class Meta(Territory.Meta):
        db_table = "commune"
        indexes = (
            GistIndex(fields=["contour"], name="commune_contour_gist"),
            GistIndex(fields=["contour_3857"], name="commune_contour_3857_gist"),
            models.Index(fields=["name"], name="commune_name"),
        )


LEVELS: dict[str, type[Territory]] = {
    "region": Region,
    "departement": Departement,
    "epci": Epci,
    "commune": Commune,
}
