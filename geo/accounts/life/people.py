"""What an administrator does with the people of their territories: roles, deactivation, return.

Someone who also holds a role elsewhere is administered together with whoever administers there:
their roles here can be changed, their account not. Leaves invitations to `invitations` and what
time does by itself to `sleep`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from geo.accounts.areas import Hierarchy
from geo.accounts.enums import Role
from geo.accounts.factors import factors_reset, has_second_factor
from geo.accounts.life import tasks
from geo.accounts.life.giving import (
    Gift,
    Place,
    memberships_in,
    require_may_give,
)
from geo.accounts.life.invitations import invitations_of_giver_withdraw
from geo.accounts.models import FeedToken, Invitation, Membership, User
from geo.accounts.scopes import areas_of
from geo.accounts.services import membership_grant
from geo.accounts.sessions import sessions_end
from geo.accounts.tasks import tell_security
from geo.core.errors import Conflict, Forbidden, NotFound
from geo.core.jobs import enqueue
from geo.core.scope import Scope, Verb

NOBODY = "Cette personne n'est pas de vos territoires."
ONESELF = "On ne change pas ses propres droits : une autre personne le fait."
LAST = "C'est la dernière personne de l'administration nationale : nommez-en d'abord une autre."
SYSTEM = "Un système partenaire s'ouvre et se ferme à l'échelon national."
CLOSED_NATIONALLY = "Ce compte a été désactivé par l'administration nationale, qui seule l'ouvre."
Erasure = Callable[[User], None]
_ERASURES: list[Erasure] = []


def contribute_erasure(function: Erasure) -> Erasure:
    """Register what else of a person is erased with their name, in the same transaction."""
    _ERASURES.append(function)
    return function


def people_of(scope: Scope) -> QuerySet[User]:
    """The people who hold a role in the territories of an administrator, ended ones too."""
    held = scope.where(Verb.ADMINISTER)
    if not held:
        return User.objects.none()
    roles = Membership.objects.order_by("role", "level", "code")
    here = Membership.objects.filter(memberships_in(held))
    return (
        User.objects.filter(pk__in=here.values("user"), anonymised_at__isnull=True)
        .select_related("organisation")
        .prefetch_related(Prefetch("memberships", queryset=roles))
        .order_by("full_name", "pk")
    )


def person_of(scope: Scope, user_id: int) -> User:
    """One of them. Raises `NotFound`."""
    found = people_of(scope).filter(pk=user_id).first()
    if found is None:
        raise NotFound(NOBODY)
    return found


def invitations_of(scope: Scope) -> list[Invitation]:
    """The invitations that wait in the territories of an administrator, expired ones too."""
    held = scope.where(Verb.ADMINISTER)
    if not held:
        return []
    waiting = Invitation.objects.waiting().select_related("organisation").order_by("expires_at")
    found = list(waiting[:1_000])
    wanted = {each.pk: [areas_of(*place) for place in each.places] for each in found}
    ground = Hierarchy.of([held, *(areas for several in wanted.values() for areas in several)])
    return [each for each in found if all(ground.inside(areas, held) for areas in wanted[each.pk])]


@dataclass(frozen=True, slots=True)
class Hold:
    """Whether an administrator holds the whole account of somebody, or some of their roles."""

    whole: bool
    memberships: tuple[int, ...]


def hold_of(scope: Scope, user: User) -> Hold:
    """What of this person's account the scope's holder administers."""
    held = scope.where(Verb.ADMINISTER)
    theirs = set(user.memberships.values_list("pk", flat=True))
    here = set(user.memberships.filter(memberships_in(held)).values_list("pk", flat=True))
    return Hold(bool(here) and theirs == here, tuple(sorted(here)))


@transaction.atomic
def role_add(
    *,
    by: User,
    scope: Scope,
    user_id: int,
    role: str,
    places: Sequence[Place],
    ends_on: dt.date | None = None,
) -> list[Membership]:
    """Give one more role, or another end to the same one."""
    user = _locked(by, scope, user_id)
    held = scope.where(Verb.ADMINISTER)
    here = user.memberships.filter(memberships_in(held))
    if not held.nation and not (here & Membership.objects.current()).exists():
        # Who left says again that they come back.
        raise Conflict("Cette personne n'a plus de rôle sur vos territoires : invitez-la.")
    require_may_give(by, scope, Gift(role, places, ends_on, user.organisation))
    if role == Role.NATIONAL_ADMIN and ends_on is not None:
        _not_the_last(user)
    made = [
        membership_grant(user=user, role=role, level=level, code=code, ends_on=ends_on)
        for level, code in places
    ]
    enqueue(tasks.role_mail, user_id=user.pk)
    return made


@transaction.atomic
def role_remove(*, by: User, scope: Scope, user_id: int, membership_id: int) -> Membership:
    """Take a role back; rights follow at the next request.

    The last role of a person is not taken back: their account is deactivated instead, so that it
    keeps an administrator.
    """
    user = _locked(by, scope, user_id)
    held = list(user.memberships.all())
    found = next((each for each in held if each.pk == membership_id), None)
    if found is None or found.pk not in hold_of(scope, user).memberships:
        raise NotFound("Ce rôle n'est pas de vos territoires.")
    if len(held) == 1:
        raise Conflict("C'est son seul rôle : désactivez plutôt le compte.")
    if found.role == Role.API_TOKEN and not scope.where(Verb.ADMINISTER).nation:
        raise Forbidden(SYSTEM)
    if found.role == Role.NATIONAL_ADMIN:
        _not_the_last(user)
    Membership.objects.filter(pk=found.pk).delete()
    invitations_of_giver_withdraw(user)
    return found


@transaction.atomic
def account_deactivate(*, by: User, scope: Scope, user_id: int) -> User:
    """Close an account until somebody reactivates it: sessions and tokens end with it."""
    user = _whole(by, scope, user_id)
    if not user.is_active:
        raise Conflict("Ce compte est déjà désactivé.")
    _not_the_last(user)
    nationally = scope.where(Verb.ADMINISTER).nation
    deactivate(user, timezone.now(), nationally=nationally)
    return user


@transaction.atomic
def account_reactivate(*, by: User, scope: Scope, user_id: int) -> User:
    """Open a deactivated account again, with the roles that it kept; its tokens stay ended."""
    user = _whole(by, scope, user_id)
    if user.is_active:
        raise Conflict("Ce compte est actif.")
    user.is_active, user.reactivated_at, user.closed_nationally = True, timezone.now(), False
    user.deactivated_at = user.warned_at = None
    changed = ["is_active", "reactivated_at", "deactivated_at", "warned_at", "closed_nationally"]
    user.save(update_fields=changed)
    enqueue(tasks.role_mail, user_id=user.pk)
    return user


@transaction.atomic
def second_factor_reset(*, by: User, scope: Scope, user_id: int) -> User:
    """Forget the second factors of somebody who lost them: sessions end, a new one is enrolled.

    The password stays and is asked first; the person is told, in case they asked for nothing.
    """
    user = _whole(by, scope, user_id)
    if not user.is_active:
        raise Conflict("Ce compte est désactivé.")
    if not has_second_factor(user):
        raise Conflict("Ce compte n'a pas de second facteur : la personne en choisira un.")
    factors_reset(user=user)
    sessions_end(user=user)
    tell_security(user=user, what="factors_reset")
    return user


@transaction.atomic
def account_anonymise(*, by: User, scope: Scope, user_id: int) -> User:
    """Take a person's name away at their request; what they wrote stays. It cannot be undone."""
    user = _whole(by, scope, user_id)
    _not_the_last(user)
    if user.is_active:
        deactivate(user, timezone.now(), tell=False)
    anonymise(user, timezone.now())
    return user


