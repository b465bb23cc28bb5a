"""The invented accounts: one for each role and, for the local roles, two departements.

Passwords and tokens are drawn at random and written once to a file that only its owner reads;
the database keeps hashes. Leaves rights to `geo.accounts`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.conf import settings
from django.db import transaction

from demo.invented import stable_id
from demo.models import DemoLoad
from geo.accounts.enums import Level, OrganisationType, Role
from geo.accounts.factors import new_totp_secret
from geo.accounts.life.charter import charter_accept, charter_in_force
from geo.accounts.models import FeedToken, Membership, User
from geo.accounts.policies import TOKEN_ROLES
from geo.accounts.services import (
    membership_grant,
    organisation_get_or_create,
    user_create,
)
from geo.accounts.tokens import token_create, token_revoke
from geo.core.errors import InvalidInput, NotFound
from geo.territories.selectors import territory_get

DOMAIN = "atlas-demo.example"
NATION = "nation"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account to make: a role, where it is held, and for whom its person works."""

    role: str
    level: str
    code: str
    organisation: str
    kind: str

    @property
    def email(self) -> str:
        """The address under which one signs in."""
        return f"{self.role.replace('_', '-')}.{self.code or NATION}@{DOMAIN}".lower()


@dataclass(frozen=True, slots=True)
class Account:
    """What one needs to use an account; `token` is None for roles that may not export."""

    email: str
    password: str
    totp: str
    token: str | None
    role: str
    territory: str


def wanted() -> Iterator[Wanted]:
    """Every account of the demonstration, in the order in which they are shown."""
    yield Wanted(Role.NATIONAL_ADMIN, Level.NATION, "", "DIHAL (fictive)", OrganisationType.DIHAL)
    yield Wanted(
        Role.NATIONAL_PARTNER,
        Level.NATION,
        "",
        "Administration centrale fictive",
        OrganisationType.CENTRAL,
    )
    for role, organisation, kind in (
        (Role.LOCAL_ADMIN, "Préfecture fictive", OrganisationType.PREFECTURE),
        (Role.CORRESPONDENT, "DDETS fictive", OrganisationType.DDETS),
        (Role.PARTNER, "Agence régionale de santé fictive", OrganisationType.ARS),
        (Role.OPERATOR, "Association opératrice fictive", OrganisationType.ASSOCIATION),
        (Role.INTERVENER, "Association intervenante fictive", OrganisationType.ASSOCIATION),
        (Role.OBSERVER, "Observatoire fictif", OrganisationType.OTHER),
        (Role.API_TOKEN, "Système partenaire fictif", OrganisationType.OTHER),
    ):
        for code in ("93", "13"):
            yield Wanted(role, Level.DEPARTEMENT, code, f"{organisation} {code}", kind)
    # Exact at home, blurred in the rest of the departement.
    yield Wanted(
        Role.PARTNER, Level.COMMUNE, "93066", "Ville fictive 93066", OrganisationType.COLLECTIVITE
    )
    yield Wanted(
        Role.OPERATOR,
        Level.COMMUNE,
        "13055",
        "Association opératrice fictive 13055",
        OrganisationType.ASSOCIATION,
    )


def accounts_path() -> Path:
    """The file that holds the clear passwords and tokens."""
    return Path(settings.LOCAL_DIR) / "demo_accounts.json"


