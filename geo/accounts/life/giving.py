"""Who may give which role where: never more than they have themselves, and only where they
administer accounts.

Leaves options and other grants to `granting`, and what a role reaches to `scopes`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from geo.accounts.areas import Hierarchy
from geo.accounts.enums import Level, Role
from geo.accounts.lasting import require_lasting
from geo.accounts.models import Membership, Organisation, User
from geo.accounts.policies import ORGANISATIONS
from geo.accounts.scopes import areas_of, scope_for, scope_of_role
from geo.accounts.services import NATIONAL
from geo.accounts.within import scope_within
from geo.core.errors import DomainError, Forbidden, InvalidInput, NotFound
from geo.core.scope import Areas, Scope, Verb
from geo.territories.models import Commune, Departement, Epci, Region
from geo.territories.selectors import territory_get

Place = tuple[str, str]
NOT_YOURS = "Vous n'administrez pas tout ce territoire."
BEYOND = "Vous ne pouvez pas donner un rôle qui a plus de droits que les vôtres à cet endroit."


def require_administers(scope: Scope, places: Iterable[Place]) -> None:
    """Raise `Forbidden` unless the scope's holder administers the accounts of all these places."""
    if not administers(scope, places):
        raise Forbidden(NOT_YOURS)


def administers(scope: Scope, places: Iterable[Place]) -> bool:
    """True when the scope's holder administers the accounts of all these places."""
    held = scope.where(Verb.ADMINISTER)
    wanted = [areas_of(*place) for place in places]
    ground = Hierarchy.of([held, *wanted])
    return bool(held and wanted) and all(ground.inside(areas, held) for areas in wanted)


@dataclass(frozen=True, slots=True)
class Gift:
    """A role to be given: where, until when, and to somebody of which organisation."""

    role: str
    places: Sequence[Place]
    ends_on: dt.date | None
    organisation: Organisation | None


def require_may_give(by: User, scope: Scope, gift: Gift) -> None:
    """Raise `InvalidInput` for what makes no sense, `Forbidden` for what exceeds the giver.

    What ends after the giver's own right exceeds it too; what the kind of the receiver's
    organisation does not suit is for the nation to decide.
    """
    if gift.role not in Role.values:
        raise InvalidInput(f"Rôle inconnu : « {gift.role} ».", field="role")
    if not gift.places:
        raise InvalidInput("Choisissez un territoire.", field="territory")
    if gift.ends_on is not None and gift.ends_on <= timezone.localdate():
        raise InvalidInput("La date de fin est après aujourd'hui.", field="ends_on")
    for level, code in gift.places:
        require_sensible(gift.role, level, code)
    _require_held(by, scope, gift)


def still_may_give(by: User, gift: Gift) -> bool:
    """True when who gave that once could give it today."""
    if not by.is_active:
        return False
    try:
        _require_held(by, scope_for(by), gift)
    except DomainError:
        return False
    return True


def _require_held(by: User, scope: Scope, gift: Gift) -> None:
    require_administers(scope, gift.places)
    # A partner system has more doors than a screen: its opening is a national decision.
    national = scope.where(Verb.ADMINISTER).nation
    if gift.role == Role.API_TOKEN and not national:
        raise Forbidden("L'accès d'un système partenaire s'ouvre à l'échelon national.")
    kinds = ORGANISATIONS.get(gift.role)
    kind = gift.organisation.type if gift.organisation is not None else ""
    if kinds is not None and not national and kind not in kinds:
        raise Forbidden(
            f"Ce rôle est pour : {', '.join(sorted(str(each.label) for each in kinds))}. "
            "Pour un autre organisme, l'administration nationale le donne elle-même."
        )
    given = [scope_of_role(gift.role, *place) for place in gift.places]
    if not all(scope_within(each, scope) for each in given):
        raise Forbidden(BEYOND)

    def holds(later: Scope) -> bool:
        return administers(later, gift.places) and all(scope_within(each, later) for each in given)

    require_lasting(by, gift.ends_on, holds)


def require_sensible(role: str, level: str, code: str) -> None:
    """Raise `InvalidInput` for a territory that does not exist or does not suit the role."""
    if level not in Level.values:
        raise InvalidInput(f"Niveau de territoire inconnu : « {level} ».", field="territory")
    if (role in NATIONAL) != (level == Level.NATION) and role != Role.API_TOKEN:
        raise InvalidInput("Ce rôle ne se tient pas à ce niveau de territoire.", field="territory")
    if level != Level.NATION:
        try:
            territory_get(level, code)
        except NotFound as error:
            raise InvalidInput(f"Territoire inconnu : « {code} ».", field="territory") from error


def administrators_of(level: str, code: str) -> list[User]:
    """The active local administrators of a whole territory; the national ones where none is."""
    wanted = areas_of(level, code)
    held = list(
        Membership.objects.current()
        .filter(role=Role.LOCAL_ADMIN, user__is_active=True)
        .select_related("user")
        .order_by("user__email")
    )
    areas = {each.pk: areas_of(each.level, each.code) for each in held}
    ground = Hierarchy.of([wanted, *areas.values()])
    local = {each.user for each in held if ground.inside(wanted, areas[each.pk])}
    return sorted(local, key=lambda user: user.email) or national_administrators()


def national_administrators() -> list[User]:
    """The active administrators of the nation."""
    national = Membership.objects.current().filter(role=Role.NATIONAL_ADMIN)
    return list(User.objects.filter(is_active=True, memberships__in=national).order_by("email"))


def memberships_in(areas: Areas) -> Q:
    """The memberships whose territory lies in these areas."""
    if areas.nation:
        return Q()
    departements = set(areas.departements)
    if areas.regions:
        inside = Departement.objects.filter(region__code__in=areas.regions)
        departements |= set(inside.values_list("code", flat=True))
    communes = Commune.objects.filter(
        Q(departement__code__in=departements)
        | Q(epci__code__in=areas.epcis)
        | Q(code__in=areas.communes)
        | Q(main_commune__code__in=areas.communes)
    )
    epcis = Epci.objects.filter(
        Q(code__in=areas.epcis) | Q(departements__contained_by=sorted(departements))
    )
    # A region of one departement, as overseas, lies in it.
    mine = Departement.objects.filter(code__in=departements).values("region__code")
    beyond = Departement.objects.exclude(code__in=departements).values("region__code")
    regions = Region.objects.filter(
        Q(code__in=areas.regions) | Q(Q(code__in=mine), ~Q(code__in=beyond))
    )
    return (
        Q(level=Level.REGION, code__in=regions.values("code"))
        | Q(level=Level.DEPARTEMENT, code__in=departements)
        | Q(level=Level.COMMUNE, code__in=communes.values("code"))
        | Q(level=Level.EPCI, code__in=epcis.values("code"))
    )
