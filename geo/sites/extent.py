"""Where a reader's data can lie: the boxes that feeds and tiles announce.

Known from the territories of the scope, so that no site has to be read to tell it. Leaves the rows
themselves to the collections.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.gis.db.models import Extent

from geo.core.collections import Collection
from geo.core.scope import Areas, Scope
from geo.sites.models import Site
from geo.territories.models import LEVELS

Box = tuple[float, float, float, float]
# The boxes of the product's territories; the first holds them all (OGC API - Features, 7.14).
FRANCE: tuple[Box, ...] = (
    (-63.2, -21.5, 55.95, 51.3),
    (-5.6, 41.2, 9.8, 51.3),
    (-63.2, 14.3, -60.7, 18.2),
    (-54.7, 2.0, -51.5, 5.9),
    (44.9, -21.5, 55.95, -12.5),
)
# A site may lie up to 2 km off a generalised coast, and its blurred point beyond a border.
MARGIN_DEG = 0.03
DIGITS = 4


def boxes_of(scope: Scope, collection: Collection) -> Sequence[Box]:
    """The boxes of one collection for this reader; the first holds the others."""
    return FRANCE if collection.public else boxes_of_scope(scope)


def boxes_of_scope(scope: Scope) -> Sequence[Box]:
    """The box of the territories in which this reader sees sites."""
    reach = scope.reach()
    areas = reach.exact | reach.grid | reach.commune
    if areas.nation:
        return FRANCE
    if reach.sites:
        # The departement, and not the place: a box around one point would be the point.
        named = Site.objects.visible_to(scope).filter(pk__in=reach.sites)
        areas |= Areas.of("departement", map(str, named.values_list("departement_id", flat=True)))
    boxes = [
        box
        for level, codes in areas.levels()
        if codes
        for box in LEVELS[level]
        ._default_manager.filter(code__in=codes)
        .aggregate(box=Extent("contour"))
        .values()
        if box
    ]
    return (_around(boxes),) if boxes else FRANCE


def _around(boxes: Iterable[Box]) -> Box:
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return (
        round(min(wests) - MARGIN_DEG, DIGITS),
        round(min(souths) - MARGIN_DEG, DIGITS),
        round(max(easts) + MARGIN_DEG, DIGITS),
        round(max(norths) + MARGIN_DEG, DIGITS),
    )
