"""Feed tokens: made once, shown once, kept as a hash, checked in constant time, counted by day.

What may be chosen for a token is what `scopes` would give it, and it decides again at each use.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.life.charter import charter_is_accepted
from geo.accounts.models import FeedToken, User
from geo.accounts.policies import TOKEN_ROLES
from geo.accounts.scopes import scope_for
from geo.accounts.token_limits import methods_checked, networks_checked
from geo.core import collections as registry
from geo.core.errors import Forbidden, InvalidInput, NotFound
from geo.core.scope import RESTRICTED, DataClass, Scope
from geo.territories.selectors import territory_get

MAX_DAYS = 365
USED_EVERY = dt.timedelta(minutes=5)


def may_hold_tokens(user: User) -> bool:
    """Whether a role of the person lets data out."""
    return user.memberships.current().filter(role__in=TOKEN_ROLES).exists()


def widest_scope(user: User, areas: Sequence[str] = ()) -> Scope:
    """All that a token of this person could read today, in these areas (none: everywhere)."""
    classes = [each.value for each in RESTRICTED if each != DataClass.JUDICIAL]
    return scope_for(user, FeedToken(user=user, classes=classes, areas=list(areas)))


def token_create(
    *,
    user: User,
    name: str,
    purpose: str,
    days: int = MAX_DAYS,
    collections: Iterable[str] = (),
    classes: Iterable[str] = (),
    places: Iterable[tuple[str, str]] = (),
    methods: Iterable[str] = (),
    networks: Iterable[str] = (),
) -> tuple[FeedToken, str]:
    """Make a token; returns it with its clear text, which is never shown again.

    `collections` and `places` limit it (none: all that its owner may take out), `classes` are
    those it reads beside general data; it only reads unless `methods` has `write`; `networks` are
    those it serves in (none: all). Raises `Forbidden` when no role of the person may export,
    `InvalidInput` naming the field for what is missing or beyond the person's own rights.
    """
    if not may_hold_tokens(user):
        raise Forbidden("Votre rôle ne permet pas d'exporter : pas de jeton.")
    for field, value in (("name", name), ("purpose", purpose)):
        if not value.strip():
            raise InvalidInput("Ce champ est obligatoire.", field=field)
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"La durée va de 1 à {MAX_DAYS} jours.", field="days")
    areas = _areas(user, places)
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    is_system = user.memberships.current().filter(role=Role.API_TOKEN).exists()
    token = FeedToken.objects.create(
        user=user,
        name=name.strip(),
        purpose=purpose.strip(),
        prefix=prefix,
        digest=_digest(secret),
        collections=_collections(user, collections),
        classes=_classes(widest_scope(user, areas), classes),
        areas=areas,
        methods=methods_checked(user, methods),
        networks=networks_checked(networks),
        quota=settings.TOKEN_DAILY_QUOTA if is_system else None,
        expires_at=timezone.now() + dt.timedelta(days=days),
    )
    return token, f"{prefix}.{secret}"


def token_counted(token: FeedToken) -> int | None:
    """Count one answer against the day's quota; None when it may be given, else seconds to wait.

    In one statement: requests at the same time do not pass together the last place.
    """
    if token.quota is None:
        return None
    today = timezone.localdate()
    free = Q(used_on__isnull=True) | ~Q(used_on=today) | Q(used__lt=F("quota"))
    counted = FeedToken.objects.filter(free, pk=token.pk).update(
        used=Case(When(used_on=today, then=F("used") + 1), default=Value(1)), used_on=today
    )
    if counted:
        return None
    now = timezone.localtime()
    midnight = dt.datetime.combine(today + dt.timedelta(days=1), dt.time.min, now.tzinfo)
    return max(1, int((midnight - now).total_seconds()) + 1)


def token_revoke(*, token: FeedToken) -> None:
    """End a token at once."""
    token.revoked_at = token.revoked_at or timezone.now()
    token.save(update_fields=["revoked_at"])


def token_from_header(header: str) -> FeedToken | None:
    """The usable token of an `Authorization` header (Bearer, or Basic with it as password).

    None as well once its owner holds no role that may have one: the token ends with the role. And
    while the charter in force is not accepted: what waits for a session waits for a token.
    """
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
    if not may_hold_tokens(token.user) or not charter_is_accepted(token.user):
        return None
    return token


def token_used(token: FeedToken) -> None:
    """Note that a token was used, once in a while."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        FeedToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _areas(user: User, places: Iterable[tuple[str, str]]) -> list[str]:
    found = []
    for level, code in places:
        try:
            if level != Level.NATION:
                territory_get(level, code)
        except NotFound as error:
            raise InvalidInput(f"Territoire inconnu : « {code} ».", field="territory") from error
        found.append(f"{level}:{code}")
        if not widest_scope(user, found[-1:]).sees_sites:
            raise InvalidInput("Vous n'avez rien à exporter sur ce territoire.", field="territory")
    return sorted(set(found))


def _collections(user: User, wanted: Iterable[str]) -> list[str]:
    found, known = sorted(set(wanted)), {c.id for c in registry.visible(widest_scope(user))}
    if unknown := [each for each in found if each not in known]:
        raise InvalidInput(f"Collection inconnue : « {unknown[0]} ».", field="collections")
    return found


def _classes(widest: Scope, wanted: Iterable[str]) -> list[str]:
    found = sorted(set(wanted))
    if DataClass.JUDICIAL in found:
        raise InvalidInput("Aucun jeton ne lit les procédures judiciaires.", field="classes")
    held = {each.value for each in RESTRICTED if widest.reach(each)}
    if beyond := [each for each in found if each not in held]:
        raise InvalidInput(
            f"Vous ne pouvez pas exporter ces informations ici : « {beyond[0]} ».", field="classes"
        )
    return found


def _digest(secret: str) -> str:
    # A fast hash is enough: the secret has 256 bits of entropy.
    return hashlib.sha256(secret.encode()).hexdigest()