def accounts_read() -> list[dict[str, str | None]]:
    """The accounts as the contract shows them. Raises `NotFound` before `demo_data` has run."""
    try:
        return list(json.loads(accounts_path().read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise NotFound(
            "Aucun compte de démonstration : lancez d'abord « manage.py demo_data »."
        ) from error


def are_loaded() -> bool:
    """True when the file opens the accounts that the database holds."""
    print_now = _print()
    return bool(print_now) and DemoLoad.objects.filter(accounts=print_now).exists()


def accounts_load() -> list[Account]:
    """Make the accounts that are missing, and give all of them a new password and token.

    The file is written last, in the transaction: hashes without it would open nothing.
    """
    with transaction.atomic():
        made = [_account(one) for one in wanted() if _exists(one)]
        _write(made)
        DemoLoad.objects.update_or_create(pk=1, defaults={"accounts": _print()})
    return made


def authors() -> dict[str, int | None]:
    """Who wrote the invented sites: the departement's correspondent, else the nation's admin."""
    found: dict[str, int | None] = {
        membership.code: membership.user_id
        for membership in Membership.objects.filter(
            role=Role.CORRESPONDENT, user__email__endswith=f"@{DOMAIN}"
        )
    }
    admin = User.objects.filter(email=f"national-admin.{NATION}@{DOMAIN}").first()
    return found | {"": admin.pk if admin else None}


def _exists(one: Wanted) -> bool:
    if one.level == Level.NATION:
        return True
    try:
        territory_get(one.level, one.code)
    except NotFound:
        return False
    return True


def _account(one: Wanted) -> Account:
    password = f"demo-{secrets.token_urlsafe(15)}"
    user = User.objects.filter(email=one.email).first()
    if user is None:
        user = user_create(
            email=one.email,
            full_name=f"Personne fictive, {Role(one.role).label}",
            password=password,
            organisation=organisation_get_or_create(name=one.organisation, kind=one.kind),
            id=stable_id("account", one.email),
        )
    else:
        user.set_password(password)
        user.is_active = True
        user.save(update_fields=["password", "is_active"])
    membership_grant(user=user, role=one.role, level=one.level, code=one.code)
    charter_accept(user=user, version=charter_in_force().number)
    return Account(
        email=one.email,
        password=password,
        totp=_totp(user),
        token=_token(user) if one.role in TOKEN_ROLES else None,
        role=str(one.role),
        territory=one.code or NATION,
    )


def _totp(user: User) -> str:
    """A new secret of a code application, the account's only second factor."""
    secret = new_totp_secret()
    Authenticator.objects.filter(user=user).delete()
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(secret)}
    )
    return secret


def _token(user: User) -> str:
    for old in FeedToken.objects.filter(user=user, name="Démonstration", revoked_at=None):
        token_revoke(token=old)
    _, clear = token_create(
        user=user, name="Démonstration", purpose="Essayer les flux sur des données inventées"
    )
    return clear


def _write(made: list[Account]) -> None:
    path = accounts_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    # The mode is given at the creation: the file is never readable by others, not for an instant.
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump([asdict(account) for account in made], stream, ensure_ascii=False, indent=1)
        stream.write("\n")
    fresh.replace(path)


def _print() -> str:
    """A digest of the file and of the hashes it opens; empty without a file."""
    try:
        text = accounts_path().read_bytes()
        emails = [account["email"] for account in json.loads(text)]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    users = User.objects.filter(email__in=emails, is_active=True)
    hashes = list(users.order_by("email").values_list("email", "password"))
    tokens = FeedToken.objects.filter(user__in=users, revoked_at=None).order_by("prefix")
    factors = Authenticator.objects.filter(user__in=users, type=Authenticator.Type.TOTP)
    try:
        opened = sorted((one.user_id, decrypt(one.data["secret"])) for one in factors)
    except InvalidInput:
        return ""
    state = repr(opened) + repr((hashes, list(tokens.values_list("prefix", "digest"))))
    roles = Membership.objects.filter(user__in=users).order_by("user__email", "role", "code")
    state += repr(list(roles.values_list("user__email", "role", "level", "code")))
    return hashlib.sha256(text + state.encode()).hexdigest()


def require_demo() -> None:
    """Raise `InvalidInput` unless this is a demonstration."""
    if not settings.ATLAS_DEMO:
        raise InvalidInput(
            "Cette commande n'existe que dans une démonstration : lancez-la avec ATLAS_DEMO=1."
        )
