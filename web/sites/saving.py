"""From a valid form to the services, and from a site to the form: what was shown, what changed.

An observation is written only when its answers changed; then it is a whole new dated row.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from geo.accounts.models import User
from geo.core.errors import DomainError
from geo.core.scope import Scope
from geo.sites.models import Site
from geo.sites.selectors import SiteSheet
from geo.sites.services import site_create, site_update
from web.sites.forms import LIVING_NAMES, POPULATION, SITE_NAMES, SiteForm
from web.sites.geometry_fields import outline_text, position_text

# The names that the services give to what the form calls otherwise.
FIELDS = {"point": "position", "geometry": "position"}


def initial_of(sheet: SiteSheet) -> dict[str, Any]:
    """What the form of an existing site shows first: the last known of everything."""
    site, location = sheet.site, sheet.location
    assert location is not None  # the form is for readers of the exact place
    found: dict[str, Any] = {
        name: getattr(site if hasattr(site, name) else location, name) for name in SITE_NAMES
    }
    found["position"] = position_text(location.geom)
    found["footprint"] = outline_text(sheet.outline.geom) if sheet.outline else ""
    found["observed_on"] = timezone.localdate()
    for rows, names in ((sheet.populations, POPULATION), (sheet.livings, LIVING_NAMES)):
        if rows:
            found |= {name: getattr(rows[0], name) for name in names}
    return {
        name: _shown(value) if name != "heatwave_risk" else value for name, value in found.items()
    }


def empty_initial() -> dict[str, Any]:
    """What the form of a new site shows first."""
    today = timezone.localdate()
    return {
        "observed_on": today,
        "declared_on": today,
        "field_type": "unknown",
        "location_accuracy": "exact",
        "address_precision": "manual",
    }


def typed(form: SiteForm, post: Any) -> dict[str, Any]:
    """What was typed, to show again without judging it yet."""
    return {
        name: field.widget.value_from_datadict(post, {}, name)
        for name, field in form.fields.items()
    }


def create(*, form: SiteForm, by: User, scope: Scope) -> Site | None:
    """Create the site of a valid form; None, with the error in the form, when it is refused."""
    values = form.cleaned_data
    try:
        return site_create(
            by=by,
            scope=scope,
            point=values["position"],
            observed_on=values["observed_on"],
            footprint=values["footprint"],
            population=_given(form, POPULATION),
            living=_given(form, LIVING_NAMES),
            **_attributes(form),
        )
    except DomainError as error:
        refuse(form, error)
        return None


def update(
    *, form: SiteForm, by: User, scope: Scope, site_id: int, version: int | None
) -> Site | None:
    """Save the changes of a valid form; raises `Conflict`; None when refused otherwise."""
    values, changed = form.cleaned_data, set(form.changed_data)
    return site_update(
        by=by,
        scope=scope,
        site_id=site_id,
        version=version,
        point=values["position"] if "position" in changed else None,
        observed_on=values["observed_on"],
        footprint=values["footprint"] if "footprint" in changed else None,
        footprint_ended=bool(values.get("footprint_ended")),
        population=form.answers(POPULATION) if changed & set(POPULATION) else None,
        living=form.answers(LIVING_NAMES) if changed & set(LIVING_NAMES) else None,
        **_attributes(form),
    )


def refuse(form: SiteForm, error: DomainError) -> None:
    """Put a refusal of the domain beside its field."""
    field = FIELDS.get(error.field or "", error.field or "position")
    form.add_error(field if field in form.fields else None, error.message)


def _attributes(form: SiteForm) -> dict[str, Any]:
    found = {name: form.cleaned_data.get(name) for name in SITE_NAMES}
    found["address_precision"] = found["address_precision"] or "manual"
    return found


def _given(form: SiteForm, names: tuple[str, ...]) -> dict[str, Any] | None:
    """The answers of a group, None when nobody answered anything."""
    answers = form.answers(names)
    return answers if any(value not in (None, "", []) for value in answers.values()) else None


def _shown(value: Any) -> Any:
    """Yes and no as the radios word them."""
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
