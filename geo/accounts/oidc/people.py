"""Which account a person vouched for opens: the one linked to (issuer, sub), and no other.

No account is made here, and an e-mail never matches an account, but for exactly one pending
invitation sent to it. Leaves invitations to whoever registers them (`contribute_invitations`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from geo.accounts.identity_models import ExternalIdentity
from geo.accounts.models import User
from geo.accounts.oidc.client import Vouched
from geo.accounts.oidc.refusals import Reason, SignInRefused
from geo.core.errors import DomainError


class PendingInvitation(Protocol):
    """An invitation that still waits for its person."""

    @property
    def user(self) -> User:
        """The account that it opens, once accepted."""

    def accept(self) -> None:
        """Note that its person came, in the current transaction."""


Invitations = Callable[[str], Iterable[PendingInvitation]]
_INVITATIONS: list[Invitations] = []


def contribute_invitations(function: Invitations) -> Invitations:
    """Register where pending invitations come from, by (lower-case) e-mail."""
    _INVITATIONS.append(function)
    return function


@transaction.atomic
def person_of(*, vouched: Vouched) -> User:
    """The account that this identity opens; raises `SignInRefused` for none, or a closed one."""
    identity = (
        ExternalIdentity.objects.select_related("user")
        .filter(issuer=vouched.issuer, sub=vouched.sub)
        .first()
    )
    if identity is None:
        identity = _by_invitation(vouched)
    if not identity.user.is_active:
        raise SignInRefused(Reason.ACCOUNT_CLOSED)
    identity.email, identity.siret = vouched.email, vouched.siret
    identity.provider, identity.last_used_at = vouched.provider, timezone.now()
    identity.save(update_fields=["email", "siret", "provider", "last_used_at"])
    return identity.user


@transaction.atomic
def identity_link(*, user: User, vouched: Vouched) -> ExternalIdentity:
    """Link an identity to the account of somebody signed in; raises `SignInRefused` if taken."""
    identity, _ = ExternalIdentity.objects.get_or_create(
        issuer=vouched.issuer, sub=vouched.sub, defaults={"user": user, "email": vouched.email}
    )
    if identity.user_id != user.pk:
        raise SignInRefused(Reason.IDENTITY_TAKEN)
    return identity


def identity_unlink(*, user: User, identity_id: int) -> bool:
    """Take an identity away from its own account; False when it is not theirs."""
    return bool(ExternalIdentity.objects.filter(user=user, pk=identity_id).delete()[0])


def _by_invitation(vouched: Vouched) -> ExternalIdentity:
    waiting = [
        invitation
        for invitations in _INVITATIONS
        if vouched.email
        for invitation in invitations(vouched.email)
    ]
    if len(waiting) != 1:
        raise SignInRefused(Reason.UNKNOWN_PERSON)
    (invitation,) = waiting
    try:
        invitation.accept()
    except DomainError as error:
        # An account has that address already, for instance: it is not ours to open it.
        raise SignInRefused(Reason.UNKNOWN_PERSON) from error
    return ExternalIdentity.objects.create(
        user=invitation.user, issuer=vouched.issuer, sub=vouched.sub, email=vouched.email
    )
