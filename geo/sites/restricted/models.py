"""Tables of the restricted classes: owners, procedures, health watch, costs of a site.

Unknown is NULL (a text is then empty). The database chains dated rows and keeps on the site since
when its owner is known (migrations). Leaves rules of writing to `services`.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, GeneratedField, Q, Value, When
from django.utils import timezone

from geo.accounts.models import User
from geo.core.models import random_id
from geo.sites.observations import Dated, count, yes_no
from geo.sites.restricted import enums
from geo.sites.restricted.querysets import (
    FinanceQuerySet,
    HealthQuerySet,
    JudicialQuerySet,
    OwnerQuerySet,
)

# A parcel's number in the form in which it is stored; the cadastre says whether it exists.
IDU = r"([0-9]{2}|2[AB])[0-9]{6}[0-9A-Z]{2}[0-9]{4}"
SITUATION = "la situation correspond à la date du"


def only_if(fact: str, *, values: tuple[str, ...] = (), texts: tuple[str, ...] = ()) -> Q:
    """Details of a fact are given only where the answer to it is yes."""
    blank = Q(**{f"{name}__isnull": True for name in values}, **dict.fromkeys(texts, ""))
    # An unknown answer is not yes: compared alone, NULL would satisfy the constraint.
    return Q(**{f"{fact}__isnull": False, fact: True}) | blank


class Entered(models.Model):
    """A row with an id that tells nothing, and who wrote it last."""

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class SiteOwner(Entered):
    """An owner of the ground from a date, until another when there is one.

    `parcel` is a parcel's IDU as text; `anonymised_on` is the day when the name was taken away.
    """

    site = models.ForeignKey("sites.Site", models.CASCADE, related_name="owners")
    name = models.CharField("nom du propriétaire", max_length=200, blank=True)
    category = models.CharField(
        "type de propriétaire",
        max_length=12,
        choices=enums.OwnerCategory.choices,
        default=enums.OwnerCategory.UNKNOWN,
    )
    parcel = models.CharField("parcelle (IDU)", max_length=14, blank=True)
    observed_on = models.DateField(SITUATION)
    ended_on = models.DateField("propriétaire jusqu'au", null=True, blank=True)
    active = GeneratedField(
        expression=Case(When(ended_on__isnull=True, then=Value(True)), default=Value(False)),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    anonymised_on = models.DateField("nom effacé le", null=True, editable=False)

    objects = OwnerQuerySet.as_manager()

    class Meta:
        db_table = "site_owner"
        verbose_name = "propriétaire"
        constraints = (
            models.CheckConstraint(
                condition=Q(category__in=enums.OwnerCategory.values), name="owner_category"
            ),
            models.CheckConstraint(
                condition=Q(parcel="") | Q(parcel__regex=f"^{IDU}$"), name="owner_parcel_form"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("observed_on")),
                name="owner_ends_after",
            ),
            models.CheckConstraint(
                condition=Q(anonymised_on__isnull=True) | Q(name=""), name="owner_anonymised"
            ),
        )


class Judicial(Dated):
    """The procedures about a site as they stood at a date; a new date is a new row."""

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    site = models.ForeignKey("sites.Site", models.CASCADE, related_name="judicials")
    owner_complaint = yes_no("une plainte a-t-elle été déposée par le propriétaire ?")
    justice_procedure = yes_no("une procédure judiciaire est-elle en cours ?")
    justice_rendered = yes_no("décision de justice rendue")
    justice_rendered_on = models.DateField("date de la décision", null=True, blank=True)
    justice_rendered_by = models.CharField("origine de la décision", max_length=200, blank=True)
    justice_challenged = yes_no("y a-t-il un appel en cours ?")
    existing_litigation = yes_no("contentieux")
    bailiff = models.CharField("nom de l'étude d'huissier", max_length=200, blank=True)
    police_status = models.CharField(
        "statut du concours de la force publique",
        max_length=9,
        choices=enums.PoliceStatus.choices,
        null=True,
        blank=True,
    )
    police_requested_on = models.DateField("date de la demande du CFP", null=True, blank=True)
    police_granted_on = models.DateField("date d'octroi du CFP", null=True, blank=True)
    evacuation_under_time_limit = yes_no(
        "une procédure administrative prescrivant l'évacuation sous délai est-elle en cours ?"
    )
    order_on = models.DateField("date de l'arrêté", null=True, blank=True)
    order_by = models.CharField("qui a pris l'arrêté ?", max_length=200, blank=True)
    order_evacuation_on = models.DateField("date de l'évacuation", null=True, blank=True)
    insalubrity_order = yes_no(
        "un arrêté d'insalubrité dans le cadre d'une opération RHI bidonville est-il en cours ?"
    )
    insalubrity_displayed = yes_no("affichage de l'arrêté ou notification ?")
    insalubrity_type = models.CharField("type d'arrêté", max_length=200, blank=True)
    insalubrity_by = models.CharField("qui a pris l'arrêté ?", max_length=200, blank=True)
    insalubrity_on = models.DateField("date de l'arrêté", null=True, blank=True)
    insalubrity_parcels = ArrayField(
        models.CharField(max_length=14),
        verbose_name="parcelles concernées par l'arrêté",
        default=list,
        blank=True,
    )
    reduced_on = models.DateField("réduit au type et à l'année le", null=True, editable=False)

    objects = JudicialQuerySet.as_manager()

    class Meta:
        db_table = "site_judicial"
        verbose_name = "procédures"
        constraints = (
            models.UniqueConstraint(fields=["site", "observed_on"], name="judicial_once_a_day"),
            models.CheckConstraint(
                condition=Q(police_status__isnull=True)
                | Q(police_status__in=enums.PoliceStatus.values),
                name="judicial_police_status",
            ),
            models.CheckConstraint(
                condition=Q(
                    police_status__isnull=False,
                    police_status__in=("requested", "granted", "refused"),
                )
                | Q(police_requested_on__isnull=True),
                name="judicial_police_requested",
            ),
            models.CheckConstraint(
                condition=Q(police_status__isnull=False, police_status="granted")
                | Q(police_granted_on__isnull=True),
                name="judicial_police_granted",
            ),
            models.CheckConstraint(
                condition=Q(police_requested_on__isnull=True)
                | Q(police_granted_on__isnull=True)
                | Q(police_granted_on__gte=F("police_requested_on")),
                name="judicial_police_order",
            ),
            models.CheckConstraint(
                condition=only_if(
                    "justice_rendered",
                    values=("justice_rendered_on", "justice_challenged"),
                    texts=("justice_rendered_by",),
                ),
                name="judicial_rendered",
            ),
            models.CheckConstraint(
                condition=only_if(
                    "evacuation_under_time_limit",
                    values=("order_on", "order_evacuation_on"),
                    texts=("order_by",),
                ),
                name="judicial_order",
            ),
            models.CheckConstraint(
                condition=only_if(
                    "insalubrity_order",
                    values=("insalubrity_displayed", "insalubrity_on"),
                    texts=("insalubrity_type", "insalubrity_by"),
                ),
                name="judicial_insalubrity",
            ),
            models.CheckConstraint(
                condition=Q(order_on__isnull=True)
                | Q(order_evacuation_on__isnull=True)
                | Q(order_evacuation_on__gte=F("order_on")),
                name="judicial_order_dates",
            ),
        )


class HealthWatch(Entered):
    """Something that the health services watch on a site: no person, a number of people."""

    site = models.ForeignKey("sites.Site", models.CASCADE, related_name="health_watches")
    kind = models.CharField("nature", max_length=9, choices=enums.HealthKind.choices)
    started_on = models.DateField("début")
    ended_on = models.DateField("fin", null=True, blank=True)
    people = count("personnes concernées")
    measures = models.TextField("mesures prises", blank=True)

    objects = HealthQuerySet.as_manager()

    class Meta:
        db_table = "site_health_watch"
        verbose_name = "veille sanitaire"
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=enums.HealthKind.values), name="health_watch_kind"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="health_watch_ends_after",
            ),
        )


class CostEstimate(Entered):
    """What acting on a site would cost, as estimated at a date, until the next of its kind."""

    site = models.ForeignKey("sites.Site", models.CASCADE, related_name="cost_estimates")
    kind = models.CharField("objet", max_length=10, choices=enums.CostKind.choices)
    observed_on = models.DateField("estimé le")
    amount_eur = models.PositiveBigIntegerField("montant (€)")
    comment = models.TextField("précisions", blank=True)

    objects = FinanceQuerySet.as_manager()

    class Meta:
        db_table = "site_cost_estimate"
        verbose_name = "estimation de coût"
        constraints = (
            models.UniqueConstraint(
                fields=["site", "kind", "observed_on"], name="cost_estimate_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=enums.CostKind.values), name="cost_estimate_kind"
            ),
        )
