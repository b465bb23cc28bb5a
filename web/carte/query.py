"""The one query string of a territorial page, read once: it drives list, map, feed and print.

Leaves rows to the selectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from geo.core import collections
from geo.core.collections import Collection
from geo.core.errors import InvalidInput
from geo.core.params import BBox, Filters, check_names, parse_bbox, parse_filters
from geo.core.scope import Scope
from geo.core.sources import Request
from geo.core.when import When, parse_when
from web.carte.places import Place

PAGE_ROWS = 50
MAX_PAGE = 2_000
FACES = ("list", "map")
SORTS = ("state", "reference", "commune", "people", "opened", "updated")
OWN_NAMES = ("datetime", "du", "au", "bbox", "v", "sort", "page")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a territory: filters, dates, order and page of the list.

    `params` are the normalised filters and date, without the territory: what goes to its page and
    its print. `bbox` narrows the list alone: the map has its camera. `sort` is a name of `SORTS`,
    with a minus sign for the other direction.
    """

    place: Place
    collection: Collection
    scope: Scope
    when: When
    filters: Filters
    params: tuple[tuple[str, str], ...]
    sort: str = "state"
    page: int = 1
    face: str = ""
    bbox: BBox | None = None
    bbox_text: str = ""

    @property
    def request(self) -> Request:
        """The rows of the territory under the filters, in the box asked."""
        return Request(self.collection, self.scope, self.when, self.filters, bbox=self.bbox)

    @property
    def feed_params(self) -> tuple[tuple[str, str], ...]:
        """The parameters that give the same rows from feeds and tiles."""
        if not self.place.level:
            return self.params
        given = dict(self.params)
        return tuple((given | {self.place.level: ",".join(self.place.codes)}).items())

    def text(self, **changes: object) -> str:
        """The query string of the page with some parameters changed (None takes one away)."""
        values: dict[str, object] = dict(self.params)
        if self.bbox_text:
            values["bbox"] = self.bbox_text
        if self.sort != "state":
            values["sort"] = self.sort
        values |= changes
        return urlencode(
            {name: value for name, value in values.items() if value is not None}, safe=",/"
        )


def canonical(given: QueryDict) -> str | None:
    """The same query in its normal form where a plain form sent another; None where it is normal.

    Ticked boxes of one name are joined by commas, `du` and `au` make `datetime`, empty values go.
    """
    values: dict[str, str] = {}
    for name, texts in given.lists():
        text = ",".join(text.strip() for text in texts if text.strip())
        if text:
            values[name] = text
    start, end = values.pop("du", ""), values.pop("au", "")
    if start or end:
        values["datetime"] = f"{start or '..'}/{end or '..'}"
    plain = {name: texts[0] for name, texts in given.lists() if len(texts) == 1}
    if values == plain:
        return None
    return urlencode(values, safe=",/")


def query_read(scope: Scope, place: Place, given: Mapping[str, str]) -> Query:
    """Parse the query of a page. Raises `InvalidInput` naming the parameter."""
    collection = collections.get("sites", scope)
    check_names(given, {*collection.parameters, *OWN_NAMES})
    when = parse_when(given.get("datetime"))
    names = [name for name in (*collection.parameters, "datetime") if given.get(name)]
    params = tuple((name, given[name]) for name in names if name != place.level)
    values = dict(params)
    if place.level:
        values[place.level] = ",".join(place.codes)
    return Query(
        place,
        collection,
        scope,
        when,
        parse_filters(collection, values),
        params,
        sort=_one_of("sort", given, ("", *SORTS, *(f"-{name}" for name in SORTS))) or "state",
        page=_page(given.get("page", "")),
        face=_one_of("v", given, ("", *FACES)),
        bbox=parse_bbox(given.get("bbox")),
        bbox_text=given.get("bbox", ""),
    )


def _one_of(name: str, given: Mapping[str, str], accepted: tuple[str, ...]) -> str:
    text = given.get(name, "")
    if text not in accepted:
        shown = ", ".join(value for value in accepted if value)
        raise InvalidInput(f"Valeurs acceptées : {shown}.", field=name)
    return text


def _page(text: str) -> int:
    if not text:
        return 1
    if not text.isdecimal() or not 1 <= int(text) <= MAX_PAGE:
        raise InvalidInput(f"Un nombre de 1 à {MAX_PAGE} est attendu.", field="page")
    return int(text)
