"""From roles and grants to a `Scope`: the only place where rights are resolved.

For each class of data and each letter of the matrix the first that speaks wins: exception, option,
organisation, role; areas add up. Packages that grant sites one by one register a contributor.
Leaves the matrix to `policies` and who may grant what to `granting`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from geo.accounts.areas import Hierarchy
from geo.accounts.enums import GrantKind, Level, Role, TokenMethod
from geo.accounts.models import FeedToken, Grant, Membership, User
from geo.accounts.policies import (
    EXPORTING_ROLES,
    KNOWN,
    LETTERS,
    MATRIX,
    OPTIONS,
    VIEW,
    Given,
    Reading,
    Subject,
)
from geo.core import rls
from geo.core.scope import RESTRICTED, Areas, DataClass, Precision, Reach, Scope, Verb

EXPORT, UPDATE = "E", "U"
# What a token may write of the general class: never a deletion, nor an account.
WRITING = ("C", "U", "X")
NOWHERE = Areas()
SiteGrants = Callable[[Sequence[int]], Iterable[tuple[int, int]]]
_SITE_GRANTS: list[SiteGrants] = []


def contribute_sites(function: SiteGrants) -> SiteGrants:
    """Register where the sites named to people come from: pairs of an account and a site."""
    _SITE_GRANTS.append(function)
    return function


def scope_for(user: User | AnonymousUser, token: FeedToken | None = None) -> Scope:
    """The reader's scope; `Scope.public()` for nobody.

    A token never gives more than its owner has now, and only what its owner may export.
    """
    if not isinstance(user, User) or not user.is_active:
        return Scope.public()
    limits = _token_limits(token)
    person = _people([user], limits)[user.pk]
    if token is None:
        return person.scope()
    return person.scope_of_token(token, person.ground.whole(limits))


def scope_of_session(user: User | AnonymousUser) -> Scope:
    """The scope of who looks at pages. A partner system is nobody: it reads by its tokens."""
    if not isinstance(user, User) or not user.is_active:
        return Scope.public()
    return _people([user])[user.pk]._without(Role.API_TOKEN).scope()


def scope_of_exports(user: User | AnonymousUser) -> Scope:
    """What a person may take away, class by class and area by area; the feeds' own scope."""
    return scope_for(user).outgoing


def scopes_for(users: Iterable[User]) -> dict[int, Scope]:
    """The scope of each active account, in a number of queries that does not grow with theirs."""
    return {pk: person.scope() for pk, person in _people(users).items()}


def scope_on(user: User, day: dt.date) -> Scope:
    """The scope that the account will have on a day to come, if nothing else changes."""
    return _people([user], today=day)[user.pk].scope() if user.is_active else Scope.public()


def readings_of(users: Iterable[User], data_class: DataClass) -> dict[int, Granted]:
    """Of each active account its scope, and the grants that let it read a class, with where."""
    return {
        pk: Granted(person.scope(), tuple(person.given(data_class, VIEW)))
        for pk, person in _people(users).items()
    }


def completed_areas(user: User) -> Areas:
    """Where an exception may be given to somebody: where a role of theirs reads."""
    return _people([user])[user.pk].completed() if user.is_active else NOWHERE


def grants_acting(users: Iterable[User]) -> set[int]:
    """The grants that give or take something today: the others wait for a role, or are silenced."""
    return {pk for person in _people(users).values() for pk in person.acting()}


def scope_of_role(role: str, level: str, code: str) -> Scope:
    """The scope of an account that holds this role on this territory, and nothing beside it."""
    areas = areas_of(level, code)
    ground = Hierarchy.of([areas])
    return _Person([_held(role, areas, ground)], (), ground).scope()


