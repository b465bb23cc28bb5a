"""A site, its exact place, its dated observations, its closings and where people went.

The database computes places, validity intervals and areas (migrations); leaves rules of writing
to `services` and rights to `querysets`.
"""

from __future__ import annotations

import datetime as dt

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, GeneratedField, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from geo.accounts.models import User
from geo.core.crs import WEB_MERCATOR, WGS84
from geo.core.models import random_id
from geo.core.when import FOREVER
from geo.sites import enums
from geo.sites.querysets import OfPlaceQuerySet, OfSiteQuerySet, SiteQuerySet
from geo.territories.models import Commune, Departement, Epci, Region


def mercator(column: str) -> GeneratedField:
    """The stored EPSG:3857 twin of a point column."""
    return GeneratedField(
        expression=Transform(column, WEB_MERCATOR),
        output_field=models.PointField(srid=WEB_MERCATOR, spatial_index=False),
        db_persist=True,
    )


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
    grid_point_3857 = mercator("grid_point")
    commune_point = models.PointField(srid=WGS84, null=True, spatial_index=False, editable=False)
    commune_point_3857 = mercator("commune_point")
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
    geom_3857 = mercator("geom")
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


class Dated(models.Model):
    """A row that holds from `observed_on` until the next one (`valid_until`, by trigger)."""

    observed_on = models.DateField("la situation correspond à la date du")
    valid_until = models.DateField(default=FOREVER, editable=False)
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True


class Footprint(Dated):
    """The ground a site covered from a date; `area_m2` is computed by the database."""

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="footprints")
    geom = models.MultiPolygonField("emprise", srid=WGS84, spatial_index=False)
    geom_3857 = GeneratedField(
        expression=Transform("geom", WEB_MERCATOR),
        output_field=models.MultiPolygonField(srid=WEB_MERCATOR, spatial_index=False),
        db_persist=True,
    )
    area_m2 = models.FloatField("surface (m²)", default=0, editable=False)

    objects = OfPlaceQuerySet.as_manager()

    class Meta:
        db_table = "site_footprint"
        constraints = (
            models.UniqueConstraint(fields=["site", "observed_on"], name="footprint_once_a_day"),
        )
        indexes = (
            GistIndex(fields=["geom"], name="footprint_gist"),
            GistIndex(fields=["geom_3857"], name="footprint_3857_gist"),
        )


COUNTS = (
    "people",
    "females",
    "households",
    "minors",
    "minors_girls",
    "minors_in_school",
    "minors_0_3",
    "minors_3_6",
    "minors_6_12",
    "minors_12_16",
    "minors_16_18",
    "caravans",
    "huts",
    "tents",
    "cars",
    "mattresses",
)


def count(label: str) -> models.PositiveIntegerField:
    """A count of persons or things; NULL is unknown, 0 is known."""
    return models.PositiveIntegerField(label, null=True, blank=True)


