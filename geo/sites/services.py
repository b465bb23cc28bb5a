"""Writing sites: every rule of writing, in one transaction each, with the event that follows.

Values arrive typed (points and polygons already checked by `geo.core.geometry`); the database
keeps places, intervals and areas. Leaves rights to `policies` and forms to the pages.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point
from django.db import transaction
from django.utils import timezone

from geo.accounts.models import User
from geo.core.errors import Conflict, InvalidInput, UnusableGeometry
from geo.core.events import SiteGeometryChanged, publish
from geo.core.scope import Scope, Verb
from geo.sites import policies
from geo.sites.checks import check_dates, check_living, check_population
from geo.sites.closing import closing_outcome
from geo.sites.closing_checks import closing_faults, closure_version, last_count
from geo.sites.living import levels
from geo.sites.models import (
    Closure,
    ClosureSolution,
    Footprint,
    Living,
    Population,
    Reinstallation,
    Site,
    SiteLocation,
)
from geo.territories.selectors import place_at

SITE_FIELDS = frozenset(
    {
        "field_type",
        "declared_on",
        "built_on",
        "heatwave_risk",
        "is_reinstallation",
        "reinstallation_comments",
        "resorption_target",
        "resorption_started_on",
    }
)
LOCATION_FIELDS = frozenset(
    {"name", "address_label", "address_precision", "location_accuracy", "access_details"}
)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@transaction.atomic
def site_create(
    *,
    by: User | None,
    scope: Scope,
    point: Point,
    reference: str = "",
    observed_on: dt.date | None = None,
    footprint: MultiPolygon | None = None,
    population: Mapping[str, Any] | None = None,
    living: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Site:
    """Create a site at a WGS84 point, with its first observations on `observed_on` (else today).

    `fields` are those of `Site` and `SiteLocation`; `name` is required, and one of `declared_on`,
    `built_on`. `reference` is one of another system (an import's); else one is drawn. Raises
    `UnusableGeometry` outside France, `Forbidden` outside the writer's areas, `InvalidInput`
    naming the field otherwise.
    """
    place = place_at(point)
    if place is None:
        raise UnusableGeometry("Ce point n'est dans aucune commune connue.", field="point")
    policies.require(scope, Verb.CREATE, place)
    own, located = _split(fields)
    if not own.get("built_on") and not own.get("declared_on"):
        own["declared_on"] = timezone.localdate()
    if not str(located.get("name", "")).strip():
        raise InvalidInput("Donnez une appellation au site.", field="name")
    check_dates(own)
    site = Site.objects.create(
        reference=_reference(reference) if reference else f"{place.departement_id}-{_code()}",
        created_by=by,
        confirmed_on=observed_on or timezone.localdate(),
        confirmed_by=by,
        # The trigger of the location says the same: until then the policies know these alone.
        commune_id=place.commune_id,
        epci_id=place.epci_id,
        departement_id=place.departement_id,
        region_id=place.region_id,
        **own,
    )
    SiteLocation.objects.create(site=site, geom=point, **located)
    site.refresh_from_db()
    day = observed_on or timezone.localdate()
    _record(site=site, by=by, day=day, population=population, living=living, footprint=footprint)
    publish(SiteGeometryChanged(site.pk))
    return site


@transaction.atomic
def site_update(
    *,
    by: User | None,
    scope: Scope,
    site_id: int,
    version: int | None = None,
    point: Point | None = None,
    observed_on: dt.date | None = None,
    footprint: MultiPolygon | None = None,
    footprint_ended: bool = False,
    population: Mapping[str, Any] | None = None,
    living: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Site:
    """Change a site's attributes and add dated observations on `observed_on` (else today).

    `version` is the one the writer read: `Conflict` when someone changed the site meanwhile.
    A series is never overwritten: an observation of another day is another row. With
    `footprint_ended`, the outline that holds on that day ends there.
    """
    site = _writable(scope, Verb.UPDATE, site_id)
    if version is not None and version != site.version:
        raise Conflict("Ce site a été modifié entre-temps : relisez-le avant d'enregistrer.")
    own, located = _split(fields)
    check_dates({"built_on": site.built_on, "declared_on": site.declared_on} | own, site=site)
    for name, value in own.items():
        setattr(site, name, value)
    moved = _relocate(site, scope, point, located)
    if moved:
        site.refresh_from_db(fields=["commune", "epci", "departement", "region"])
    day = observed_on or timezone.localdate()
    # What is learnt late of an older day does not make the sheet older.
    if site.confirmed_on is None or day >= site.confirmed_on:
        site.confirmed_on, site.confirmed_by = day, by
    touch(site, [*own, "confirmed_on", "confirmed_by"])
    _record(site=site, by=by, day=day, population=population, living=living, footprint=footprint)
    if footprint_ended:
        _end_footprint(site, day)
    if moved or footprint is not None or footprint_ended:
        publish(SiteGeometryChanged(site.pk))
    return site


@transaction.atomic
def site_confirm(*, by: User | None, scope: Scope, site_id: int) -> Site:
    """Stamp « nothing changed » today."""
    site = _writable(scope, Verb.UPDATE, site_id)
    site.confirmed_on, site.confirmed_by = timezone.localdate(), by
    touch(site, ["confirmed_on", "confirmed_by"])
    return site


@transaction.atomic
def site_close(
    *,
    by: User | None,
    scope: Scope,
    site_id: int,
    cause: str,
    closed_on: dt.date,
    context: str,
    closed_with_solutions: str,
    solutions: Iterable[Mapping[str, Any]] = (),
    comment: str = "",
) -> Closure:
    """Close a site. The kind follows from the cause and the answer and is stored with it.

    Raises `Conflict` when it is already closed, `InvalidInput` for a date before the opening or
    in the future, an empty context, more people directed than the site has, or an answer against
    the durable share without a comment.
    """
    site = _writable(scope, Verb.CLOSE, site_id)
    if site.closures.filter(reopened_on__isnull=True).exists():
        raise Conflict("Ce site est déjà fermé.")
    rows = [dict(row) for row in solutions]
    found = _closing(
        site,
        rows,
        cause=cause,
        closed_on=closed_on,
        context=context,
        closed_with_solutions=closed_with_solutions,
        comment=comment,
    )
    closure = Closure.objects.create(site=site, entered_by=by, **found)
    ClosureSolution.objects.bulk_create(ClosureSolution(closure=closure, **row) for row in rows)
    touch(site, [])
    return closure


@transaction.atomic
def closure_correct(
    *,
    by: User | None,
    scope: Scope,
    site_id: int,
    version: str,
    cause: str,
    closed_on: dt.date,
    context: str,
    closed_with_solutions: str,
    solutions: Iterable[Mapping[str, Any]] = (),
    comment: str = "",
) -> Closure:
    """Correct the closing in force, on the state of it that was read (`closure_version`).

    Raises as `site_close`; `Conflict` when somebody corrected it meanwhile, or opened the site.
    """
    site = _writable(scope, Verb.CLOSE, site_id)
    closure: Closure | None = site.closures.filter(reopened_on__isnull=True).first()
    if closure is None:
        raise Conflict("Ce site n'est plus fermé.")
    if version != closure_version(closure):
        raise Conflict("La fermeture a été modifiée entre-temps.")
    rows = [dict(row) for row in solutions]
    found = _closing(
        site,
        rows,
        cause=cause,
        closed_on=closed_on,
        context=context,
        closed_with_solutions=closed_with_solutions,
        comment=comment,
    )
    for name, value in (found | {"entered_by": by, "entered_at": timezone.now()}).items():
        setattr(closure, name, value)
    closure.save()
    closure.solutions.exclude(type__in=[row["type"] for row in rows]).delete()
    for row in rows:
        closure.solutions.update_or_create(type=row["type"], defaults=row)
    touch(site, [])
    return closure


@transaction.atomic
def reinstallation_declare(
    *,
    by: User | None,
    scope: Scope,
    site_id: int,
    origin_id: int,
    people: int | None,
    happened_on: dt.date,
) -> Reinstallation:
    """Say that people of `origin_id` settled on `site_id` that day; both sites must be visible."""
    site = _writable(scope, Verb.UPDATE, site_id)
    origin = Site.objects.visible_to(scope).get(pk=origin_id)
    if origin.pk == site.pk:
        raise InvalidInput("Le site d'origine est un autre site.", field="origin")
    if people is not None and people < 0:
        raise InvalidInput("Un nombre de personnes est positif ou nul.", field="people")
    if happened_on > timezone.localdate():
        raise InvalidInput("Cette date est dans le futur.", field="happened_on")
    flow, _ = Reinstallation.objects.update_or_create(
        origin=origin, site=site, defaults={"people": people, "happened_on": happened_on}
    )
    touch(site, [])
    return flow


def _writable(scope: Scope, verb: Verb, site_id: int) -> Site:
    """The site, locked. Read before it is locked: a lock finds only what may be written."""
    policies.require(scope, verb, Site.objects.exact_to(scope).get(pk=site_id))
    return Site.objects.exact_to(scope).select_for_update().get(pk=site_id)


def _split(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    unknown = set(fields) - SITE_FIELDS - LOCATION_FIELDS
    if unknown:
        name = sorted(unknown)[0]
        raise InvalidInput(f"Champ inconnu : « {name} ».", field=name)
    own = {name: value for name, value in fields.items() if name in SITE_FIELDS}
    located = {name: value for name, value in fields.items() if name in LOCATION_FIELDS}
    return own, located


def _relocate(site: Site, scope: Scope, point: Point | None, located: dict[str, Any]) -> bool:
    location = site.location
    for name, value in located.items():
        setattr(location, name, value)
    moved = point is not None and not point.equals_exact(location.geom, 1e-9)
    if moved and point is not None:
        place = place_at(point)
        if place is None:
            raise UnusableGeometry("Ce point n'est dans aucune commune connue.", field="point")
        policies.require(scope, Verb.UPDATE, place)
        location.geom = point
    if located or moved:
        location.save(update_fields=[*located, *(["geom"] if moved else [])])
    return moved


def _record(
    *,
    site: Site,
    by: User | None,
    day: dt.date,
    population: Mapping[str, Any] | None,
    living: Mapping[str, Any] | None,
    footprint: MultiPolygon | None,
) -> None:
    """Write the observations of a day; the same day again corrects that day's row."""
    if day > timezone.localdate():
        raise InvalidInput("La situation ne peut pas être dans le futur.", field="observed_on")
    entered = {"entered_by": by, "entered_at": timezone.now()}
    if population:
        values = check_population(population)
        Population.objects.update_or_create(site=site, observed_on=day, defaults=values | entered)
    if living:
        answers = check_living(living)
        Living.objects.update_or_create(
            site=site, observed_on=day, defaults=answers | levels(answers) | entered
        )
    if footprint is not None:
        Footprint.objects.update_or_create(
            site=site, observed_on=day, defaults={"geom": footprint} | entered
        )


def _end_footprint(site: Site, day: dt.date) -> None:
    """End the outline in force on a day; one recorded that very day is corrected away."""
    held = site.footprints.filter(observed_on__lte=day, valid_until__gt=day).first()
    if held is None:
        raise InvalidInput(
            f"Aucune emprise n'était connue le {day:%d/%m/%Y} : donnez la date à laquelle "
            "l'emprise n'est plus la bonne.",
            field="observed_on",
        )
    if held.observed_on == day:
        held.delete()
    else:
        held.ended_on = day
        held.save(update_fields=["ended_on"])


def _closing(site: Site, rows: list[dict[str, Any]], **values: Any) -> dict[str, Any]:
    """A closing as it is stored, its kind computed. Raises the first of its faults."""
    faults = closing_faults(site, solutions=rows, **values)
    if faults:
        raise faults[0]
    last = last_count(site, values["closed_on"])
    outcome = closing_outcome(
        cause=values["cause"],
        answer=values["closed_with_solutions"],
        solutions=[(row["type"], row.get("people")) for row in rows],
        people=last.people if last else None,
    )
    told = {name: values[name].strip() for name in ("context", "comment")}
    return values | told | {"kind": outcome.kind, "needs_review": outcome.needs_review}


def touch(site: Site, changed: list[str]) -> None:
    """Save these columns of a locked site as its next version."""
    site.version += 1
    site.updated_at = timezone.now()
    site.save(update_fields=[*changed, "version", "updated_at"])


def _reference(text: str) -> str:
    """A reference given by the writer. The refusal of a taken one does not say by whom."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,19}", text):
        raise InvalidInput(
            "Une référence a de 1 à 20 lettres sans accent, chiffres, espaces ou . / _ -",
            field="reference",
        )
    if Site.objects.filter(reference=text).exists():
        raise InvalidInput("Cette référence est déjà prise.", field="reference")
    return text


def _code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(6))
