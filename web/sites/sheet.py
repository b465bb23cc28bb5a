"""The sheet of a site as a page shows it: words, figures and links made from the domain's facts.

Leaves reading to the selectors and drawing to the templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.forms.models import model_to_dict
from django.urls import reverse

from cadastre.selectors import ground_of_site
from geo.core.scope import Precision, Scope
from geo.facilities.selectors import NearFacility, nearest_facilities
from geo.sites.enums import Origin
from geo.sites.living import THEMES, assess
from geo.sites.models import Living, Population
from geo.sites.policies import abilities
from geo.sites.selectors import NearSite, SiteSheet, completion_of, site_sheet, sites_near
from web.addresses import territory_page
from web.sites import chart, words

NEARBY_M = 2_000


@dataclass(frozen=True, slots=True)
class Theme:
    """One living-condition theme: its level in a word, and why."""

    label: str
    level: str
    level_label: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    unknown: tuple[str, ...]


def sheet_context(scope: Scope, site_id: int) -> dict[str, Any]:
    """Everything the templates of the sheet need. Raises `NotFound` outside the scope."""
    sheet = site_sheet(scope, site_id)
    known, out_of = completion_of(sheet)
    state, tone = words.STATES[sheet.state]
    fresh, fresh_tone = words.FRESHNESS[sheet.freshness]
    return {
        "sheet": sheet,
        "site": sheet.site,
        "title": sheet.location.name if sheet.location else f"Site {sheet.site.reference}",
        "state_label": state,
        "state_tone": tone,
        "field_type_label": words.field_type(sheet.site),
        "freshness_label": fresh,
        "freshness_tone": fresh_tone,
        "precision_label": words.PRECISIONS[sheet.precision.value],
        "latest": sheet.populations[0] if sheet.populations else None,
        "population_chart": chart.people(
            sheet.populations, sheet.closure.closed_on if sheet.closure else None
        ),
        "origins": origins(sheet.populations[0]) if sheet.populations else (),
        "dwellings": dwellings(sheet.populations[0]) if sheet.populations else (),
        "themes": themes(sheet.livings[0]) if sheet.livings else (),
        "living": sheet.livings[0] if sheet.livings else None,
        "known": known,
        "out_of": out_of,
        "missing": [words.FIELDS[name] for name in sheet.missing],
        "facilities": facilities(sheet),
        "near_sites": near_sites(scope, sheet),
        "coordinates": coordinates(sheet),
        "footprint": footprint(sheet),
        "ground": ground_of_site(scope, site_id) if sheet.exact else None,
        "links": links(scope, sheet),
        "can": abilities(scope, sheet.site) if sheet.exact else {},
    }


def themes(living: Living) -> tuple[Theme, ...]:
    """The six themes with their levels, in words."""
    answers = model_to_dict(living)
    access = living.get_water_access_type_display()
    found = []
    for name in THEMES:
        assessed = assess(name, answers)

        def said(codes: tuple[str, ...], which: int, theme: str = name) -> tuple[str, ...]:
            texts = (words.REASONS[theme, code][which].format(water=access) for code in codes)
            return tuple(text for text in texts if text)

        found.append(
            Theme(
                words.THEMES[name],
                assessed.level.value,
                words.LEVELS[assessed.level.value],
                said(assessed.positive, 0),
                said(assessed.negative, 1),
                said(assessed.unknown, 2),
            )
        )
    return tuple(found)


def links(scope: Scope, sheet: SiteSheet) -> dict[str, str]:
    """Where the sheet leads: the territorial views, the printed map, the feeds for who exports."""
    site = sheet.site
    items = reverse("ogc-items", args=["sites"])
    found = {
        "departement": territory_page("departements", str(site.departement_id)),
        "commune": territory_page("communes", str(site.commune_id)),
        "print": reverse("print-pdf", args=["departements", site.departement_id]),
    }
    if scope.outgoing.reach().precision(site.pk, site) is not None:
        found["item"] = f"{items}/{site.pk}"
        found["items"] = f"{items}?departement={site.departement_id}"
    return found


def origins(population: Population) -> tuple[str, ...]:
    """The groups of nationalities present, in words."""
    return tuple(str(Origin(code).label) for code in population.origins)


def coordinates(sheet: SiteSheet) -> str:
    """The exact position in words, latitude first; empty for a blurred reader."""
    if not sheet.exact:
        return ""
    return f"{sheet.point.y:.5f} ; {sheet.point.x:.5f}".replace(".", ",")


def footprint(sheet: SiteSheet) -> dict[str, Any] | None:
    """The footprint of today as GeoJSON coordinates, for the small map."""
    if sheet.outline is None:
        return None
    return {"type": "MultiPolygon", "coordinates": sheet.outline.geom.coords}


def dwellings(population: Population) -> tuple[tuple[str, int], ...]:
    """The kinds of dwellings counted, with their numbers."""
    names = ("caravans", "huts", "tents", "cars", "mattresses")
    counted = ((name, getattr(population, name)) for name in names)
    return tuple(
        (str(Population._meta.get_field(name).verbose_name), number)  # type: ignore[union-attr]
        for name, number in counted
        if number
    )


def facilities(sheet: SiteSheet) -> list[tuple[NearFacility, str]]:
    """The nearest school and health centre; nothing for a position at the commune."""
    if sheet.precision == Precision.COMMUNE:
        return []
    return [
        (facility, metres(facility.distance_m, sheet.precision))
        for facility in nearest_facilities(sheet.point)
    ]


def near_sites(scope: Scope, sheet: SiteSheet) -> list[tuple[NearSite, str, str]]:
    """The sites around, at the precision of the reader."""
    if sheet.precision == Precision.COMMUNE:
        return []
    found = sites_near(scope, sheet.point, metres=NEARBY_M, limit=6, without=sheet.site.pk)
    return [
        (
            near,
            words.STATES[near.site.state][0].lower(),  # type: ignore[attr-defined]
            metres(near.distance_m, near.precision if sheet.exact else sheet.precision),
        )
        for near in found
    ]


def metres(distance_m: float, precision: Precision) -> str:
    """A distance in words: to the metre from exact places, to 100 m from blurred ones."""
    exact = precision == Precision.EXACT
    rounded = round(distance_m) if exact else round(distance_m, -2)
    about = "" if exact else "environ "
    if rounded >= 10_000:
        return f"{about}{rounded / 1000:.0f} km"
    if rounded >= 1_000:
        return f"{about}{rounded / 1000:.1f} km".replace(".", ",")
    return f"{about}{rounded:.0f} m"
