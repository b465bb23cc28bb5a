"""The history of the sites: one event for each change of what hangs on one, under its class.

Leaves the sentences to the pages.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from geo.core import rls
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


def _other_visible(scope: Scope) -> Q:
    """The events whose other site the reader sees, or that have none."""
    areas = rls.rights(scope)["visible"]
    if areas == rls.EVERYWHERE:
        return Q()
    return Q(other_areas__isnull=True) | Q(other_areas__overlap=areas.split(","))


class SiteEventQuerySet(models.QuerySet["SiteEvent"]):
    """Events, cut to what a reader may see."""

    def visible_to(self, scope: Scope) -> SiteEventQuerySet:
        """Those of the classes that the reader has where the site is; of places, if told exactly.

        Of what binds two sites both must be visible. The policies of the table say it once more.
        """
        exact = _at(scope.reach())
        condition = Q(data_class=DataClass.GENERAL) & _at(scope.reach(), blurred=True)
        condition |= Q(data_class=PLACE) & exact
        for each in RESTRICTED:
            reach = scope.reach(each)
            if reach:
                named = each in (DataClass.OWNER, DataClass.JUDICIAL)
                condition |= Q(data_class=each) & _at(reach) & (exact if named else Q())
        return self.filter(condition, _other_visible(scope))


class SiteEvent(Event):
    """One change on a site. It keeps its number when the site is deleted.

    What binds two sites leaves one event in the past of each; `other_areas` are those of the other.
    """

    site = models.ForeignKey(
        "sites.Site", models.DO_NOTHING, db_constraint=False, related_name="events"
    )
    areas = ArrayField(models.TextField())
    other_areas = ArrayField(models.TextField(), null=True)
    data_class = models.CharField(max_length=10, choices=[(each, each) for each in CLASSES])

    objects = SiteEventQuerySet.as_manager()

    @property
    def other_site_id(self) -> int | None:
        """The other site of a row that binds two."""
        return next((int(area[1:]) for area in self.other_areas or () if area[0] == "S"), None)

    class Meta:
        db_table = "site_event"
        indexes = (
            models.Index(fields=["site", "-id"], name="site_event_of_site"),
            # What a rule of retention erases the past of.
            models.Index(
                fields=["source_table", "object_id"],
                condition=Q(data_class__in=[each.value for each in RESTRICTED]),
                name="site_event_of_object",
            ),
        )


class Effect(models.TextChoices):
    """What a rule of retention did to a row."""

    DELETE = "delete", "supprimé"
    REDUCE = "reduce", "réduit au type et à l'année"
    NAME = "name", "nom effacé"


@rls.protect
class Erasure(models.Model):
    """One row that a rule of retention erased: a line of the ledger, sealed as the events are.

    Written by `history_redact` alone. Numbers of rows and codes: nothing of what was erased.
    """

    at = models.DateTimeField(db_default=Now())
    rule = models.CharField(max_length=40)
    effect = models.CharField(max_length=6, choices=Effect.choices)
    source_table = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    context = models.JSONField(null=True)

    class Meta:
        db_table = "erasure"
        constraints = (
            models.CheckConstraint(condition=Q(effect__in=Effect.values), name="erasure_effect"),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.rule} {self.source_table}"
