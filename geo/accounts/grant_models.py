"""What is granted beside a role: options, accesses of an organisation, exceptions for a person.

One table, so that one query resolves them all. Leaves who may grant what to `granting`, and what
a grant gives to `scopes`.
"""

from __future__ import annotations

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from geo.accounts.enums import GrantKind, Level, OptionKind
from geo.core.models import random_id
from geo.core.scope import DataClass


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants by their state."""

    def current(self, today: dt.date | None = None) -> Self:
        """Neither withdrawn nor ended, approved or not; the end date is the last day."""
        day = today or timezone.localdate()
        return self.filter(revoked_at__isnull=True, ends_on__gte=day)

    def in_force(self, today: dt.date | None = None) -> Self:
        """Those that give rights now: an access to judicial data has its second approval."""
        single = ~Q(option=OptionKind.ACCESS_JUDICIAL)
        return self.current(today).filter(single | Q(approved_at__isnull=False))

    def awaiting(self, today: dt.date | None = None) -> Self:
        """Those that a national administrator has still to approve."""
        return self.current(today).filter(
            option=OptionKind.ACCESS_JUDICIAL, approved_at__isnull=True
        )


class Grant(models.Model):
    """One right granted on one territory until a date, with its reason.

    An option names its `option`; the two other kinds a class of data and the letters of the matrix
    (`policies`). A refusal (`refused`) takes the letters away everywhere, whatever the lower
    kinds and the role give.
    """

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    kind = models.CharField("nature", max_length=12, choices=GrantKind.choices)
    user = models.ForeignKey(
        "accounts.User", models.CASCADE, null=True, blank=True, related_name="grants"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", models.CASCADE, null=True, blank=True, related_name="grants"
    )
    option = models.CharField("option", max_length=24, choices=OptionKind.choices, blank=True)
    data_class = models.CharField(
        "classe de données",
        max_length=10,
        choices=[(each.value, each.value) for each in DataClass],
        blank=True,
    )
    letters = models.CharField("droits", max_length=6, blank=True)
    refused = models.BooleanField("retrait", default=False)
    level = models.CharField("niveau", max_length=12, choices=Level.choices)
    code = models.CharField("code", max_length=9, blank=True)
    reason = models.CharField("motif", max_length=500)
    granted_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    granted_at = models.DateTimeField("accordé le", default=timezone.now)
    ends_on = models.DateField("jusqu'au")
    approved_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField("approuvé le", null=True, blank=True)
    revoked_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField("retiré le", null=True, blank=True)
    revoked_reason = models.CharField("motif du retrait", max_length=500, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        db_table = "access_grant"
        ordering = ("-granted_at", "id")
        indexes = (
            models.Index(fields=["user"], name="access_grant_user"),
            models.Index(fields=["organisation"], name="access_grant_organisation"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(kind=GrantKind.ORGANISATION, user=None, organisation__isnull=False)
                | Q(
                    kind__in=[GrantKind.OPTION, GrantKind.EXCEPTION],
                    user__isnull=False,
                    organisation=None,
                ),
                name="access_grant_holder",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind=GrantKind.OPTION,
                    option__in=OptionKind.values,
                    data_class="",
                    letters="",
                    refused=False,
                )
                | Q(
                    kind__in=[GrantKind.ORGANISATION, GrantKind.EXCEPTION],
                    option="",
                    data_class__in=[each.value for each in DataClass],
                    letters__regex=r"^[VCUXE]+$",
                ),
                name="access_grant_what",
            ),
            # Judicial data is opened by a role, or by an option that two people have signed.
            models.CheckConstraint(
                condition=~Q(data_class=DataClass.JUDICIAL.value) | Q(refused=True),
                name="access_grant_judicial",
            ),
            models.CheckConstraint(
                condition=Q(level=Level.NATION, code="") | (~Q(level=Level.NATION) & ~Q(code="")),
                name="access_grant_code_matches_level",
            ),
            models.CheckConstraint(
                condition=Q(refused=False) | Q(level=Level.NATION),
                name="access_grant_refused_everywhere",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="access_grant_reason"),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="access_grant_approved",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None)
                | (~Q(approved_by=F("granted_by")) & ~Q(approved_by=F("user"))),
                name="access_grant_second_person",
            ),
        )

    def __str__(self) -> str:
        what = self.option or f"{self.data_class} {self.letters}"
        return f"{self.get_kind_display()} · {what} · {self.level} {self.code}".strip()

    @property
    def pending(self) -> bool:
        """True when it gives nothing before a second approval."""
        return self.option == OptionKind.ACCESS_JUDICIAL and self.approved_at is None
