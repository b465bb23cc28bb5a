"""Feed tokens: made once, shown once, kept as a hash, checked in constant time.

Leaves what a token reaches to `scopes`.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets

from django.utils import timezone

from geo.accounts.models import FeedToken, User
from geo.accounts.policies import TOKEN_ROLES
from geo.core.errors import Forbidden, InvalidInput

MAX_DAYS = 365
USED_EVERY = dt.timedelta(minutes=5)


def token_create(
    *,
    user: User,
    name: str,
    purpose: str,
    days: int = MAX_DAYS,
    collections: list[str] | None = None,
) -> tuple[FeedToken, str]:
    """Make a token; returns it with its clear text, which is never shown again.

    Raises `Forbidden` when no role of the person may export, `InvalidInput` for a missing name or
    purpose or a life over 365 days.
    """
    if not user.memberships.filter(role__in=TOKEN_ROLES).exists():
        raise Forbidden("Votre rôle ne permet pas d'exporter : pas de jeton.")
    for field, value in (("name", name), ("purpose", purpose)):
        if not value.strip():
            raise InvalidInput("Ce champ est obligatoire.", field=field)
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"La durée va de 1 à {MAX_DAYS} jours.", field="days")
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    token = FeedToken.objects.create(
        user=user,
        name=name.strip(),
        purpose=purpose.strip(),
        prefix=prefix,
        digest=_digest(secret),
        collections=sorted(collections or []),
        expires_at=timezone.now() + dt.timedelta(days=days),
    )
    return token, f"{prefix}.{secret}"


def token_revoke(*, token: FeedToken) -> None:
    """End a token at once."""
    token.revoked_at = token.revoked_at or timezone.now()
    token.save(update_fields=["revoked_at"])


def token_from_header(header: str) -> FeedToken | None:
    """The usable token of an `Authorization` header (Bearer, or Basic with it as password)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None
    elif scheme.lower() != "bearer":
        return None
    prefix, _, secret = value.strip().partition(".")
    token = FeedToken.objects.select_related("user").filter(prefix=prefix).first()
    if token is None or not hmac.compare_digest(token.digest, _digest(secret)) or not token.usable:
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        FeedToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _digest(secret: str) -> str:
    # A fast hash is enough: the secret has 256 bits of entropy.
    return hashlib.sha256(secret.encode()).hexdigest()
