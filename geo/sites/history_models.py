"""The history of the sites: one event for each change of what hangs on one, under its class.

Leaves the sentences to the pages.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from geo.core.history_models import Event
from geo.core.scope import RESTRICTED, DataClass, Reach, Scope

# What tells the exact place is general data, read by who is told it.
PLACE = "place"
CLASSES = (DataClass.GENERAL.value, PLACE, *(each.value for each in RESTRICTED))


def _at(reach: Reach, *, blurred: bool = False) -> Q:
    """The events of the sites that a reach covers."""
    areas = reach.exact | reach.grid | reach.commune if blurred else reach.exact
    if areas.nation:
        # Not a member of the OR below: an empty Q there counts for nothing, not for everything.
        return Q()
    return areas.q("site__") | Q(site__in=reach.sites)


class SiteEventQuerySet(models.QuerySet["SiteEvent"]):
    """Events, cut to what a reader may see."""

    def visible_to(self, scope: Scope) -> SiteEventQuerySet:
        """Those of the classes that the reader has where the site is; of places, if told exactly.

        The policies of the table say it once more, and of what binds two sites ask for both.
        """
        exact = _at(scope.reach())
        condition = Q(data_class=DataClass.GENERAL) & _at(scope.reach(), blurred=True)
        condition |= Q(data_class=PLACE) & exact
        for each in RESTRICTED:
            reach = scope.reach(each)
            if reach:
                named = each in (DataClass.OWNER, DataClass.JUDICIAL)
                condition |= Q(data_class=each) & _at(reach) & (exact if named else Q())
        return self.filter(condition)


class SiteEvent(Event):
    """One change on a site. It keeps its number when the site is deleted."""

    site = models.ForeignKey(
        "sites.Site", models.DO_NOTHING, db_constraint=False, related_name="events"
    )
    areas = ArrayField(models.TextField())
    other_areas = ArrayField(models.TextField(), null=True)
    data_class = models.CharField(max_length=10, choices=[(each, each) for each in CLASSES])

    objects = SiteEventQuerySet.as_manager()

    class Meta:
        db_table = "site_event"
        indexes = (models.Index(fields=["site", "-id"], name="site_event_of_site"),)
