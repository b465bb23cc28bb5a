"""Invitations: an account to open, its link, its activation.

The link is a signature of what is given: whatever changes in the row, and each renewal, kills it.
Leaves who may give what to `giving`, and when mails leave to `tasks`.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from geo.accounts.life import tasks
from geo.accounts.life.giving import (
    Gift,
    Place,
    require_administers,
    require_may_give,
    still_may_give,
)
from geo.accounts.life.options import Options
from geo.accounts.models import Invitation, Organisation, User
from geo.accounts.scopes import scope_for
from geo.accounts.services import membership_grant, user_create
from geo.core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from geo.core.jobs import enqueue
from geo.core.scope import Scope

logger = logging.getLogger(__name__)

SALT = "geo.accounts.invitation"
DEAD = "Ce lien n'ouvre plus rien : il a servi, ou il a expiré. Demandez-en un autre."


def invitation_token(invitation: Invitation) -> str:
    """What the link carries: the number of the invitation and the signature of all it gives."""
    facts = [
        invitation.pk,
        invitation.email,
        invitation.organisation_id,
        str(invitation.role),
        sorted(invitation.areas),
        invitation.ends_on,
        invitation.expires_at.timestamp(),
    ]
    if invitation.options:
        facts += [sorted(invitation.options), invitation.options_end_on]
    signature = salted_hmac(SALT, repr(facts), algorithm="sha256").hexdigest()
    return f"{invitation.pk}-{signature}"


def invitation_address(invitation: Invitation) -> str:
    """The link of the mail."""
    return f"{settings.BASE_URL}{reverse('activation', args=[invitation_token(invitation)])}"


def invitation_of(token: str) -> Invitation:
    """The open invitation of a link. Raises `NotFound`, the same for whatever is wrong.

    It is dead as well once who sent it could not send it any more.
    """
    number, _, _ = token.partition("-")
    found = None
    if number.isdecimal() and len(number) < 17:
        waiting = Invitation.objects.open().select_related("organisation", "invited_by")
        found = waiting.filter(pk=int(number)).first()
    if found is None or not constant_time_compare(invitation_token(found), token):
        raise NotFound(DEAD)
    if not _still_given(found):
        raise NotFound(DEAD)
    return found


@transaction.atomic
def invitation_create(
    *,
    by: User,
    scope: Scope,
    email: str,
    full_name: str,
    organisation: Organisation,
    role: str,
    places: Sequence[Place],
    ends_on: dt.date | None = None,
    options: Options | None = None,
) -> Invitation:
    """Invite somebody to open an account, or the holder of one to accept one more role.

    `options` complete the role once it is taken, each within the rights of `by`. Nobody comes under
    an administration without saying so. Raises `InvalidInput` naming the field, `Forbidden` beyond
    the rights or areas of `by`, `Conflict` for an address that is invited already, or whose account
    sleeps.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput("Cette adresse électronique est mal formée.", field="email") from error
    if not full_name.strip():
        raise InvalidInput("Donnez le nom de la personne.", field="full_name")
    known = User.objects.filter(email=address).select_related("organisation").first()
    theirs = organisation if known is None else known.organisation
    require_may_give(by, scope, Gift(role, places, ends_on, theirs))
    if options is not None:
        options.require(by, scope, role, places)
    if known is not None and known.pk == by.pk:
        raise Forbidden("On ne se donne pas un rôle à soi-même.")
    if known is not None and not known.is_active:
        raise Conflict("Cette personne a un compte désactivé : réactivez-le.", field="email")
    _withdraw_expired(address)
    if Invitation.objects.waiting().filter(email=address).exists():
        raise Conflict("Cette adresse a déjà une invitation en attente.", field="email")
    made = Invitation.objects.create(
        email=address,
        full_name=full_name.strip()[:120],
        organisation=theirs or organisation,
        role=role,
        areas=[f"{level}:{code}" for level, code in places],
        ends_on=ends_on,
        invited_by=by,
        expires_at=_expiry(),
        **(options.kept() if options is not None else {}),
    )
    enqueue(tasks.invitation_mail, invitation_id=made.pk)
    return made


@transaction.atomic
def invitation_renew(*, by: User, scope: Scope, invitation_id: int) -> Invitation:
    """Send a new link, for as many days again; the former one dies."""
    found = _waiting(scope, invitation_id)
    require_may_give(by, scope, _gift(found))
    if (options := Options.of(found)) is not None:
        options.require(by, scope, found.role, found.places)
    found.invited_by, found.invited_at, found.expires_at = by, timezone.now(), _expiry()
    found.reminded_at = found.expiry_told_at = None
    found.save()
    enqueue(tasks.invitation_mail, invitation_id=found.pk)
    return found


@transaction.atomic
def invitation_withdraw(*, scope: Scope, invitation_id: int) -> Invitation:
    """Take an invitation back: its link opens nothing from now on."""
    return _withdrawn(_waiting(scope, invitation_id))


@transaction.atomic
def invitation_accept(
    *, invitation_id: int, full_name: str = "", password: str | None = None
) -> User:
    """Open the account, once: its person, its organisation, its roles.

    `password` None for somebody whose identity another service vouches for. Raises `NotFound` for
    an invitation that is not open, `InvalidInput` for a name or password that is refused.
    """
    found = Invitation.objects.open().select_for_update().filter(pk=invitation_id).first()
    if found is None or not _still_given(found):
        raise NotFound(DEAD)
    user = user_create(
        email=found.email,
        full_name=full_name or found.full_name,
        password=password,
        organisation=found.organisation,
    )
    _use(found, user)
    return user