def deactivate(
    user: User, now: dt.datetime, *, tell: bool = True, nationally: bool = False
) -> None:
    """Close an account, without asking who may; in the caller's transaction."""
    user.is_active, user.deactivated_at, user.closed_nationally = False, now, nationally
    user.save(update_fields=["is_active", "deactivated_at", "closed_nationally"])
    FeedToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)
    sessions_end(user=user)
    invitations_of_giver_withdraw(user)
    if tell:
        enqueue(tasks.closed_mail, user_id=user.pk)


def anonymise(user: User, now: dt.datetime) -> None:
    """Leave a number in the place of a name; in the caller's transaction."""
    user.email = f"compte-{user.pk}@anonyme.invalid"
    user.full_name = f"Ancien compte {user.pk % 10_000:04d}"
    user.anonymised_at, user.last_login = now, None
    user.set_unusable_password()
    user.save()
    user.memberships.all().delete()
    user.tokens.all().delete()
    Invitation.objects.filter(user=user).update(email=user.email, full_name=user.full_name)
    for erase in _ERASURES:
        erase(user)


def is_last_national_admin(user: User) -> bool:
    """True when nobody else would be left to administer the nation.

    Whoever asks is about to end one of them: the roles are locked until the transaction ends, so
    that two who ask at the same time do not each count on the other. A role that is to end counts
    for nobody but its holder.
    """
    national = Membership.objects.current().filter(role=Role.NATIONAL_ADMIN)
    list(national.order_by("pk").select_for_update().values_list("pk"))
    # Read again, after the lock: the other's withdrawal may just have been committed.
    active = national.filter(user__is_active=True)
    if not active.filter(user=user).exists():
        return False
    return not active.filter(ends_on__isnull=True).exclude(user=user).exists()


def _not_the_last(user: User) -> None:
    if is_last_national_admin(user):
        raise Conflict(LAST)


def _locked(by: User, scope: Scope, user_id: int) -> User:
    """A person of one's territories, locked, who is not oneself."""
    person_of(scope, user_id)
    if by.pk == user_id:
        raise Forbidden(ONESELF)
    return User.objects.select_for_update().get(pk=user_id)


def reserved_to_nation(scope: Scope, user: User) -> str:
    """Why an account is the nation's alone, in words; empty when it is not, or for the nation."""
    if scope.where(Verb.ADMINISTER).nation:
        return ""
    if user.memberships.filter(role=Role.API_TOKEN).exists():
        return SYSTEM
    return CLOSED_NATIONALLY if user.closed_nationally and not user.is_active else ""


def _whole(by: User, scope: Scope, user_id: int) -> User:
    user = _locked(by, scope, user_id)
    if reason := reserved_to_nation(scope, user):
        raise Forbidden(reason)
    if not hold_of(scope, user).whole:
        raise Forbidden(
            "Cette personne a aussi un rôle hors de vos territoires : "
            "demandez à l'administration nationale, ou retirez ses rôles chez vous."
        )
    return user


def search(people: QuerySet[User], text: str) -> QuerySet[User]:
    """Those whose name, address or organisation holds a text."""
    if not text.strip():
        return people
    wanted = text.strip()
    return people.filter(
        Q(full_name__icontains=wanted)
        | Q(email__icontains=wanted)
        | Q(organisation__name__icontains=wanted)
    )
