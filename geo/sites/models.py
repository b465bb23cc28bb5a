"""A site, its exact place, its footprints, its closings and where people went.

The database computes places, validity intervals and areas (migrations); leaves rules of writing
to `services`, rights to `querysets` and the series of observations to `observations`.
"""

from __future__ import annotations

import datetime as dt

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, GeneratedField, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from geo.accounts.models import User
from geo.core import rls
from geo.core.crs import WGS84
from geo.core.models import mercator, random_id
from geo.sites import enums
from geo.sites.history_models import Effect, Erasure, SiteEvent
from geo.sites.observations import COUNTS, Dated, Living, Population, count
from geo.sites.querysets import (
    OfPlaceQuerySet,
    OfSiteQuerySet,
    OfTwoSitesQuerySet,
    SiteQuerySet,
)
from geo.sites.restricted.models import CostEstimate, HealthWatch, Judicial, SiteOwner
from geo.sites.spans import DateSpansField, no_span
from geo.territories.models import Commune, Departement, Epci, Region

__all__ = [
    "COUNTS",
    "Closure",
    "ClosureSolution",
    "CostEstimate",
    "Effect",
    "Enrichment",
    "Erasure",
    "Footprint",
    "HealthWatch",
    "Judicial",
    "Living",
    "Population",
    "Reinstallation",
    "Site",
    "SiteActor",
    "SiteEvent",
    "SiteLocation",
    "SiteOwner",
]


@rls.protect
class Site(models.Model):
    """A bidonville or squat. Its exact place is in `SiteLocation`; here only blurred points.

    Territory codes, `grid_point` (centre of the 500 m cell) and `commune_point` are written by the
    trigger of `site_location`, never by hand. `opened_on` is `built_on`, else `declared_on`.
    """

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    reference = models.CharField("référence", max_length=20, unique=True)
    field_type = models.CharField(
        "type de site", max_length=10, choices=enums.FieldType.choices, default="unknown"
    )
    declared_on = models.DateField("date de signalement", null=True, blank=True)
    built_on = models.DateField("date d'installation", null=True, blank=True)
    opened_on = GeneratedField(
        expression=Coalesce("built_on", "declared_on"),
        output_field=models.DateField(),
        db_persist=True,
    )
    heatwave_risk = models.BooleanField("risque canicule", default=False)
    is_reinstallation = models.BooleanField(
        "la majorité des habitants était-elle déjà sur le territoire ?", null=True, blank=True
    )
    reinstallation_comments = models.TextField("précisions sur la réinstallation", blank=True)
    resorption_target = models.PositiveSmallIntegerField(
        "objectif résorption", null=True, blank=True
    )
    resorption_started_on = models.DateField("résorption démarrée le", null=True, blank=True)
    # When an owner of known category was known: written by the trigger of `site_owner`, so that
    # completion is the same for every reader.
    owner_known = DateSpansField(db_default=no_span(), editable=False)
    # Likewise the address, by the trigger of `site_location`.
    address_known = models.BooleanField(db_default=False, editable=False)
    confirmed_on = models.DateField("confirmé le", null=True, blank=True)
    confirmed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    commune = models.ForeignKey(
        Commune,
        models.DO_NOTHING,
        to_field="code",
        db_column="commune_code",
        db_constraint=False,
        default="",
        related_name="+",
    )
    epci = models.ForeignKey(
        Epci,
        models.DO_NOTHING,
        to_field="code",
        db_column="epci_code",
        db_constraint=False,
        null=True,
        related_name="+",
    )
    departement = models.ForeignKey(
        Departement,
        models.DO_NOTHING,
        to_field="code",
        db_column="departement_code",
        db_constraint=False,
        default="",
        related_name="+",
    )
    region = models.ForeignKey(
        Region,
        models.DO_NOTHING,
        to_field="code",
        db_column="region_code",
        db_constraint=False,
        default="",
        related_name="+",
    )
    grid_point = models.PointField(srid=WGS84, null=True, spatial_index=False, editable=False)
    grid_point_3857 = mercator("grid_point", models.PointField)
    commune_point = models.PointField(srid=WGS84, null=True, spatial_index=False, editable=False)
    commune_point_3857 = mercator("commune_point", models.PointField)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    objects = SiteQuerySet.as_manager()

    class Meta:
        db_table = "site"
        constraints = (
            models.CheckConstraint(
                condition=Q(built_on__isnull=False) | Q(declared_on__isnull=False),
                name="site_has_a_beginning",
            ),
            models.CheckConstraint(
                condition=Q(field_type__in=enums.FieldType.values), name="site_field_type"
            ),
            models.CheckConstraint(
                condition=Q(resorption_target__isnull=True)
                | Q(resorption_target__range=(2012, 2100)),
                name="site_resorption_target",
            ),
        )
        indexes = (
            GistIndex(fields=["grid_point"], name="site_grid_gist"),
            GistIndex(fields=["grid_point_3857"], name="site_grid_3857_gist"),
            GistIndex(fields=["commune_point"], name="site_commune_gist"),
            GistIndex(fields=["commune_point_3857"], name="site_commune_3857_gist"),
            models.Index(fields=["opened_on"], name="site_opened_on"),
        )

    def __str__(self) -> str:
        return self.reference


