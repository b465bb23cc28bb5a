"""Where a reader may create sites: the box that a map opens on, what a search finds outside it.

Leaves rights to the scope and searching to `geo.territories.geocoding`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.contrib.gis.db.models import Extent
from django.core.cache import cache

from geo.core.scope import Areas, Scope, Verb
from geo.territories.coordinates import Position
from geo.territories.geocoding_answers import Found
from geo.territories.models import LEVELS, Commune
from geo.territories.selectors import Place

Box = tuple[float, float, float, float]
# Contours change with a millésime: a box of ten minutes ago is good enough to aim a map.
KEPT_S = 600


def own_box(scope: Scope) -> Box | None:
    """West, south, east, north (degrees) of the territories; None for the nation or for nobody."""
    areas = scope.where(Verb.CREATE)
    if areas.nation or not areas:
        return None
    key = f"own-box:{hashlib.sha256(repr(areas).encode()).hexdigest()[:20]}"
    found: Box | None = cache.get_or_set(key, lambda: _box(areas), KEPT_S)
    return found


def own_middle(scope: Scope) -> Position | None:
    """The middle of that box, to favour what is near."""
    box = own_box(scope)
    if box is None:
        return None
    west, south, east, north = box
    return Position((west + east) / 2, (south + north) / 2)


def outside(scope: Scope, found: Sequence[Found]) -> list[bool]:
    """For each place found, whether a site cannot be created there; unknown communes are not."""
    areas = scope.where(Verb.CREATE)
    if areas.nation or not areas:
        return [False] * len(found)
    rows = Commune.objects.filter(code__in={each.citycode for each in found}).only(
        "code", "name", "epci", "departement", "region", "srid"
    )
    places = {
        row.code: Place(
            row.code, row.name, row.epci_id, row.departement_id, row.region_id, row.srid
        )
        for row in rows
    }
    return [each.citycode in places and not areas.covers(places[each.citycode]) for each in found]


def own_first(scope: Scope, found: Sequence[Found]) -> list[tuple[Found, bool]]:
    """The places found with whether each lies outside, those outside last."""
    told = zip(found, outside(scope, found), strict=True)
    return sorted(told, key=lambda each: each[1])


def _box(areas: Areas) -> Box | None:
    boxes = [
        LEVELS[level]
        ._default_manager.filter(code__in=codes)
        .aggregate(box=Extent("contour"))["box"]
        for level, codes in areas.levels()
        if codes
    ]
    known = [box for box in boxes if box]
    if not known:
        return None
    west, south, east, north = zip(*known, strict=True)
    return min(west), min(south), max(east), max(north)
