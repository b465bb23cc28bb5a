"""Granting, approving and withdrawing what is added to a role.

Each act is written with its author and reason, within the author's own rights and areas, until a
date; it counts at the holder's next request. Leaves what a grant gives to `scopes`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from geo.accounts.areas import Hierarchy
from geo.accounts.enums import GrantKind, Level, OptionKind
from geo.accounts.lasting import require_lasting
from geo.accounts.life import tasks
from geo.accounts.models import Grant, Membership, Organisation, User
from geo.accounts.policies import KNOWN, MATRIX, OPTIONS, VIEW, Given, Subject
from geo.accounts.scopes import areas_of, completed_areas, scope_for
from geo.accounts.within import held_within, right_areas
from geo.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from geo.core.jobs import enqueue
from geo.core.scope import Areas, DataClass, Scope, Verb
from geo.territories.selectors import territory_get

NOT_YOURS = "Vous n'administrez pas tout ce territoire."
BEYOND = "Vous ne pouvez pas donner un droit que vous n'avez pas sur tout ce territoire."
TO_ONESELF = "On ne s'accorde pas un droit à soi-même."
OTHER_ORGANISATIONS = "Aucun rôle ne reçoit ces droits par un organisme de cette nature."


@dataclass(frozen=True, slots=True)
class Terms:
    """Where a grant holds, until when, and why."""

    level: str
    code: str
    reason: str
    ends_on: dt.date

    @property
    def areas(self) -> Areas:
        """The territory, by its own code."""
        return areas_of(self.level, self.code)


@transaction.atomic
def option_grant(*, by: User, scope: Scope, user: User, option: str, terms: Terms) -> Grant:
    """Add an option to someone's role; access to judicial data then awaits a second approval.

    Raises `InvalidInput` naming the field, `Forbidden` beyond the author's rights or areas,
    `Conflict` when it is in force already.
    """
    if option not in OptionKind.values:
        raise InvalidInput(f"Option inconnue : « {option} ».", field="option")
    terms = _checked(terms)
    _not_oneself(by, user)
    (subject, letter) = next(each for each, kind in OPTIONS.items() if kind == option)
    _within(by, scope, DataClass(subject.value), letter, terms)
    if not _applies(user, OptionKind(option), terms.areas):
        raise InvalidInput(
            "Aucun rôle de cette personne sur ce territoire ne se complète par cette option.",
            field="option",
        )
    return _write(by, terms, kind=GrantKind.OPTION, user=user, option=option)


def options_held(scope: Scope) -> list[OptionKind]:
    """The options that the scope's holder has the right of somewhere where they administer."""
    held = scope.where(Verb.ADMINISTER)
    found = []
    for (subject, letter), option in OPTIONS.items():
        areas = right_areas(scope, DataClass(subject.value), letter)
        if Hierarchy.of([held, areas]).common(held, areas):
            found.append(option)
    return found


def options_checked(
    *, by: User, scope: Scope, role: str, options: Iterable[str], terms: Terms
) -> Terms:
    """The terms, cleaned, of options to go with a role. Raises as `option_grant`."""
    terms = _checked(terms)
    for option in options:
        if option not in OptionKind.values:
            raise InvalidInput(f"Option inconnue : « {option} ».", field="options")
        (subject, letter) = next(each for each, kind in OPTIONS.items() if kind == option)
        _within(by, scope, DataClass(subject.value), letter, terms)
        if not _completes(role, OptionKind(option)):
            raise InvalidInput(
                f"Ce rôle ne se complète pas par « {OptionKind(option).label} ».", field="options"
            )
    return terms


@transaction.atomic
def option_approve(*, by: User, scope: Scope, grant_id: int) -> Grant:
    """The second approval of an access to judicial data, by another national administrator."""
    national = scope.where(Verb.ADMINISTER).nation
    if not (national and scope.reach(DataClass.JUDICIAL).exact.nation):
        raise Forbidden("Cette approbation revient à l'administration nationale.")
    grant = _current(grant_id)
    if not grant.pending:
        raise Conflict("Cette option n'attend pas d'approbation.")
    if by.pk in {grant.granted_by_id, grant.user_id}:
        raise Forbidden("Cette approbation revient à une autre personne.")
    if not _still_holds(grant):
        raise Conflict(
            "Qui a donné cet accès ne pourrait plus le donner : refusez-le, il sera redemandé."
        )
    grant.approved_by, grant.approved_at = by, timezone.now()
    grant.save(update_fields=["approved_by", "approved_at"])
    enqueue(tasks.rights_mail, grant_id=grant.pk)
    return grant


