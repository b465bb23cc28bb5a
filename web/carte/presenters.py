"""The words, links and figures of a territorial page.

Leaves reading to the selectors and markup to the templates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from geo.core.errors import InvalidInput
from geo.core.reader import ReaderRequest
from web.carte import filters, mapdata, places, selectors
from web.carte.places import Place
from web.carte.query import PAGE_ROWS, Query
from web.carte.selectors import Group, Totals
from web.carte.states import State, states


@dataclass(frozen=True, slots=True)
class CountedState:
    """A state with the number of sites in it."""

    state: State
    count: int

    @property
    def words(self) -> str:
        """`12 ouverts`."""
        return f"{thousands(self.count)} {self.state.one if self.count < 2 else self.state.many}"


@dataclass(frozen=True, slots=True)
class Column:
    """A sortable heading: where its link leads and how the list is sorted now (`aria-sort`)."""

    label: str
    href: str
    sorted: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The line of one part of the territory: its page and its counts in the order of the states."""

    name: str
    href: str
    group: Group


def page(query: Query) -> dict[str, Any]:
    """The context of the page. Bounded queries: totals, rows, parts, names, choices."""
    found = selectors.totals(query)
    pages = max(1, ceil(found.count / PAGE_ROWS))
    query = replace(query, page=min(query.page, pages))
    counted = [CountedState(s, found.by_state[s.key]) for s in states(query.scope)]
    by_key = {each.state.key: each.state for each in counted}
    return {
        "query": query,
        "place": query.place,
        "totals": found,
        "summary": summary(query, found, counted),
        "states": counted,
        "rows": [(row, by_key[row.state]) for row in selectors.rows(query)],
        "columns": columns(query),
        "pages": pages,
        "previous": query.text(page=query.page - 1) if query.page > 1 else "",
        "next": query.text(page=query.page + 1) if query.page < pages else "",
        "first_row": (query.page - 1) * PAGE_ROWS + 1,
        "parts": parts(query),
        "part_title": places.PART_TITLES.get(query.place.part, ""),
        "filters": filters.groups(query),
        "typed": filters.typed(query),
        "chosen": filters.chosen(query),
        "choices": places.choices(),
        "overseas": places.overseas() if not query.place.level else [],
        "exports": exports(query),
        "layers": mapdata.layers(query.scope),
        "map": mapdata.config(query, counted) | {"arrivals": selectors.arrivals(query)},
    }


def refused(request: ReaderRequest, place: Place, error: InvalidInput) -> dict[str, Any]:
    """The context of a page whose query cannot be read: what is wrong, and the way out."""
    return {"place": place, "message": error.message, "field": error.field, "typed": request.GET}


def summary(query: Query, found: Totals, counted: list[CountedState]) -> str:
    """One sentence: sites by state, people, date of the last writing."""
    if not found.count:
        return "Aucun site ne répond à cette demande."
    sites = f"{thousands(found.count)} site{'s' if found.count > 1 else ''}"
    detail = ", ".join(each.words for each in counted if each.count)
    said = [f"{sites} : {detail}" if found.count > 1 else f"{sites} ({detail})"]
    if found.living > found.uncounted:
        people = f"{thousands(found.people)} personne{'s' if found.people > 1 else ''}"
        where = f"{people} sur les sites ouverts ou en résorption"
        unknown = f" (nombre inconnu pour {thousands(found.uncounted)})" if found.uncounted else ""
        said.append(where + unknown)
    if found.updated_at:
        said.append(f"dernière saisie le {found.updated_at:%d/%m/%Y}")
    return "\u00a0; ".join(said) + "."


def columns(query: Query) -> list[Column]:
    """The headings of the list; a second click turns the order round."""
    current, down = query.sort.removeprefix("-"), query.sort.startswith("-")
    made = []
    for name, label, css in (
        ("reference", "Site", ""),
        ("state", "État", ""),
        ("people", "Personnes", "at-num"),
        ("opened", "Ouvert le", "carte-wide"),
        ("updated", "Mis à jour", "carte-wide"),
    ):
        # Figures and dates are most often wanted from the largest.
        first = name if name in {"reference", "state"} else f"-{name}"
        turned = name if first.startswith("-") else f"-{name}"
        href = query.text(sort=turned if query.sort == first else first)
        direction = ("descending" if down else "ascending") if current == name else ""
        made.append(Column(label, f"?{href}", direction, css))
    return made


def parts(query: Query) -> list[Part]:
    """The territories inside this one that have sites, the fullest first."""
    level = query.place.part
    if not level:
        return []
    found = selectors.groups(query, level)
    names = places.names_of(level, [group.code for group in found])
    suffix = f"?{urlencode(query.params)}" if query.params else ""
    return [
        Part(
            names.get(group.code, group.code),
            f"{places.address_of(level, group.code)}{suffix}",
            group,
        )
        for group in sorted(found, key=lambda group: (-group.count, group.code))
    ]


def exports(query: Query) -> list[tuple[str, str, str]]:
    """(label, address, detail) of the same rows elsewhere: feed for who exports, print."""
    feed = reverse("ogc-items", args=["sites"])
    box = (("bbox", query.bbox_text),) if query.bbox_text else ()
    links = []
    if query.scope.exports_sites:
        rows = _with(feed, (*query.feed_params, *box))
        taken = _with(reverse("exports"), (("collection", "sites"), *query.feed_params, *box))
        links.append(("Exporter", taken, "mêmes filtres : GeoPackage, tableur, Shapefile…"))
        links.append(("GeoJSON", rows, "mêmes filtres, pour QGIS ou geopandas"))
    if query.place.level:
        base = reverse("print-pdf", args=[places.PLURAL[query.place.level], query.place.code])
        sheet = _with(base, (*query.params, *box))
        links.insert(0, ("Carte à imprimer (PDF)", sheet, _printed(query)))
    return links


def _printed(query: Query) -> str:
    """What the sheet holds of the list: the same filters, but the closings of a period alone."""
    told = "mêmes filtres, avec le tableau"
    if not query.when.instant:
        return told
    year = query.when.state_on.year
    return f"{told} ; des sites fermés, ceux de {year} : donnez une période pour d’autres années"


def thousands(number: int) -> str:
    """`3 119`, with a narrow no-break space."""
    return f"{number:,}".replace(",", "\u202f")


def _with(address: str, params: tuple[tuple[str, str], ...]) -> str:
    return f"{address}?{urlencode(params, safe=',/')}" if params else address
