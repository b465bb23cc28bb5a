"""The tables of an account's life: requests for access, invitations, charters accepted.

Leaves the rules to `requests`, `invitations` and `charter`.
"""

from __future__ import annotations

import datetime as dt
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from geo.accounts.enums import Level, OrganisationType, Role
from geo.core.models import random_id


class RequestState(models.TextChoices):
    """Where a request for access stands."""

    PENDING = "pending", "À traiter"
    ACCEPTED = "accepted", "Acceptée"
    REFUSED = "refused", "Refusée"


class AccessRequest(models.Model):
    """Somebody without an account asks for one; nothing in it was verified."""

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    email = models.EmailField("adresse électronique")
    full_name = models.CharField("nom", max_length=120)
    organisation = models.CharField("organisme", max_length=160)
    organisation_type = models.CharField(
        "type d'organisme", max_length=20, choices=OrganisationType.choices
    )
    role = models.CharField("rôle demandé", max_length=20, choices=Role.choices)
    level = models.CharField("niveau", max_length=12, choices=Level.choices)
    code = models.CharField("code", max_length=9, blank=True)
    reason = models.CharField("motif", max_length=1000)
    created_at = models.DateTimeField("demandé le", default=timezone.now)
    state = models.CharField(
        "état", max_length=10, choices=RequestState.choices, default=RequestState.PENDING
    )
    reminders = models.PositiveSmallIntegerField("rappels envoyés", default=0)
    decided_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)
    answer = models.CharField("motif de la réponse", max_length=1000, blank=True)

    class Meta:
        db_table = "access_request"
        ordering = ("created_at", "id")
        indexes = (
            models.Index(fields=["state", "created_at"], name="access_request_state"),
            models.Index(fields=["created_at"], name="access_request_created"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["email"], condition=Q(state="pending"), name="access_request_once"
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at=None)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
                name="access_request_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer=""), name="access_request_reason"
            ),
            models.CheckConstraint(
                condition=Q(level=Level.NATION, code="") | (~Q(level=Level.NATION) & ~Q(code="")),
                name="access_request_code_matches_level",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.level} {self.code}".strip()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations by their state."""

    def open(self, now: dt.datetime | None = None) -> Self:
        """Neither used, nor withdrawn, nor expired."""
        return self.waiting().filter(expires_at__gt=now or timezone.now())

    def waiting(self) -> Self:
        """Neither used nor withdrawn; expired ones too."""
        return self.filter(used_at__isnull=True, withdrawn_at__isnull=True)


class Invitation(models.Model):
    """An account to be opened by its own person, once, with what it will hold; until then `new`.

    `areas` are territories as `departement:93`; `nation:` is the whole country.
    """

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    email = models.EmailField("adresse électronique")
    full_name = models.CharField("nom", max_length=120)
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="invitations"
    )
    role = models.CharField("rôle", max_length=20, choices=Role.choices)
    areas = ArrayField(models.CharField(max_length=24), verbose_name="territoires")
    ends_on = models.DateField("fin des droits", null=True, blank=True)
    # Granted when the account is opened, as far as who invites may still give them.
    options = ArrayField(models.CharField(max_length=22), default=list, db_default=[], blank=True)
    options_reason = models.CharField(max_length=500, blank=True, db_default="")
    options_end_on = models.DateField(null=True, blank=True)
    invited_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    invited_at = models.DateTimeField("envoyée le", default=timezone.now)
    expires_at = models.DateTimeField("expire le")
    reminded_at = models.DateTimeField("rappelée le", null=True, blank=True)
    expiry_told_at = models.DateTimeField("expiration annoncée le", null=True, blank=True)
    used_at = models.DateTimeField("utilisée le", null=True, blank=True)
    user = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="invitations"
    )
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        db_table = "invitation"
        ordering = ("-invited_at", "id")
        indexes = (models.Index(fields=["expires_at"], name="invitation_expires"),)
        constraints = (
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(used_at=None, withdrawn_at=None),
                name="invitation_once",
            ),
            models.CheckConstraint(
                condition=Q(used_at=None, user=None) | Q(used_at__isnull=False, user__isnull=False),
                name="invitation_used",
            ),
            models.CheckConstraint(condition=Q(areas__len__gt=0), name="invitation_somewhere"),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {', '.join(self.areas)}"

    @property
    def places(self) -> list[tuple[str, str]]:
        """The territories as (level, code)."""
        return [(level, code) for level, _, code in (each.partition(":") for each in self.areas)]

    @property
    def is_open(self) -> bool:
        """True while its link works."""
        return (
            self.used_at is None and self.withdrawn_at is None and self.expires_at > timezone.now()
        )


class CharterAcceptance(models.Model):
    """A person accepted a version of the charter, in the text of that digest."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="charters")
    version = models.PositiveSmallIntegerField("version")
    digest = models.CharField("empreinte du texte", max_length=64)
    accepted_at = models.DateTimeField("acceptée le", default=timezone.now)

    class Meta:
        db_table = "charter_acceptance"
        constraints = (
            models.UniqueConstraint(fields=["user", "version"], name="charter_acceptance_once"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} · {self.version}"
