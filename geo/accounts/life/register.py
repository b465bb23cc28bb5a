"""The organisations that have access: how many people, and in which departements; nobody's name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from geo.accounts.enums import Level, OrganisationType
from geo.accounts.life.giving import memberships_in
from geo.accounts.models import Membership
from geo.core.scope import Areas
from geo.territories.models import Commune, Departement, Epci, Region

EVERYWHERE = "France entière"


@dataclass(frozen=True, slots=True)
class Listed:
    """One organisation as the register shows it."""

    name: str
    type: str
    people: int
    where: tuple[str, ...]


def organisations_with_access(areas: Areas | None = None) -> list[Listed]:
    """The organisations whose people hold a role today (in `areas`, if given), by name."""
    held = Membership.objects.current().filter(
        user__is_active=True, user__organisation__isnull=False
    )
    if areas is not None:
        held = held.filter(memberships_in(areas)) if areas else held.none()
    rows = held.order_by("user__organisation__name").values(
        "user__organisation", "user__organisation__name", "user__organisation__type"
    )
    places: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for organisation, level, code in held.values_list(
        "user__organisation", "level", "code"
    ).distinct():
        places[organisation].add((level, code))
    names = _names({place for several in places.values() for place in several})
    return [
        Listed(
            row["user__organisation__name"],
            str(OrganisationType(row["user__organisation__type"]).label),
            row["people"],
            _where(names, places[row["user__organisation"]]),
        )
        for row in rows.annotate(people=Count("user", distinct=True))
    ]


Names = dict[tuple[str, str], tuple[str, ...]]


def _where(names: Names, places: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    found = {name for place in places for name in names.get(place, ())}
    return (EVERYWHERE,) if EVERYWHERE in found else tuple(sorted(found))


def _names(places: set[tuple[str, str]]) -> Names:
    """For each territory, the names of its departements; a region is called by its own name."""
    codes: dict[str, set[str]] = defaultdict(set)
    for level, code in places:
        codes[level].add(code)
    found: Names = {(Level.NATION.value, ""): (EVERYWHERE,)}
    for code, name in Region.objects.filter(code__in=codes[Level.REGION]).values_list(
        "code", "name"
    ):
        found[Level.REGION.value, code] = (f"Région {name}",)
    communes = dict(
        Commune.objects.filter(code__in=codes[Level.COMMUNE]).values_list(
            "code", "departement__code"
        )
    )
    epcis = dict(
        Epci.objects.filter(code__in=codes[Level.EPCI]).values_list("code", "departements")
    )
    wanted = codes[Level.DEPARTEMENT] | set(communes.values())
    wanted |= {code for several in epcis.values() for code in several}
    names = {
        code: f"{name} ({code})"
        for code, name in Departement.objects.filter(code__in=wanted).values_list("code", "name")
    }
    for code in codes[Level.DEPARTEMENT] & set(names):
        found[Level.DEPARTEMENT.value, code] = (names[code],)
    for code, departement in communes.items():
        found[Level.COMMUNE.value, code] = (names[departement],)
    for code, several in epcis.items():
        found[Level.EPCI.value, code] = tuple(names[each] for each in several if each in names)
    return found