class Population(Dated):
    """Who lived on a site at a date. Parts never exceed the whole (constraints)."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="populations")
    people = count("personnes")
    females = count("femmes")
    households = count("ménages")
    minors = count("mineurs")
    minors_girls = count("filles")
    minors_in_school = count("inscrits en établissement scolaire")
    minors_0_3 = count("0 - 3 ans")
    minors_3_6 = count("3 - 6 ans")
    minors_6_12 = count("6 - 12 ans")
    minors_12_16 = count("12 - 16 ans")
    minors_16_18 = count("16 - 18 ans")
    caravans = count("caravanes")
    huts = count("habitats autoconstruits")
    tents = count("tentes")
    cars = count("voitures dortoir")
    mattresses = count("matelas")
    origins = ArrayField(
        models.CharField(max_length=6, choices=enums.Origin.choices),
        verbose_name="origine des habitants",
        default=list,
        blank=True,
    )
    census_status = models.CharField(
        "statut du diagnostic social",
        max_length=9,
        choices=enums.CensusStatus.choices,
        null=True,
        blank=True,
    )
    census_on = models.DateField("date du diagnostic", null=True, blank=True)
    census_by = models.CharField("intervenant du diagnostic", max_length=160, blank=True)

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        db_table = "site_population"
        constraints = (
            models.UniqueConstraint(fields=["site", "observed_on"], name="population_once_a_day"),
            models.CheckConstraint(
                condition=Q(females__isnull=True)
                | Q(people__isnull=True)
                | Q(females__lte=F("people")),
                name="population_females_within_people",
            ),
            models.CheckConstraint(
                condition=Q(minors__isnull=True)
                | Q(people__isnull=True)
                | Q(minors__lte=F("people")),
                name="population_minors_within_people",
            ),
            models.CheckConstraint(
                condition=Q(households__isnull=True)
                | Q(people__isnull=True)
                | Q(households__lte=F("people")),
                name="population_households_within_people",
            ),
        )


def yes_no(label: str) -> models.BooleanField:
    """A question answered yes, no, or not at all (NULL)."""
    return models.BooleanField(label, null=True, blank=True)


def level() -> models.CharField:
    """A stored level, recomputed from the answers at each save by the services."""
    return models.CharField(max_length=10, choices=enums.Level.choices, default="unknown")


class Living(Dated):
    """Living conditions of a site at a date (version 2 of the questions), with their levels."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="livings")
    water = level()
    sanitary = level()
    electricity = level()
    waste = level()
    pests = level()
    fire = level()
    water_access_type = models.CharField(
        "comment les habitants ont-ils accès à l'eau ?",
        max_length=28,
        choices=enums.WaterAccess.choices,
        blank=True,
        default="",
    )
    water_is_public = yes_no("point d'eau sur la voie publique")
    water_is_continuous = yes_no("eau en continu")
    water_is_local = yes_no("point d'eau sur le site")
    water_is_close = yes_no("à moins de 200 m de tous")
    water_is_unequal = yes_no("accès inégal selon les habitants")
    water_has_stagnant_water = yes_no("eaux stagnantes")
    sanitary_working_toilets = yes_no("toilettes en état de marche")
    sanitary_toilet_types = ArrayField(
        models.CharField(max_length=20, choices=enums.ToiletType.choices),
        default=list,
        blank=True,
    )
    sanitary_are_inside = yes_no("toilettes sur le site")
    sanitary_are_lighted = yes_no("toilettes éclairées et verrouillables")
    sanitary_hand_washing = yes_no("lave-mains")
    sanitary_open_air_defecation = yes_no("défécation à l'air libre")
    electricity_access = yes_no("y a-t-il présence d'une installation électrique ?")
    electricity_types = ArrayField(
        models.CharField(max_length=20, choices=enums.ElectricityType.choices),
        default=list,
        blank=True,
    )
    electricity_is_unequal = yes_no("accès inégal à l'électricité")
    waste_collection_is_close = yes_no("collecte des déchets à moins de 100 m")
    waste_collection_is_safe = yes_no("accès sûr à la collecte")
    waste_collection_is_regular = yes_no("collecte hebdomadaire")
    waste_is_piling = yes_no("accumulation de déchets")
    waste_bulky_is_piling = yes_no("accumulation d'encombrants")
    pests_presence = yes_no("présence de nuisibles")
    fire_sdis_diagnosis = yes_no("diagnostic prévention incendie (SDIS)")

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        db_table = "site_living"
        constraints = (
            models.UniqueConstraint(fields=["site", "observed_on"], name="living_once_a_day"),
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
        )


class Reinstallation(models.Model):
    """People of one site who settled on another: `happened_on` is the day they settled."""

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    origin = models.ForeignKey(Site, models.CASCADE, related_name="departures")
    site = models.ForeignKey(Site, models.CASCADE, related_name="arrivals")
    people = count("personnes")
    happened_on = models.DateField("date")

    objects = OfSiteQuerySet.as_manager()

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

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        db_table = "site_actor"
        constraints = (models.UniqueConstraint(fields=["site", "user"], name="site_actor_once"),)


class Enrichment(models.Model):
    """The ledger: one row per site × source, the last run of what a source knows of a site.

    `version` is the vintage of what the last good run found; `attempts` counts the runs without
    success since then. Written through `geo.sites.ledger` only.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="enrichments")
    source = models.CharField("source", max_length=40)
    version = models.CharField("millésime", max_length=80, blank=True)
    status = models.CharField(max_length=7, choices=enums.EnrichmentStatus.choices)
    detail = models.CharField(max_length=250, blank=True)
    runs = models.PositiveIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
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
