"""From a person's memberships to a `Scope`: the only place where rights are resolved.

Upper packages that grant sites one by one register a contributor. Leaves the matrix to `policies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.contrib.auth.models import AnonymousUser

from geo.accounts.enums import Level
from geo.accounts.models import FeedToken, Membership, User
from geo.accounts.policies import EXPORTING_ROLES, MATRIX, Reading, Rule
from geo.core.scope import Areas, DataClass, Precision, Reach, Scope, Verb
from geo.territories.models import Commune, Departement, Epci

SiteGrants = Callable[[User], Iterable[int]]
_SITE_GRANTS: list[SiteGrants] = []


def contribute_sites(function: SiteGrants) -> SiteGrants:
    """Register where the sites named to a person come from."""
    _SITE_GRANTS.append(function)
    return function


def scope_for(user: User | AnonymousUser, token: FeedToken | None = None) -> Scope:
    """The reader's scope; `Scope.public()` for nobody.

    A token never gives more than its owner has now, and only what its owner may export.
    """
    if not isinstance(user, User) or not user.is_active:
        return Scope.public()
    memberships = list(user.memberships.all())
    if token is not None:
        memberships = [m for m in memberships if m.role in EXPORTING_ROLES]
    reach, verbs = Reach(), dict.fromkeys(Verb, Areas())
    for membership in memberships:
        rule = MATRIX[membership.role]
        own = own_areas(membership)
        reach |= _reach(rule, own, user)
        for verb in rule.verbs:
            verbs[verb] |= own
    if token is not None:
        verbs = {Verb.EXPORT: verbs[Verb.EXPORT]}
    return Scope(
        reaches=((DataClass.GENERAL, reach),) if reach else (),
        verbs=tuple((verb, areas) for verb, areas in sorted(verbs.items()) if areas),
        collections=tuple(token.collections) if token is not None else (),
    )


def own_areas(membership: Membership) -> Areas:
    """The areas of a membership; a main commune covers its municipal arrondissements."""
    if membership.level == Level.NATION:
        return Areas(nation=True)
    codes = {membership.code}
    if membership.level == Level.COMMUNE:
        parts = Commune.objects.filter(main_commune__code=membership.code)
        codes.update(parts.values_list("code", flat=True))
    return Areas.of(membership.level, codes)


def _reach(rule: Rule, own: Areas, user: User) -> Reach:
    if rule.reading == Reading.NAMED_SITES:
        named = {site for grants in _SITE_GRANTS for site in grants(user)}
        return Reach(sites=tuple(sorted(named)))
    read = Areas(nation=True) if rule.reading == Reading.NATION else own
    reach = _at(rule.own, read)
    if rule.reading == Reading.WIDENED:
        reach |= _at(rule.around, widened(own))
    return reach


def _at(precision: Precision, areas: Areas) -> Reach:
    if precision == Precision.EXACT:
        return Reach(exact=areas)
    if precision == Precision.GRID:
        return Reach(grid=areas)
    return Reach(commune=areas)


def widened(own: Areas) -> Areas:
    """The whole departement(s) of an actor of communes or EPCI (the rights reference, rule 1)."""
    if own.nation:
        return own
    codes = set(own.departements)
    communes = Commune.objects.filter(code__in=own.communes)
    codes.update(communes.values_list("departement__code", flat=True))
    for departements in Epci.objects.filter(code__in=own.epcis).values_list(
        "departements", flat=True
    ):
        codes.update(departements)
    if own.regions:
        inside = Departement.objects.filter(region_id__in=own.regions)
        codes.update(inside.values_list("code", flat=True))
    return Areas.of("departement", codes)
