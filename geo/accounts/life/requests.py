"""Requests for access: asked by anybody, treated by who administers the territory.

Leaves the form's traps to the page, and what an acceptance opens to `invitations`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from geo.accounts.areas import Hierarchy
from geo.accounts.enums import OrganisationType, Role
from geo.accounts.life import tasks
from geo.accounts.life.giving import Place, require_sensible
from geo.accounts.life.invitations import invitation_create
from geo.accounts.life.options import Options
from geo.accounts.models import AccessRequest, Invitation, Organisation, RequestState, User
from geo.accounts.scopes import areas_of
from geo.core.errors import Conflict, Forbidden, InvalidInput, NotFound, TooCostly
from geo.core.jobs import enqueue
from geo.core.scope import Scope, Verb

# What anybody may ask for; systems and the nation's administration are opened otherwise.
ASKABLE = tuple(
    (role.value, role.label)
    for role in Role
    if role not in {Role.NATIONAL_ADMIN, Role.API_TOKEN, Role.INTERVENER}
)
LIMITS = {"full_name": 120, "organisation": 160, "reason": 1000}


@transaction.atomic
def access_request_create(
    *,
    email: str,
    full_name: str,
    organisation: str,
    organisation_type: str,
    role: str,
    place: Place,
    reason: str,
) -> AccessRequest | None:
    """Keep a request and tell those who will treat it; None when one of this address waits already.

    Whether an account exists changes nothing here: who treats the request will see it. Raises
    `InvalidInput` naming the field, `TooCostly` when too many came today.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput("Cette adresse électronique est mal formée.", field="email") from error
    texts = {"full_name": full_name, "organisation": organisation, "reason": reason}
    for field, text in texts.items():
        if not text.strip() or len(text.strip()) > LIMITS[field]:
            raise InvalidInput(f"De 1 à {LIMITS[field]} caractères.", field=field)
    if role not in dict(ASKABLE):
        raise InvalidInput("Choisissez un rôle de la liste.", field="role")
    if organisation_type not in OrganisationType.values:
        raise InvalidInput("Choisissez un type d'organisme.", field="organisation_type")
    level, code = place
    require_sensible(role, level, code)
    day_ago = timezone.now() - dt.timedelta(days=1)
    today = AccessRequest.objects.filter(created_at__gt=day_ago)
    if today.count() >= settings.ACCESS_REQUESTS_PER_DAY:
        raise TooCostly("Trop de demandes sont arrivées aujourd'hui : revenez demain.")
    made, is_new = AccessRequest.objects.get_or_create(
        email=address,
        state=RequestState.PENDING,
        defaults={
            **{field: text.strip() for field, text in texts.items()},
            "organisation_type": organisation_type,
            "role": role,
            "level": level,
            "code": code,
        },
    )
    if not is_new:
        return None
    enqueue(tasks.request_mail, request_id=made.pk, moment=0)
    return made


@transaction.atomic
def access_request_accept(
    *,
    by: User,
    scope: Scope,
    request_id: int,
    organisation: Organisation,
    role: str,
    places: Sequence[Place],
    ends_on: dt.date | None = None,
    options: Options | None = None,
) -> Invitation:
    """Answer yes, with the role and territories that the accepter decides.

    Sends the activation link, or offers the role to an account that exists: anybody may have
    written its address. Raises as `invitation_create`.
    """
    asked = _pending(scope, request_id)
    _decide(asked, by, RequestState.ACCEPTED, "")
    return invitation_create(
        by=by,
        scope=scope,
        email=asked.email,
        full_name=asked.full_name,
        organisation=organisation,
        role=role,
        places=places,
        ends_on=ends_on,
        options=options,
    )


@transaction.atomic
def access_request_refuse(*, by: User, scope: Scope, request_id: int, reason: str) -> AccessRequest:
    """Answer no, with the reason that the person receives."""
    if not reason.strip() or len(reason.strip()) > LIMITS["reason"]:
        raise InvalidInput("Écrivez le motif : la personne le recevra.", field="reason")
    asked = _pending(scope, request_id)
    _decide(asked, by, RequestState.REFUSED, reason.strip())
    enqueue(tasks.refusal_mail, request_id=asked.pk)
    return asked


def requests_to_treat(scope: Scope) -> list[AccessRequest]:
    """The requests that wait for who administers their territory, the oldest first."""
    held = scope.where(Verb.ADMINISTER)
    if not held:
        return []
    waiting = list(AccessRequest.objects.filter(state=RequestState.PENDING)[:1_000])
    ground = Hierarchy.of([held, *(areas_of(each.level, each.code) for each in waiting)])
    return [each for each in waiting if ground.inside(areas_of(each.level, each.code), held)]


def request_to_treat(scope: Scope, request_id: int) -> AccessRequest:
    """One of them. Raises `NotFound` outside one's own areas, and once it is treated."""
    asked = AccessRequest.objects.filter(pk=request_id, state=RequestState.PENDING).first()
    held = scope.where(Verb.ADMINISTER)
    if asked is not None and held:
        wanted = areas_of(asked.level, asked.code)
        if Hierarchy.of([held, wanted]).inside(wanted, held):
            return asked
    raise NotFound("Cette demande n'est pas à traiter.")


def _pending(scope: Scope, request_id: int) -> AccessRequest:
    request_to_treat(scope, request_id)
    locked = AccessRequest.objects.select_for_update().get(pk=request_id)
    if locked.state != RequestState.PENDING:
        raise Conflict("Cette demande vient d'être traitée par quelqu'un d'autre.")
    return locked


def _decide(asked: AccessRequest, by: User, state: str, answer: str) -> None:
    if asked.email == by.email:
        raise Forbidden("Une autre personne doit traiter votre demande.")
    asked.state, asked.answer = state, answer
    asked.decided_by, asked.decided_at = by, timezone.now()
    asked.save(update_fields=["state", "answer", "decided_by", "decided_at"])
