"""What the page of exports says: the collections, the rows of a query, one's own exports.

Leaves rows and rights to `feeds.exporting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from feeds.exporting.asking import Asked, asked, given_properties, parse_query, restricted_classes
from feeds.exporting.counting import count
from feeds.exporting.dictionary import mentions
from feeds.exporting.formats import FORMATS
from feeds.exporting.models import Export
from feeds.exporting.services import export_link
from geo.accounts.models import User
from geo.core import collections, rls
from geo.core.collections import SEARCH, Collection, Property
from geo.core.errors import TooCostly
from geo.core.scope import DataClass, Scope

SHOWN = 30
COUNTED = 100_000
EVERYWHERE = Scope.nation()


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter in words, and the page without it."""

    words: str
    without: str


@dataclass(frozen=True, slots=True)
class Line:
    """One of the exports of a person, in words."""

    export: Export
    title: str
    form: str
    filters: str
    link: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be exported with the query of the page; `rows` is None when it is too long to count.

    `at_once` when the answer itself can give it; `more` when there are more rows than counted.
    """

    wanted: Asked
    rows: int | None
    at_once: bool
    more: bool
    terms: str
    classes: tuple[DataClass, ...]
    filters: tuple[Filter, ...]


def offer(wanted: Asked, query: Mapping[str, str], *, by: User | None) -> Offer:
    """The rows of a query, told before they are taken out."""
    item = wanted.collection
    with rls.reading(wanted.request.scope):
        try:
            rows: int | None = count(wanted.request, cap=COUNTED)
        except TooCostly:
            rows = None
        given = given_properties(item, wanted.request.scope)
    stored = item.stored_count is not None
    if stored:
        rows = count(wanted.request)
    return Offer(
        wanted,
        rows,
        rows is not None and rows <= settings.EXPORT_DIRECT_ROWS,
        rows is not None and not stored and rows > COUNTED,
        mentions(wanted, by=by).terms,
        restricted_classes(given),
        tuple(_filters(item, query)),
    )


def lines(user: User) -> list[Line]:
    """The last exports of a person, the newest first."""
    titles = {each.id: each for each in collections.visible(EVERYWHERE)}
    found = []
    for each in Export.objects.filter(owner=user).select_related("owner")[:SHOWN]:
        item = titles.get(each.collection)
        words = [f.words for f in _filters(item, parse_query(each.query))] if item else []
        link = export_link(each) if each.has_file else ""
        found.append(
            Line(
                each,
                item.title if item else each.collection,
                FORMATS[each.format].label if each.format in FORMATS else each.format,
                " ; ".join(words),
                reverse("export_download", args=[each.pk, link]) if link else "",
            )
        )
    return found


def wanted_of(collection_id: str, query: Mapping[str, str], scope: Scope) -> Asked:
    """What the page asks. Raises as `feeds.exporting.asking.asked`."""
    with rls.reading(scope):
        return asked(collection_id, query, scope)


def page_address(collection_id: str, query: Mapping[str, str]) -> str:
    """The page with a collection chosen and filters."""
    text = urlencode([("collection", collection_id), *query.items()], safe=",/:")
    return f"{reverse('exports')}?{text}"


def _filters(item: Collection, query: Mapping[str, str]) -> list[Filter]:
    found = []
    for name, value in query.items():
        rest = {key: text for key, text in query.items() if key != name}
        found.append(Filter(_words(item, name, value), page_address(item.id, rest)))
    return found


def _words(item: Collection, name: str, value: str) -> str:
    if name == "datetime":
        return f"Période : {value}" if "/" in value else f"Situation au {value}"
    if name == "bbox":
        return "Emprise de la carte"
    if name == "properties":
        return f"{value.count(',') + 1} colonnes nommées"
    if name == SEARCH:
        return f"Recherche : « {value} »"
    prop = item.find(name)
    return f"{prop.label if prop else name} : {_labels(prop, value)}"


def _labels(prop: Property | None, value: str) -> str:
    labels = dict(prop.choices) if prop else {}
    return ", ".join(labels.get(code, code) for code in value.split(","))
