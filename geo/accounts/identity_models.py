"""Identities that an identity provider vouches for, beside the accounts they open.

Leaves how they are verified to `geo.accounts.oidc`.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class ExternalIdentity(models.Model):
    """Somebody as a provider knows them: `sub` is unique for one issuer, and nothing else is.

    The e-mail is what the provider said last: shown, never matched.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    sub = models.CharField(max_length=255)
    email = models.EmailField("adresse chez le fournisseur", blank=True)
    provider = models.CharField("fournisseur d'identité", max_length=255, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    created_at = models.DateTimeField("liée le", default=timezone.now)
    last_used_at = models.DateTimeField("dernier usage", null=True)

    class Meta:
        db_table = "external_identity"
        constraints = (
            models.UniqueConstraint(fields=["issuer", "sub"], name="external_identity_once"),
        )

    def __str__(self) -> str:
        return f"{self.issuer} · {self.sub[:8]}…"