@transaction.atomic
def organisation_grant(
    *,
    by: User,
    scope: Scope,
    organisation: Organisation,
    data_class: str,
    letters: str,
    terms: Terms,
) -> Grant:
    """Give an organisation's people a class of data, where the matrix says that it goes by grant.

    Raises as `option_grant`.
    """
    subject, letters = _subject(data_class), _letters(data_class, letters)
    terms = _checked(terms)
    cells = [cell for rule in MATRIX.values() for cell in rule.cells]
    if not any(
        cell.subject.value == subject.value
        and cell.given == Given.ORGANISATION
        and set(letters) <= set(cell.letters)
        and cell.only in {None, organisation.type}
        for cell in cells
    ):
        raise InvalidInput(OTHER_ORGANISATIONS, field="organisation")
    for letter in letters:
        _within(by, scope, subject, letter, terms)
    return _write(
        by,
        terms,
        kind=GrantKind.ORGANISATION,
        organisation=organisation,
        data_class=subject.value,
        letters=letters,
    )


@transaction.atomic
def exception_grant(
    *, by: User, scope: Scope, user: User, data_class: str, letters: str, terms: Terms
) -> Grant:
    """Give one person what their role does not, whatever their organisation; never the judicial.

    Raises as `option_grant`.
    """
    subject, letters = _subject(data_class), _letters(data_class, letters)
    if subject == DataClass.JUDICIAL:
        raise InvalidInput(
            "Les données judiciaires s'ouvrent par l'option et ses deux accords.",
            field="data_class",
        )
    if "D" in letters:
        raise InvalidInput("La suppression ne se donne pas.", field="letters")
    terms = _checked(terms)
    _not_oneself(by, user)
    for letter in letters:
        _within(by, scope, subject, letter, terms)
    if not _common(completed_areas(user), terms.areas):
        raise InvalidInput(
            "Cette personne n'a pas de rôle sur ce territoire : une exception s'ajoute à un rôle.",
            field="level",
        )
    return _write(
        by,
        terms,
        kind=GrantKind.EXCEPTION,
        user=user,
        data_class=subject.value,
        letters=letters,
    )


@transaction.atomic
def rights_refuse(
    *,
    by: User,
    scope: Scope,
    holder: User | Organisation,
    data_class: str,
    letters: str,
    reason: str,
    ends_on: dt.date,
) -> Grant:
    """Take letters of a class away from a person, or from an organisation's people, everywhere.

    For who administers all the territories concerned: those of the person's roles and grants, or
    the nation.
    """
    subject, letters = _subject(data_class), _letters(data_class, letters, reading=False)
    if subject == DataClass.GENERAL and VIEW in letters:
        raise InvalidInput("Qui ne doit plus rien voir n'a plus de compte.", field="letters")
    terms = _checked(Terms(Level.NATION, "", reason, ends_on))
    if isinstance(holder, User):
        _not_oneself(by, holder)
        concerned = _concerned(holder)
        whose: dict[str, Any] = {"kind": GrantKind.EXCEPTION, "user": holder}
    else:
        concerned = Areas(nation=True)
        whose = {"kind": GrantKind.ORGANISATION, "organisation": holder}
    _administers(scope, concerned)
    return _write(by, terms, data_class=subject.value, letters=letters, refused=True, **whose)


@transaction.atomic
def grant_revoke(*, by: User, scope: Scope, grant_id: int, reason: str) -> Grant:
    """Withdraw a grant, or refuse one that awaits approval; at the next request it is gone.

    For who administers its territory; of a withdrawal of rights, for who could have made it.
    """
    grant = grant_to_revoke(by=by, scope=scope, grant_id=grant_id)
    grant.revoked_by, grant.revoked_at = by, timezone.now()
    grant.revoked_reason = _reason(reason)
    grant.save(update_fields=["revoked_by", "revoked_at", "revoked_reason"])
    if not grant.pending:
        enqueue(tasks.rights_mail, grant_id=grant.pk)
    return grant


@transaction.atomic
def grant_to_revoke(*, by: User, scope: Scope, grant_id: int) -> Grant:
    """A grant that this administrator may take back, locked. Raises `NotFound`, `Forbidden`."""
    grant = _current(grant_id)
    concerned = areas_of(grant.level, grant.code)
    if grant.refused and grant.user is not None:
        concerned = _concerned(grant.user)
    _administers(scope, concerned)
    if grant.user_id == by.pk and grant.refused:
        raise Forbidden(TO_ONESELF)
    return grant


def administers(scope: Scope, areas: Areas) -> bool:
    """True when the scope's holder administers the accounts of the whole of `areas`."""
    held = scope.where(Verb.ADMINISTER)
    return bool(held and areas) and Hierarchy.of([areas, held]).inside(areas, held)


def options_for(user: User, areas: Areas) -> list[OptionKind]:
    """The options that complete some role of this person in these areas."""
    return [option for option in OptionKind if _applies(user, option, areas)]


def _still_holds(grant: Grant) -> bool:
    """True when who gave an option could give it today."""
    giver = User.objects.get(pk=grant.granted_by_id)
    scope, areas = scope_for(giver), areas_of(grant.level, grant.code)
    (subject, letter) = next(each for each, kind in OPTIONS.items() if kind == grant.option)
    return administers(scope, areas) and held_within(scope, DataClass(subject.value), letter, areas)


