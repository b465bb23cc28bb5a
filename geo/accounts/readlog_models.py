"""The table of reads of restricted data: written before each answer, never changed afterwards.

And the alerts of unusual volumes. Leaves writing the first to `readlog`, the second to `watch`.
They keep ids and codes only: no name, place or free text.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from geo.core import rls
from geo.core.scope import DataClass


class ReadPurpose(models.TextChoices):
    """Why restricted data was given."""

    CONSULT = "consult", "Consultation"
    EDIT = "edit", "Modification"
    EXPORT = "export", "Export"
    PRINT = "print", "Impression"


@rls.protect
class ReadLog(models.Model):
    """One class of data given to one reader by one answer.

    Accounts and organisations are named without a foreign key: the trace outlives them.
    `on_behalf_of` is `token:<prefix>` or `role:<code>` when the reader was not themselves.
    """

    at = models.DateTimeField("date", db_default=Now())
    user = models.ForeignKey(
        "accounts.User",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    organisation = models.ForeignKey(
        "accounts.Organisation",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    on_behalf_of = models.CharField(max_length=80, blank=True)
    route = models.CharField("adresse", max_length=80)
    data_class = models.CharField(
        "classe de données",
        max_length=10,
        choices=[(each.value, each.value) for each in DataClass],
    )
    purpose = models.CharField("finalité", max_length=10, choices=ReadPurpose.choices)
    object_ids = ArrayField(models.BigIntegerField(), verbose_name="objets", default=list)
    count = models.PositiveIntegerField("nombre")
    request_id = models.CharField("requête", max_length=64, blank=True)

    class Meta:
        db_table = "read_log"
        constraints = (
            models.CheckConstraint(
                condition=Q(data_class__in=[each.value for each in DataClass]),
                name="read_log_data_class",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=ReadPurpose.values), name="read_log_purpose"
            ),
        )
        indexes = (
            models.Index(fields=["user", "at"], name="read_log_user"),
            models.Index(fields=["at"], name="read_log_at"),
            GinIndex(fields=["object_ids"], name="read_log_objects"),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.route} {self.data_class}"


class Unusual(models.TextChoices):
    """What was read in an unusual volume."""

    SHEETS = "sheets", "fiches ouvertes"
    EXPORT = "export", "lignes exportées ou imprimées"


@rls.protect
class ReadAlert(models.Model):
    """Somebody read much within an hour; told once a day for each kind (rule A20)."""

    at = models.DateTimeField("date", db_default=Now())
    day = models.DateField("jour")
    user = models.ForeignKey(
        "accounts.User", models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    kind = models.CharField("quoi", max_length=10, choices=Unusual.choices)
    count = models.PositiveIntegerField("nombre")

    class Meta:
        db_table = "read_alert"
        constraints = (
            models.UniqueConstraint(fields=["user", "day", "kind"], name="read_alert_once"),
            models.CheckConstraint(condition=Q(kind__in=Unusual.values), name="read_alert_kind"),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.count}"
