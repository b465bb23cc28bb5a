"""How the feeds write sites and their outlines: what may be written, and the services that do.

A property of a feed is written under its own name here and under the model's in the service. What
is not listed keeps its value: it is computed, dated, or of a class that the feeds do not write.
Leaves HTTP, conditions and reference systems to `feeds`, rules and rights to the services.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point
from django.utils import timezone
from rest_framework import serializers
from rest_framework_gis.fields import GeometryField

from geo.accounts.models import User
from geo.core.collections import Writer
from geo.core.errors import Conflict, InvalidInput, NotFound
from geo.core.geometry import multipolygon_from_geojson, point_from_geojson
from geo.core.scope import Scope, Verb
from geo.sites import enums
from geo.sites.deleting import footprint_delete, site_delete
from geo.sites.models import Footprint, Site
from geo.sites.services import site_create, site_update

Values = Mapping[str, Any]
# What an emptied property is.
EMPTY: Values = {"address_label": "", "field_type": "unknown", "location_accuracy": "exact"}


class PointField(GeometryField):
    """A position rebuilt from its type and coordinates alone: no text reaches GDAL."""

    def to_internal_value(self, value: Any) -> Point:
        """Raises `InvalidInput`, or `UnusableGeometry`."""
        return point_from_geojson(value, field="geometry")


class OutlineField(GeometryField):
    """An outline, in the same way; a Polygon is promoted."""

    def to_internal_value(self, value: Any) -> MultiPolygon:
        """Raises `InvalidInput`, or `UnusableGeometry` saying where."""
        return multipolygon_from_geojson(value, field="geometry")


class SiteWriting(serializers.Serializer[Any]):
    """What may be written of a site, under the names of the feed."""

    geometry = PointField()
    name = serializers.CharField(max_length=160)
    address = serializers.CharField(
        source="address_label", max_length=250, allow_blank=True, allow_null=True, default=""
    )
    opened_on = serializers.DateField(source="built_on", required=False)
    field_type = serializers.ChoiceField(
        enums.FieldType.choices, allow_null=True, default=EMPTY["field_type"]
    )
    location_accuracy = serializers.ChoiceField(
        enums.LocationAccuracy.choices, allow_null=True, default=EMPTY["location_accuracy"]
    )
    resorption_target = serializers.IntegerField(
        min_value=2012, max_value=2100, allow_null=True, default=None
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An emptied property has the value of one that nobody filled in."""
        return {name: EMPTY.get(name) if value is None else value for name, value in attrs.items()}


class FootprintWriting(serializers.Serializer[Any]):
    """What may be written of an outline; its site and its day are said once, when it is made."""

    geometry = OutlineField()
    site = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    observed_on = serializers.DateField(required=False)


def _site_created(*, by: User | None, scope: Scope, geometry: Point, values: Values) -> int:
    return site_create(by=by, scope=scope, point=geometry, **values).pk


def _site_updated(
    *,
    by: User | None,
    scope: Scope,
    pk: int,
    version: int | None,
    geometry: Point | None,
    values: Values,
) -> None:
    site = Site.objects.exact_to(scope).select_related("location").get(pk=pk)
    changed = {name: value for name, value in values.items() if _held(site, name) != value}
    if changed or geometry is not None:
        site_update(by=by, scope=scope, site_id=pk, version=version, point=geometry, **changed)


def _held(site: Site, name: str) -> Any:
    """What a site has under a name; the day it opened is told as one, whatever it comes from."""
    if name == "built_on":
        return site.opened_on
    return getattr(site if hasattr(site, name) else site.location, name)


def _footprint_created(
    *, by: User | None, scope: Scope, geometry: MultiPolygon, values: Values
) -> int:
    day = values.get("observed_on") or timezone.localdate()
    site = Site.objects.exact_to(scope).filter(pk=values["site"]).first()
    if site is None:
        raise InvalidInput("Site inconnu, ou hors de vos droits.", field="site")
    if Footprint.objects.filter(site=site, observed_on=day).exists():
        raise Conflict(f"Ce site a déjà une emprise relevée le {day:%d/%m/%Y} : modifiez-la.")
    # Under the version read: of two outlines of one day sent at once, the second is a conflict.
    site_update(
        by=by,
        scope=scope,
        site_id=site.pk,
        version=site.version,
        footprint=geometry,
        observed_on=day,
    )
    return Footprint.objects.get(site=site, observed_on=day).pk


def _footprint_updated(
    *,
    by: User | None,
    scope: Scope,
    pk: int,
    version: int | None,
    geometry: MultiPolygon | None,
    values: Values,
) -> None:
    row = Footprint.objects.visible_to(scope).get(pk=pk)
    for name, held in (("site", row.site_id), ("observed_on", row.observed_on)):
        if values.get(name, held) != held:
            raise InvalidInput(
                "Le site et la date d'une emprise ne changent pas : créez-en une autre.", field=name
            )
    if geometry is not None:
        site_update(
            by=by,
            scope=scope,
            site_id=row.site_id,
            version=version,
            footprint=geometry,
            observed_on=row.observed_on,
        )


def _site_at(scope: Scope, pk: int) -> Site:
    found = Site.objects.exact_to(scope).filter(pk=pk).first()
    if found is None:
        raise NotFound("Site inconnu.")
    return found


def _site_under(scope: Scope, pk: int) -> Site:
    row = Footprint.objects.visible_to(scope).filter(pk=pk).first()
    if row is None:
        raise NotFound("Emprise inconnue.")
    return _site_at(scope, row.site_id)


SITES = Writer(
    serializer=SiteWriting,
    create=_site_created,
    update=_site_updated,
    delete=lambda *, scope, pk, version: site_delete(scope=scope, site_id=pk, version=version),
    place=_site_at,
    creating=Verb.CREATE,
    told={
        "point": "geometry",
        "built_on": "opened_on",
        "declared_on": "opened_on",
        "address_label": "address",
    },
)
FOOTPRINTS = Writer(
    serializer=FootprintWriting,
    create=_footprint_created,
    update=_footprint_updated,
    delete=lambda *, scope, pk, version: footprint_delete(
        scope=scope, footprint_id=pk, version=version
    ),
    place=_site_under,
    creating=Verb.UPDATE,
    told={"footprint": "geometry"},
)