def concerned_by(refusals: Sequence[Grant]) -> dict[int, Areas]:
    """Where each refusal of a person's takes something away, in two queries."""
    users = {grant.user_id for grant in refusals}
    found = {user: Areas() for user in users}
    for held in Membership.objects.current().filter(user__in=users):
        found[held.user_id] |= areas_of(held.level, held.code)
    for grant in Grant.objects.current().filter(user__in=users, refused=False):
        found[grant.user_id] |= areas_of(grant.level, grant.code)
    # Where there is none, the nation's.
    return {each.pk: found[each.user_id] or Areas(nation=True) for each in refusals}


def _concerned(user: User) -> Areas:
    return concerned_by([Grant(user=user)]).popitem()[1]


def _administers(scope: Scope, areas: Areas) -> None:
    if not administers(scope, areas):
        raise Forbidden(NOT_YOURS)


def _within(by: User, scope: Scope, data_class: DataClass, letter: str, terms: Terms) -> None:
    _administers(scope, terms.areas)
    if not held_within(scope, data_class, letter, terms.areas):
        raise Forbidden(BEYOND)

    def holds(later: Scope) -> bool:
        administered = administers(later, terms.areas)
        return administered and held_within(later, data_class, letter, terms.areas)

    require_lasting(by, terms.ends_on, holds)


def _common(left: Areas, right: Areas) -> Areas:
    ground = Hierarchy.of([left, right])
    return ground.common(ground.whole(left), ground.whole(right))


def _applies(user: User, option: OptionKind, areas: Areas) -> bool:
    for held in user.memberships.current():
        own = areas_of(held.level, held.code)
        ground = Hierarchy.of([own, areas])
        if _completes(held.role, option) and ground.common(ground.whole(own), areas):
            return True
    return False


def _completes(role: str, option: OptionKind) -> bool:
    wanted = {each for each, kind in OPTIONS.items() if kind == option}
    given = {
        (cell.subject, letter)
        for cell in MATRIX[role].cells
        if cell.given == Given.OPTION
        for letter in cell.letters
    }
    return bool(wanted & given)


def _checked(terms: Terms) -> Terms:
    """The same terms, cleaned. Raises `InvalidInput` naming the field."""
    code = "" if terms.level == Level.NATION else terms.code
    if terms.level not in Level.values:
        raise InvalidInput(f"Niveau de territoire inconnu : « {terms.level} ».", field="level")
    if terms.level != Level.NATION:
        try:
            territory_get(terms.level, code)
        except NotFound as error:
            raise InvalidInput(f"Territoire inconnu : « {code} ».", field="code") from error
    last = timezone.localdate() + dt.timedelta(days=settings.GRANT_MAX_DAYS)
    if not timezone.localdate() < terms.ends_on <= last:
        raise InvalidInput(
            f"La date de fin va de demain au {last:%d/%m/%Y} ({settings.GRANT_MAX_DAYS} jours).",
            field="ends_on",
        )
    return Terms(terms.level, code, _reason(terms.reason), terms.ends_on)


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInput("Écrivez le motif : il reste attaché à ce droit.", field="reason")
    if len(text.strip()) > 500:
        raise InvalidInput("Le motif tient en 500 caractères.", field="reason")
    return text.strip()


def _subject(data_class: str) -> DataClass:
    try:
        return DataClass(data_class)
    except ValueError as error:
        raise InvalidInput(
            f"Classe de données inconnue : « {data_class} ».", field="data_class"
        ) from error


def _letters(data_class: str, letters: str, *, reading: bool = True) -> str:
    """The letters in the order of the matrix; what may be changed is read too."""
    known = KNOWN[Subject(data_class)]
    if not letters or set(letters) - set(known):
        raise InvalidInput(f"Les droits s'écrivent avec les lettres {known}.", field="letters")
    return "".join(each for each in known if each in letters or (reading and each == VIEW))


def _not_oneself(by: User, user: User) -> None:
    if by.pk == user.pk:
        raise Forbidden(TO_ONESELF)


def _current(grant_id: int) -> Grant:
    found = Grant.objects.current().select_for_update(of=("self",)).select_related("user")
    grant = found.filter(pk=grant_id).first()
    if grant is None:
        raise NotFound("Ce droit n'est plus en vigueur.")
    return grant


def _write(by: User, terms: Terms, **what: Any) -> Grant:
    # One at a time for each holder: the same right is not given twice.
    holder: User | Organisation = what.get("user") or what["organisation"]
    type(holder)._default_manager.select_for_update().get(pk=holder.pk)
    place = {"level": terms.level, "code": terms.code}
    if Grant.objects.current().filter(**what, **place).exists():
        raise Conflict("Ce droit est déjà accordé sur ce territoire : retirez-le d'abord.")
    made = Grant.objects.create(
        granted_by=by, reason=terms.reason, ends_on=terms.ends_on, **place, **what
    )
    # What waits for an approval has changed nothing yet.
    enqueue(tasks.approval_mail if made.pending else tasks.rights_mail, grant_id=made.pk)
    return made
