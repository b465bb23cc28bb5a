"""The territory that a page shows: name, codes, box, what it lies in and what lies in it.

Leaves sites to the selectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.gis.db.models import Extent
from django.urls import reverse

from geo.core.scope import Areas, Scope
from geo.territories.models import LEVELS, Commune, Departement, Region
from geo.territories.selectors import SINGULAR, territory_get

Box = tuple[float, float, float, float]
PLURAL = {singular: plural for plural, singular in SINGULAR.items()}
FRANCE: Box = (-5.3, 41.2, 9.7, 51.2)
OVERSEAS = ("01", "02", "03", "04", "06")
# What the sites of a territory are counted by.
PARTS = {"": "region", "region": "departement", "departement": "commune", "epci": "commune"}
PART_TITLES = {"region": "région", "departement": "département", "commune": "commune"}


@dataclass(frozen=True, slots=True)
class Place:
    """A territory, or the nation where `level` (singular) is empty.

    `codes` are those that its sites bear (a main commune covers its arrondissements); `box` is
    west, south, east, north in degrees; `trail` the (label, address) of what it lies in; `part` the
    level that its sites are counted by, empty for a commune.
    """

    level: str
    code: str
    name: str
    codes: tuple[str, ...]
    box: Box
    trail: tuple[tuple[str, str], ...] = ()
    part: str = ""

    @property
    def address(self) -> str:
        """The page of this territory."""
        return address_of(self.level, self.code)


def address_of(level: str, code: str) -> str:
    """The page of a territory (singular level), or of the nation."""
    if not level:
        return reverse("carte")
    return reverse("carte-territoire", args=[PLURAL[level], code])


def nation() -> Place:
    """The whole country, drawn on its metropolitan part."""
    return Place("", "", "France", (), FRANCE, part=PARTS[""])


def place_read(level: str, code: str) -> Place:
    """The territory of an address (plural level). Raises `NotFound`."""
    singular = SINGULAR.get(level, "")
    territory = territory_get(singular, code)
    codes = [territory.code]
    if isinstance(territory, Commune):
        parts = Commune.objects.filter(main_commune__code=code).order_by("code")
        codes += parts.values_list("code", flat=True)
    box = (
        LEVELS[singular]
        ._default_manager.filter(code__in=codes)
        .aggregate(box=Extent("contour"))["box"]
    )
    part = PARTS.get(singular, "")
    if isinstance(territory, Region) and _alone(territory.code):
        part = PARTS["departement"]
    return Place(
        singular,
        territory.code,
        territory.name,
        tuple(codes),
        box or FRANCE,
        _trail(territory),
        part,
    )


def own_place(scope: Scope) -> str:
    """The page of the reader's territory where there is exactly one; else an empty text."""
    reach = scope.reach()
    for areas in (reach.exact, reach.grid, reach.commune):
        found = _codes(areas)
        if areas.nation or len(found) > 1:
            return ""
        if found:
            return address_of(*found[0])
    return ""


def choices() -> tuple[tuple[str, list[tuple[str, str]]], ...]:
    """Regions and departements to go to, as (group, [(address, label)])."""
    regions = Region.objects.order_by("name").values_list("code", "name")
    departements = Departement.objects.order_by("code").values_list("code", "name")
    return (
        ("Régions", [(address_of("region", code), name) for code, name in regions]),
        (
            "Départements",
            [(address_of("departement", code), f"{code} – {name}") for code, name in departements],
        ),
    )


def overseas() -> list[tuple[str, str]]:
    """The overseas regions as (address, name): the nation's map is drawn on the mainland."""
    rows = Region.objects.filter(code__in=OVERSEAS).order_by("code").values_list("code", "name")
    return [(address_of("region", code), name) for code, name in rows]


def names_of(level: str, codes: Sequence[str]) -> dict[str, str]:
    """The names of territories of one level (singular) by code."""
    rows = LEVELS[level]._default_manager.filter(code__in=codes).values_list("code", "name")
    return dict(rows)


def _codes(areas: Areas) -> list[tuple[str, str]]:
    levels = {
        "region": areas.regions,
        "departement": areas.departements,
        "epci": areas.epcis,
        "commune": areas.communes,
    }
    return [(level, code) for level, codes in levels.items() for code in codes]


def _alone(region: str) -> bool:
    """Whether a region is one departement under another code: the five overseas ones are."""
    return Departement.objects.filter(region_id=region).count() == 1


def _trail(territory: object) -> tuple[tuple[str, str], ...]:
    # `?v=map`: the bare address sends local readers back to their own territory.
    trail = [("France", f"{reverse('carte')}?v=map")]
    if isinstance(territory, Departement | Commune) and not _alone(territory.region_id):
        region = Region.objects.only("code", "name").get(code=territory.region_id)
        trail.append((region.name, address_of("region", region.code)))
    if isinstance(territory, Commune):
        parent = Departement.objects.only("code", "name").get(code=territory.departement_id)
        trail.append((parent.name, address_of("departement", parent.code)))
    return tuple(trail)
