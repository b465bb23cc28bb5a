"""Making accounts: a person, the body that employs them, and the roles held on territories.

Leaves feed tokens to `tokens`, and what a role reaches to `scopes`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from geo.accounts.enums import Level, OrganisationType, Role
from geo.accounts.models import Membership, Organisation, User
from geo.core.errors import InvalidInput, NotFound
from geo.territories.selectors import territory_get

# Roles of the central administration hold the nation, and nobody else does.
NATIONAL = frozenset({Role.NATIONAL_ADMIN, Role.NATIONAL_PARTNER})


def organisation_get_or_create(*, name: str, kind: str) -> Organisation:
    """The organisation of that name, made with that kind (`OrganisationType`) if it is new.

    Raises `InvalidInput` when one of that name is of another kind: it would not be the one meant.
    """
    if kind not in OrganisationType.values:
        raise InvalidInput(f"Type d'organisme inconnu : « {kind} ».", field="type")
    if not name.strip():
        raise InvalidInput("Donnez le nom de l'organisme.", field="organisation")
    found, _ = Organisation.objects.get_or_create(name=name.strip(), defaults={"type": kind})
    if found.type != kind:
        raise InvalidInput(
            f"« {found.name} » est déjà connu comme : {found.get_type_display()}. Choisissez ce "
            "type, ou un autre nom.",
            field="organisation_type",
        )
    return found


@transaction.atomic
def user_create(
    *,
    email: str,
    full_name: str,
    password: str | None,
    organisation: Organisation | None = None,
    **fields: Any,
) -> User:
    """Make an active account without any role; `password` None cannot sign in with one.

    Raises `InvalidInput` for a malformed or taken address, an empty name, or a password that the
    rules refuse.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput("Cette adresse électronique est mal formée.", field="email") from error
    if User.objects.filter(email=address).exists():
        raise InvalidInput("Un compte a déjà cette adresse.", field="email")
    if not full_name.strip():
        raise InvalidInput("Donnez le nom de la personne.", field="full_name")
    if password is not None:
        try:
            validate_password(password, User(email=address, full_name=full_name))
        except ValidationError as error:
            raise InvalidInput(" ".join(error.messages), field="password") from error
    return User.objects.create_user(
        address, password, full_name=full_name.strip(), organisation=organisation, **fields
    )


@transaction.atomic
def membership_grant(
    *, user: User, role: str, level: str, code: str = "", ends_on: dt.date | None = None
) -> Membership:
    """Give a role on a territory; giving it twice changes its end only.

    Raises `InvalidInput` for an unknown role or territory, or a national role off the nation.
    """
    if role not in Role.values:
        raise InvalidInput(f"Rôle inconnu : « {role} ».", field="role")
    if level not in Level.values:
        raise InvalidInput(f"Niveau de territoire inconnu : « {level} ».", field="level")
    if (role in NATIONAL) != (level == Level.NATION) and role != Role.API_TOKEN:
        raise InvalidInput("Ce rôle ne se donne pas à ce niveau de territoire.", field="level")
    if level == Level.NATION:
        code = ""
    else:
        try:
            territory_get(level, code)
        except NotFound as error:
            raise InvalidInput(f"Territoire inconnu : « {code} ».", field="code") from error
    membership, _ = Membership.objects.update_or_create(
        user=user, role=role, level=level, code=code, defaults={"ends_on": ends_on}
    )
    return membership


def membership_revoke(*, user: User, role: str, level: str, code: str = "") -> bool:
    """Take a role back; True when it was held. Rights follow at the next request."""
    held = user.memberships.filter(role=role, level=level, code=code)
    return bool(held.delete()[0])