class SiteLocation(models.Model):
    """The exact place of a site: read only by those whose mission needs it."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="location")
    geom = models.PointField("localisation", srid=WGS84, spatial_index=False)
    geom_3857 = mercator("geom", models.PointField)
    name = models.CharField("appellation du site", max_length=160)
    address_label = models.CharField("adresse", max_length=250, blank=True)
    address_precision = models.CharField(
        max_length=12, choices=enums.AddressPrecision.choices, default="manual"
    )
    location_accuracy = models.CharField(
        "précision du lieu", max_length=8, choices=enums.LocationAccuracy.choices, default="exact"
    )
    access_details = models.TextField("informations d'accès", blank=True)
    departement_id = models.CharField(max_length=3, db_column="departement_code", default="")

    objects = OfPlaceQuerySet.as_manager()

    class Meta:
        db_table = "site_location"
        indexes = (
            GistIndex(fields=["geom"], name="site_location_gist"),
            GistIndex(fields=["geom_3857"], name="site_location_3857_gist"),
        )

    def __str__(self) -> str:
        return self.name


class Footprint(Dated):
    """The ground a site covered from a date; `area_m2` is computed by the database.

    `ended_on` is the day from which no outline holds any more, until another one is recorded.
    """

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="footprints")
    geom = models.MultiPolygonField("emprise", srid=WGS84, spatial_index=False)
    geom_3857 = mercator("geom")
    area_m2 = models.FloatField("surface (m²)", default=0, editable=False)
    ended_on = models.DateField("emprise retirée le", null=True, blank=True)

    objects = OfPlaceQuerySet.as_manager()

    class Meta:
        db_table = "site_footprint"
        constraints = (
            models.UniqueConstraint(fields=["site", "observed_on"], name="footprint_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(ended_on__gt=models.F("observed_on")),
                name="footprint_ends_after",
            ),
        )
        indexes = (
            GistIndex(fields=["geom"], name="footprint_gist"),
            GistIndex(fields=["geom_3857"], name="footprint_3857_gist"),
        )


class Closure(models.Model):
    """The end of a site. `kind` is computed at each save; `reopened_on` ends the closing itself."""

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="closures")
    cause = models.CharField(
        "cause de la fermeture", max_length=22, choices=enums.ClosureCause.choices
    )
    closed_on = models.DateField("date de la fermeture du site")
    context = models.TextField("contexte de la fermeture")
    closed_with_solutions = models.CharField(
        "est-ce que ce site a été résorbé définitivement ?",
        max_length=7,
        choices=enums.Solutions.choices,
    )
    comment = models.TextField("précision sur la réponse", blank=True)
    kind = models.CharField(max_length=10, choices=enums.ClosureKind.choices, editable=False)
    needs_review = models.BooleanField(default=False, editable=False)
    reopened_on = models.DateField("rouvert le", null=True, blank=True)
    valid_until = GeneratedField(
        expression=Coalesce("reopened_on", models.Value(dt.date(9999, 12, 31))),
        output_field=models.DateField(),
        db_persist=True,
    )
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        db_table = "site_closure"
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=enums.ClosureKind.values), name="closure_kind"
            ),
            models.CheckConstraint(
                condition=Q(reopened_on__isnull=True) | Q(reopened_on__gte=F("closed_on")),
                name="closure_reopened_after",
            ),
            models.UniqueConstraint(
                fields=["site"], condition=Q(reopened_on__isnull=True), name="closure_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(cause__in=enums.ClosureCause.values), name="closure_cause"
            ),
            models.CheckConstraint(
                condition=Q(closed_with_solutions__in=enums.Solutions.values),
                name="closure_solutions",
            ),
        )
        indexes = (models.Index(fields=["kind", "closed_on"], name="closure_kind_date"),)


class ClosureSolution(models.Model):
    """Where some of the households of a closed site were directed."""

    closure = models.ForeignKey(Closure, models.CASCADE, related_name="solutions")
    type = models.CharField("orientation", max_length=18, choices=enums.SolutionType.choices)
    people = count("personnes")
    households = count("ménages")
    message = models.TextField("précisions", blank=True)

    class Meta:
        db_table = "site_closure_solution"
        constraints = (
            models.UniqueConstraint(fields=["closure", "type"], name="closure_solution_once"),
            models.CheckConstraint(
                condition=Q(type__in=enums.SolutionType.values), name="closure_solution_type"
            ),
        )


class Reinstallation(models.Model):
    """People of one site who settled on another: `happened_on` is the day they settled."""

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    origin = models.ForeignKey(Site, models.CASCADE, related_name="departures")
    site = models.ForeignKey(Site, models.CASCADE, related_name="arrivals")
    people = count("personnes")
    happened_on = models.DateField("date")

    objects = OfTwoSitesQuerySet.as_manager()

    class Meta:
        db_table = "reinstallation"
        constraints = (
            models.UniqueConstraint(fields=["origin", "site"], name="reinstallation_once"),
            models.CheckConstraint(
                condition=~Q(origin=F("site")), name="reinstallation_of_two_sites"
            ),
        )


class SiteActor(models.Model):
    """A person who works on a site, with themes; an intervener reads the sites that name them."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="actors")
    user = models.ForeignKey(User, models.CASCADE, related_name="worked_sites")
    themes = ArrayField(
        models.CharField(max_length=12, choices=enums.ActorTheme.choices),
        verbose_name="thèmes d'intervention",
        default=list,
        blank=True,
    )
    named_at = models.DateTimeField(default=timezone.now)
    named_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = OfPlaceQuerySet.as_manager()

    class Meta:
        db_table = "site_actor"
        constraints = (models.UniqueConstraint(fields=["site", "user"], name="site_actor_once"),)


class Enrichment(models.Model):
    """The ledger: one row per site × source, the last run of what a source knows of a site.

    `version` is the vintage of what the last good run found; `outside` says that an outside service
    was asked; `attempts` counts the runs without success since the last good one. Written through
    `geo.sites.ledger` only.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="enrichments")
    source = models.CharField("source", max_length=40)
    version = models.CharField("millésime", max_length=80, blank=True)
    status = models.CharField(max_length=7, choices=enums.EnrichmentStatus.choices)
    detail = models.CharField(max_length=250, blank=True)
    runs = models.PositiveIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    outside = models.BooleanField(default=False)
    ran_at = models.DateTimeField(default=timezone.now)
    next_try = models.DateTimeField(null=True)

    objects = OfPlaceQuerySet.as_manager()

    class Meta:
        db_table = "site_enrichment"
        constraints = (
            models.UniqueConstraint(fields=["site", "source"], name="enrichment_per_source"),
            models.CheckConstraint(
                condition=Q(status__in=enums.EnrichmentStatus.values), name="enrichment_status"
            ),
        )
        indexes = (
            models.Index(
                fields=["source", "next_try"],
                condition=Q(next_try__isnull=False),
                name="enrichment_due",
            ),
        )
