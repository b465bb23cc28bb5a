"""What was observed on a site at a date: its population and its living conditions, as series.

The database chains the rows (`valid_until`). Leaves the site itself to `models`, levels to `living`
and rules of writing to `services`.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from geo.accounts.models import User
from geo.core.when import FOREVER
from geo.sites import enums
from geo.sites.querysets import OfSiteQuerySet


class Dated(models.Model):
    """A row that holds from `observed_on` until the next one (`valid_until`, by trigger)."""

    observed_on = models.DateField("la situation correspond à la date du")
    valid_until = models.DateField(default=FOREVER, editable=False)
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.observed_on.isoformat()


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

    site = models.ForeignKey("sites.Site", models.CASCADE, related_name="populations")
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

    site = models.ForeignKey("sites.Site", models.CASCADE, related_name="livings")
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
