"""Areas compared through the hierarchy of territories: the common part of two, one inside another.

`Areas` alone knows codes only. Leaves what the areas give to `scopes` and `granting`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from geo.core.scope import Areas
from geo.territories.models import Commune, Departement, Epci


@dataclass(frozen=True, slots=True)
class Parents:
    """Where a commune lies."""

    commune_id: str
    epci_id: str | None
    departement_id: str
    region_id: str
    main: str | None


_PARENTS = {
    "commune_id": "code",
    "epci_id": "epci__code",
    "departement_id": "departement__code",
    "region_id": "region__code",
    "main": "main_commune__code",
}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The territories that some areas name, and what contains them; from at most four queries."""

    communes: dict[str, Parents] = field(default_factory=dict)
    epcis: dict[str, frozenset[str]] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, every: Iterable[Areas]) -> Hierarchy:
        """The hierarchy around these areas; communes come with their municipal arrondissements."""
        named = reduce(or_, (areas for areas in every if not areas.nation), Areas())
        found = cls()
        if named.communes:
            # Two lists of codes, not a join: each has its index.
            rows = Commune.objects.filter(code__in=named.communes)
            parts = Commune.objects.filter(main_commune__code__in=named.communes)
            for commune in rows.union(parts).values(*_PARENTS.values()):
                at = Parents(**{name: commune[column] for name, column in _PARENTS.items()})
                found.communes[commune["code"]] = at
        if named.epcis:
            for code, departements in Epci.objects.filter(code__in=named.epcis).values_list(
                "code", "departements"
            ):
                found.epcis[code] = frozenset(departements)
        return found

    def whole(self, areas: Areas) -> Areas:
        """The same areas; a main commune covers its municipal arrondissements."""
        parts = {code for code, at in self.communes.items() if at.main in areas.communes}
        return areas | Areas.of("commune", parts) if parts else areas

    def widened(self, own: Areas) -> Areas:
        """The whole departement(s) of an actor of communes or EPCI."""
        if own.nation:
            return own
        codes = set(own.departements)
        known = (self.communes[code] for code in own.communes if code in self.communes)
        codes.update(at.departement_id for at in known)
        for code in own.epcis:
            codes.update(self.epcis.get(code, ()))
        if own.regions:
            codes.update(c for c, region in self._region_of().items() if region in own.regions)
        return Areas.of("departement", codes)

    def inside(self, inner: Areas, outer: Areas) -> bool:
        """True when everything of `inner` lies in `outer`."""
        if outer.nation or inner.nation:
            return outer.nation
        return all(
            self._holds(outer, level, code) for level, codes in inner.levels() for code in codes
        )

    def common(self, left: Areas, right: Areas) -> Areas:
        """What lies in both."""
        if left.nation:
            return right
        if right.nation:
            return left
        return (
            self._part(left, right)
            | self._part(right, left)
            | self._straddling(left, right)
            | self._straddling(right, left)
        )

    def _part(self, inner: Areas, outer: Areas) -> Areas:
        """The territories of `inner` that lie in `outer` whole."""
        found = Areas()
        for level, codes in inner.levels():
            found |= Areas.of(level, [code for code in codes if self._holds(outer, level, code)])
        return found

    def _straddling(self, left: Areas, right: Areas) -> Areas:
        """The communes of the EPCI of `left` that lie partly in departements of `right`."""
        partly = [code for code in left.epcis if not self._holds(right, "epci", code)]
        theirs = {code for epci in partly for code in self.epcis.get(epci, ())}
        wanted = {code for code in theirs if self._departement_in(code, right)}
        if not wanted:
            return Areas()
        members = self._members_of_epcis()
        found = (c for code in partly for c, departement in members[code] if departement in wanted)
        return Areas.of("commune", found)

    def _region_of(self) -> dict[str, str]:
        """The region of every departement; read once, if ever."""
        if not self.regions:
            self.regions.update(Departement.objects.values_list("code", "region__code"))
        return self.regions

    def _departement_in(self, code: str, outer: Areas) -> bool:
        if code in outer.departements:
            return True
        return bool(outer.regions) and self._region_of().get(code) in outer.regions

    def _members_of_epcis(self) -> dict[str, list[tuple[str, str]]]:
        """The communes of every EPCI named here, with their departement; read once, if ever."""
        if not self.members:
            self.members.update((code, []) for code in self.epcis)
            rows = Commune.objects.filter(epci__code__in=self.epcis)
            for epci, code, departement in rows.values_list(
                "epci__code", "code", "departement__code"
            ):
                self.members[epci].append((code, departement))
        return self.members

    def _holds(self, outer: Areas, level: str, code: str) -> bool:
        if code in dict(outer.levels())[level]:
            return True
        if level == "commune":
            at = self.communes.get(code)
            return at is not None and (outer.covers(at) or at.main in outer.communes)
        if level == "departement":
            return self._departement_in(code, outer)
        if level == "epci":
            parts = self.epcis.get(code, frozenset())
        elif outer.departements:
            parts = frozenset(c for c, region in self._region_of().items() if region == code)
        else:
            return False
        return bool(parts) and all(self._departement_in(part, outer) for part in parts)