def _people(
    users: Iterable[User], limits: Areas = NOWHERE, today: dt.date | None = None
) -> dict[int, _Person]:
    people = [user for user in users if user.is_active]
    ids = [user.pk for user in people]
    held: dict[int, list[Membership]] = defaultdict(list)
    for membership in Membership.objects.current(today).filter(user__in=ids).order_by("pk"):
        held[membership.user_id].append(membership)
    organisations = {user.organisation_id for user in people if user.organisation_id is not None}
    to_them = Q(user__in=ids) | Q(organisation__in=organisations)
    grants = list(Grant.objects.in_force(today).filter(to_them).select_related("organisation"))
    memberships = [each for several in held.values() for each in several]
    naming = [m.user_id for m in memberships if MATRIX[m.role].reading == Reading.NAMED_SITES]
    named = _named_sites(naming) if naming else {}
    places = [(each.level, each.code) for each in memberships]
    places += [(each.level, each.code) for each in grants]
    ground = Hierarchy.of([limits, *(areas_of(*place) for place in places)])
    return {
        user.pk: _Person(
            [_held(m.role, areas_of(m.level, m.code), ground) for m in held[user.pk]],
            [grant for grant in grants if _holds(user, grant)],
            ground,
            named.get(user.pk, ()),
        )
        for user in people
    }


