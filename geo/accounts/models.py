"""People, their organisations, their memberships (role × territory) and their feed tokens.

Leaves what a role may do to `policies`, and what a membership reaches to `scopes`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from geo.accounts.enums import Level, OrganisationType, Role, TokenMethod
from geo.accounts.grant_models import Grant
from geo.accounts.history_models import AccountEvent
from geo.accounts.life.models import AccessRequest, CharterAcceptance, Invitation, RequestState
from geo.accounts.readlog_models import ReadAlert, ReadLog, ReadPurpose, Unusual
from geo.core.models import random_id

__all__ = [
    "AccessRequest",
    "AccountEvent",
    "CharterAcceptance",
    "FeedToken",
    "Grant",
    "Invitation",
    "Membership",
    "Organisation",
    "ReadAlert",
    "ReadLog",
    "ReadPurpose",
    "RequestState",
    "SignInFailure",
    "Unusual",
    "User",
    "UserManager",
]


class UserManager(BaseUserManager["User"]):
    """Makes accounts; the e-mail is the name under which one signs in."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An account with a hashed password (None: it cannot sign in with one)."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """The account of an e-mail, whatever its case."""
        return self.get(email=(username or "").lower())


class Organisation(models.Model):
    """The body for which a person works."""

    name = models.CharField("nom", max_length=160, unique=True)
    type = models.CharField("type", max_length=20, choices=OrganisationType.choices)

    class Meta:
        db_table = "organisation"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser):
    """A person with an account."""

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    email = models.EmailField("adresse électronique", unique=True)
    full_name = models.CharField("nom", max_length=120)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="users"
    )
    is_active = models.BooleanField("actif", default=True)
    joined_at = models.DateTimeField("inscription", default=timezone.now)
    # What ends an account by degrees (`life.sleep`): the notice, the end, the name gone.
    reactivated_at = models.DateTimeField("réactivé le", null=True, blank=True)
    warned_at = models.DateTimeField("prévenu le", null=True, blank=True)
    deactivated_at = models.DateTimeField("désactivé le", null=True, blank=True)
    # Closed by the nation: only the nation opens it again.
    closed_nationally = models.BooleanField("désactivé par l'échelon national", default=False)
    anonymised_at = models.DateTimeField("anonymisé le", null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        db_table = "account"

    def __str__(self) -> str:
        return self.full_name or self.email


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by their state."""

    def current(self, today: dt.date | None = None) -> Self:
        """Those that have not ended; the end date is the last day."""
        day = today or timezone.localdate()
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))


class Membership(models.Model):
    """A role held on a territory, until a date if there is one. `code` is empty for the nation."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField("rôle", max_length=20, choices=Role.choices)
    level = models.CharField("niveau", max_length=12, choices=Level.choices)
    code = models.CharField("code", max_length=9, blank=True)
    ends_on = models.DateField("jusqu'au", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        db_table = "membership"
        constraints = (
            models.UniqueConstraint(
                fields=["user", "role", "level", "code"], name="membership_once"
            ),
            models.CheckConstraint(
                condition=Q(level="nation", code="") | (~Q(level="nation") & ~Q(code="")),
                name="membership_code_matches_level",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.get_level_display()} {self.code}".strip()


def reading_only() -> list[str]:
    """What a token may do unless its owner says more."""
    return [TokenMethod.READ.value]


class FeedToken(models.Model):
    """A named, expiring right to read the feeds; only the hash of its secret is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField("nom", max_length=80)
    purpose = models.CharField("finalité", max_length=300)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    collections = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    # Classes of data beside the general one, and territories (`departement:93`); none is all.
    classes = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    areas = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    methods = ArrayField(
        models.CharField(max_length=5, choices=TokenMethod.choices),
        default=reading_only,
        db_default=["read"],
    )
    # Networks it may be used from, as CIDR; none is all.
    networks = ArrayField(models.CharField(max_length=43), default=list, db_default=[], blank=True)
    quota = models.PositiveIntegerField("réponses par jour", null=True, blank=True)
    used_on = models.DateField("jour compté", null=True)
    used = models.PositiveIntegerField("réponses du jour", default=0)
    created_at = models.DateTimeField("création", default=timezone.now)
    expires_at = models.DateTimeField("expiration")
    last_used_at = models.DateTimeField("dernier usage", null=True)
    revoked_at = models.DateTimeField("révocation", null=True)

    class Meta:
        db_table = "feed_token"
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(classes__contained_by=["owner", "health", "finance"]),
                name="feed_token_never_judicial",
            ),
            models.CheckConstraint(
                condition=Q(methods__contained_by=TokenMethod.values, methods__contains=["read"]),
                name="feed_token_methods",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def usable(self) -> bool:
        """Neither revoked nor expired, and its owner still active."""
        return self.revoked_at is None and self.expires_at > timezone.now() and self.user.is_active


class SignInFailure(models.Model):
    """Failed attempts to sign in, under a keyed digest that names nobody."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        db_table = "sign_in_failure"
        indexes = (models.Index(fields=["last_at"], name="sign_in_failure_last"),)

    def __str__(self) -> str:
        return f"{self.failures} × {self.key[:8]}"


# Other tables of this application, each in a module of its own.
from geo.accounts.identity_models import ExternalIdentity  # noqa: E402, F401