def role_offers(user: User) -> list[Invitation]:
    """The roles that are offered to somebody who has an account, until they answer."""
    found = Invitation.objects.open().select_related("invited_by", "organisation")
    return [each for each in found.filter(email=user.email) if _still_given(each)]


def role_offer(user: User, invitation_id: int) -> Invitation:
    """One of them. Raises `NotFound`."""
    found = next((each for each in role_offers(user) if each.pk == invitation_id), None)
    if found is None:
        raise NotFound("Cette proposition n'attend plus de réponse.")
    return found


@transaction.atomic
def role_accept(*, user: User, invitation_id: int) -> Invitation:
    """Take the role that is offered: who offers it administers the account from then on, there."""
    found = _locked_offer(user, invitation_id)
    _use(found, user)
    return found


@transaction.atomic
def role_decline(*, user: User, invitation_id: int) -> Invitation:
    """Refuse a role; the account stays what it was."""
    return _withdrawn(_locked_offer(user, invitation_id))


def _withdrawn(found: Invitation) -> Invitation:
    found.withdrawn_at = timezone.now()
    found.save(update_fields=["withdrawn_at"])
    return found


def invitations_of_giver_withdraw(by: User) -> int:
    """Withdraw the invitations that somebody sent and could not send any more; how many."""
    waiting = Invitation.objects.waiting().select_for_update(of=("self",)).filter(invited_by=by)
    dead = [each.pk for each in waiting.select_related("organisation") if not _still_given(each)]
    return Invitation.objects.filter(pk__in=dead).update(withdrawn_at=timezone.now())


class Offered:
    """The one pending invitation of an e-mail, for who is vouched for by another service."""

    def __init__(self, invitation: Invitation) -> None:
        self.invitation = invitation
        self._user: User | None = None

    @property
    def user(self) -> User:
        """The account, once the invitation is accepted."""
        if self._user is None:
            raise Conflict("Cette invitation n'est pas encore acceptée.")
        return self._user

    def accept(self) -> None:
        """Open the account without a password."""
        self._user = invitation_accept(invitation_id=self.invitation.pk)


def pending_invitations(email: str) -> list[Offered]:
    """The open invitations of an address without an account: one at most."""
    address = email.lower()
    if User.objects.filter(email=address).exists():
        return []
    found = Invitation.objects.open().filter(email=address)
    return [Offered(each) for each in found if _still_given(each)]


def _waiting(scope: Scope, invitation_id: int) -> Invitation:
    """The invitation, locked, if the scope's holder administers all its territories."""
    waiting = Invitation.objects.waiting().select_for_update(of=("self",))
    found = waiting.filter(pk=invitation_id).first()
    if found is None:
        raise NotFound("Cette invitation n'attend plus.")
    try:
        require_administers(scope, found.places)
    except Forbidden as error:
        # Outside one's own areas it does not exist.
        raise NotFound("Cette invitation n'attend plus.") from error
    return found


def _withdraw_expired(email: str) -> None:
    waiting = Invitation.objects.waiting().filter(email=email)
    waiting.filter(expires_at__lte=timezone.now()).update(withdrawn_at=timezone.now())


def _expiry() -> dt.datetime:
    return timezone.now() + dt.timedelta(days=settings.INVITATION_DAYS)


def _still_given(invitation: Invitation) -> bool:
    """True while who sent it is somebody who may; what a command prepared has no sender."""
    by = invitation.invited_by
    if by is None:
        return True
    return still_may_give(User.objects.get(pk=by.pk), _gift(invitation))


def _gift(invitation: Invitation) -> Gift:
    known = User.objects.filter(email=invitation.email).select_related("organisation").first()
    organisation = invitation.organisation if known is None else known.organisation
    return Gift(invitation.role, invitation.places, invitation.ends_on, organisation)


def _locked_offer(user: User, invitation_id: int) -> Invitation:
    role_offer(user, invitation_id)
    open_ones = Invitation.objects.open().select_for_update(of=("self",))
    found = open_ones.filter(pk=invitation_id).first()
    if found is None:
        raise NotFound("Cette proposition n'attend plus de réponse.")
    return found


def _use(invitation: Invitation, user: User) -> None:
    """Give what it promises, once."""
    ends_on = invitation.ends_on
    if ends_on is None or ends_on >= timezone.localdate():
        for level, code in invitation.places:
            membership_grant(
                user=user, role=invitation.role, level=level, code=code, ends_on=ends_on
            )
        _options_grant(invitation, user)
    invitation.user, invitation.used_at = user, timezone.now()
    invitation.save(update_fields=["user", "used_at"])


def _options_grant(invitation: Invitation, user: User) -> None:
    """The options of an invitation, as far as who invited may give them today."""
    options, by = Options.of(invitation), invitation.invited_by
    if options is None or by is None:
        return
    try:
        with transaction.atomic():
            options.grant(by, scope_for(by), user, invitation.places)
    except DomainError as error:
        # The account opens without them; an administrator may grant them on its page.
        logger.warning("options of invitation %d not granted: %s", invitation.pk, error.message)