@dataclass(frozen=True, slots=True)
class Granted:
    """A scope, and the grants that give it the reading of one class, each where it does."""

    scope: Scope
    grants: tuple[tuple[Grant, Areas], ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """A role, where it may be completed, and its own areas.

    Who reads sites named one by one has no area of its own; exceptions hold wherever a role reads.
    """

    role: str
    at: Areas
    own: Areas


@dataclass(frozen=True, slots=True)
class _Person:
    """All that speaks of one account's rights."""

    held: Sequence[_Held]
    grants: Sequence[Grant]
    ground: Hierarchy
    named: tuple[int, ...] = ()

    def scope(self) -> Scope:
        """What the account itself may read and do."""
        reaches = [(DataClass.GENERAL, self._general())]
        reaches += [(each, Reach(exact=self.areas(each, VIEW))) for each in RESTRICTED]
        return Scope(
            reaches=tuple((each, reach) for each, reach in reaches if reach),
            exports=self._without(Role.API_TOKEN)._exports(RESTRICTED, NOWHERE),
            verbs=_listed(
                (verb, self.areas(subject, letter))
                for subject in (Subject.GENERAL, Subject.JOURNAL, Subject.ACCOUNTS)
                for letter, verb in LETTERS.items()
                if letter in KNOWN[subject]
            ),
            restricted=tuple(
                (each, verb, areas)
                for each in RESTRICTED
                for letter, verb in LETTERS.items()
                if letter in KNOWN[Subject(each)] and (areas := self.areas(each, letter))
            ),
        )

    def scope_of_token(self, token: FeedToken, limits: Areas) -> Scope:
        """What the account may take out by this token, nothing judicial; written where it may."""
        able = {*EXPORTING_ROLES, Role.API_TOKEN}
        owner = replace(self, held=[h for h in self.held if h.role in able])
        if not owner.held:
            return Scope.public()
        classes = set(token.classes) - {DataClass.JUDICIAL.value}
        taken = owner._exports([each for each in RESTRICTED if each.value in classes], limits)
        out = owner.areas(DataClass.GENERAL, EXPORT)
        found = Scope(
            reaches=taken,
            exports=taken,
            verbs=_listed([(Verb.EXPORT, self._common(out, limits))]),
            collections=tuple(token.collections),
            restricted=tuple(
                (each, Verb.EXPORT, reach.exact) for each, reach in taken if each in RESTRICTED
            ),
        )
        if TokenMethod.WRITE in token.methods:
            return self._written(found, limits)
        return found

    def _written(self, out: Scope, limits: Areas) -> Scope:
        """The same, and what the account may write of it: general data, classes taken out."""
        people = replace(self, held=[h for h in self.held if h.role in EXPORTING_ROLES])
        areas = [self._common(people.areas(DataClass.GENERAL, each), limits) for each in WRITING]
        verbs = [*out.verbs, *((LETTERS[w], a) for w, a in zip(WRITING, areas, strict=True))]
        classes = [*out.restricted]
        for each, _, taken in out.restricted:
            written = self.ground.common(people.areas(each, UPDATE), taken)
            classes += [(each, Verb.UPDATE, written)] if written else []
        return replace(out, verbs=_listed(verbs), restricted=tuple(classes))

    def _exports(
        self, classes: Iterable[DataClass], limits: Areas
    ) -> tuple[tuple[DataClass, Reach], ...]:
        """How what may be taken away is read: where it is read and the letter E is held.

        A partner system has no E: all that it reads leaves, by its tokens.
        """
        people = self._without(Role.API_TOKEN)
        systems = replace(self, held=[h for h in self.held if h.role == Role.API_TOKEN])
        parts = [(people, EXPORT), *([(systems, VIEW)] if systems.held else [])]
        general = Reach()
        for part, letter in parts:
            general |= part._general(letter)
        reaches = [(DataClass.GENERAL, self._limited(general, limits))]
        for each in classes:
            areas = Areas()
            for part, letter in parts:
                areas |= self.ground.common(part.areas(each, letter), part.areas(each, VIEW))
            reaches.append((each, Reach(exact=self._common(areas, limits))))
        return tuple((each, reach) for each, reach in reaches if reach)

    def _without(self, role: str) -> _Person:
        return replace(self, held=[each for each in self.held if each.role != role])

    def areas(self, subject: DataClass | Subject, letter: str) -> Areas:
        """Where a letter of the matrix is allowed on a class."""
        found, stopped = self._granted(subject, letter)
        if not stopped:
            for each in self.held:
                if letter in MATRIX[each.role].letters(Subject(subject)):
                    found |= each.own
        return found

    def _granted(self, subject: DataClass | Subject, letter: str) -> tuple[Areas, bool]:
        """What the grants give, and whether one of them silences the role."""
        stopped = any(grant.refused for grant in self._spoken(subject, letter))
        return _union(areas for _, areas in self.given(subject, letter)), stopped

    def given(self, subject: DataClass | Subject, letter: str) -> Iterator[tuple[Grant, Areas]]:
        """The grants that give a letter of a class, each with where."""
        for grant in self._spoken(subject, letter):
            if not grant.refused and (areas := self._given(grant, subject, letter)):
                yield grant, areas

    def completed(self) -> Areas:
        """Where exceptions count."""
        return _union(each.at for each in self.held if each.role != Role.API_TOKEN)

    def acting(self) -> Iterator[int]:
        """The grants that change something of this account's rights."""
        for subject in Subject:
            for letter in KNOWN[subject]:
                yield from (grant.pk for grant, _ in self.given(subject, letter))
                if self.held:
                    spoken = self._spoken(subject, letter)
                    yield from (grant.pk for grant in spoken if grant.refused)

    def _spoken(self, subject: DataClass | Subject, letter: str) -> list[Grant]:
        """The grants that are heard on a letter: none of a kind below one that refuses it."""
        found: list[Grant] = []
        for kind in (GrantKind.EXCEPTION, GrantKind.OPTION, GrantKind.ORGANISATION):
            spoken = [g for g in self.grants if g.kind == kind and _speaks_of(g, subject, letter)]
            if refusals := [grant for grant in spoken if grant.refused]:
                return found + refusals
            found += spoken
        return found

    def _given(self, grant: Grant, subject: DataClass | Subject, letter: str) -> Areas:
        areas = self.ground.whole(areas_of(grant.level, grant.code))
        if grant.kind == GrantKind.EXCEPTION:
            # It goes beyond a role, never on without one; what a system may do is the matrix alone.
            return self.ground.common(self.completed(), areas)
        given = Given.OPTION if grant.kind == GrantKind.OPTION else Given.ORGANISATION
        found = Areas()
        for each in self.held:
            for cell in MATRIX[each.role].cells:
                asked = (cell.subject, cell.given) == (subject, given) and letter in cell.letters
                if asked and (cell.only is None or cell.only == _kind(grant)):
                    found |= self.ground.common(each.own, areas)
        return found

    def _general(self, letter: str = VIEW) -> Reach:
        granted, stopped = self._granted(DataClass.GENERAL, letter)
        if letter != VIEW:
            # Nothing leaves that may not be read.
            granted = self.ground.common(granted, self._general().exact)
        reach = Reach(exact=granted)
        if stopped:
            return reach
        for each in self.held:
            rule = MATRIX[each.role]
            if letter not in rule.letters(Subject.GENERAL):
                continue
            if rule.reading == Reading.NAMED_SITES:
                reach |= Reach(sites=self.named)
                continue
            reach |= _at(rule.own, each.own)
            if rule.reading == Reading.WIDENED:
                reach |= _at(rule.around, self.ground.widened(each.own))
        return reach

    def _limited(self, reach: Reach, limits: Areas) -> Reach:
        return Reach(
            exact=self._common(reach.exact, limits),
            grid=self._common(reach.grid, limits),
            commune=self._common(reach.commune, limits),
        )

    def _common(self, areas: Areas, limits: Areas) -> Areas:
        return self.ground.common(areas, limits) if limits else areas


def _held(role: str, areas: Areas, ground: Hierarchy) -> _Held:
    # The territory of someone who reads sites named one by one gives nothing by itself.
    named = MATRIX[role].reading == Reading.NAMED_SITES
    whole = ground.whole(areas)
    read = MATRIX[role].reading == Reading.WIDENED
    at = whole | ground.widened(areas) if read else whole
    return _Held(role, at, NOWHERE if named else whole)


def _union(several: Iterable[Areas]) -> Areas:
    return reduce(or_, several, NOWHERE)


def areas_of(level: str, code: str) -> Areas:
    """The areas of one territory, by its own code only."""
    return Areas(nation=True) if level == Level.NATION else Areas.of(level, [code])


def _speaks_of(grant: Grant, subject: DataClass | Subject, letter: str) -> bool:
    if grant.kind == GrantKind.OPTION:
        return OPTIONS.get((Subject(subject), letter)) == grant.option
    # What may not be read may not be changed either.
    letters = {letter, VIEW} if grant.refused else {letter}
    return grant.data_class == subject and not letters.isdisjoint(grant.letters)


def _holds(user: User, grant: Grant) -> bool:
    if grant.user_id is not None:
        return grant.user_id == user.pk
    return grant.organisation_id == user.organisation_id


def _kind(grant: Grant) -> str:
    return grant.organisation.type if grant.organisation is not None else ""


def _token_limits(token: FeedToken | None) -> Areas:
    found = Areas()
    for named in token.areas if token is not None else ():
        level, _, code = named.partition(":")
        found |= areas_of(level, code)
    return found


def _named_sites(ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, set[int]] = defaultdict(set)
    # Before there is a reader: which sites a person is named on is asked for them, of all.
    with rls.reading(Scope.nation()):
        for pairs in _SITE_GRANTS:
            for user, site in pairs(ids):
                found[user].add(site)
    return {user: tuple(sorted(sites)) for user, sites in found.items()}


def _listed(verbs: Iterable[tuple[Verb, Areas]]) -> tuple[tuple[Verb, Areas], ...]:
    return tuple(
        sorted(((verb, areas) for verb, areas in verbs if areas), key=lambda each: each[0])
    )


def _at(precision: Precision, areas: Areas) -> Reach:
    if precision == Precision.EXACT:
        return Reach(exact=areas)
    if precision == Precision.GRID:
        return Reach(grid=areas)
    return Reach(commune=areas)
