"""What an export is asked: a collection, the map's filters, a date, the properties wanted.

The same query string as pages, feeds and tiles. Leaves rows to `feeds.exporting.rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from feeds.restricted import asked_classes, parse_names
from geo.core import collections
from geo.core.collections import Collection, Property
from geo.core.errors import InvalidInput
from geo.core.params import check_names, parse_bbox, parse_filters
from geo.core.scope import RESTRICTED, DataClass, Scope
from geo.core.sources import Request
from geo.core.when import parse_when

OWN_NAMES = ("bbox", "datetime", "properties")
MAX_QUERY = 4_000


@dataclass(frozen=True, slots=True)
class Asked:
    """An export as asked: `request` for the rows, `query` in its normal form to keep and show."""

    request: Request
    query: str

    @property
    def collection(self) -> Collection:
        """What is exported."""
        return self.request.collection

    @property
    def is_public(self) -> bool:
        """Whether everybody may receive the same file."""
        return self.collection.public and not self.request.classes


def asked(
    collection_id: str, query: Mapping[str, str], scope: Scope, *, by_token: bool = False
) -> Asked:
    """Read what is asked under the rights to export.

    Raises `NotFound` for a collection that does not exist for this reader, `InvalidInput` naming
    the parameter at fault. A token never gives the judicial class.
    """
    item = collections.get(collection_id, scope, classes_out(by_token=by_token))
    check_names(query, {*OWN_NAMES, *item.parameters})
    kept = {name: query[name] for name in query if query[name]}
    text = urlencode(sorted(kept.items()), safe=",/:")
    if len(text) > MAX_QUERY:
        raise InvalidInput(f"Au plus {MAX_QUERY} caractères de filtres.", field="query")
    given = given_properties(item, scope)
    request = Request(
        item,
        scope,
        parse_when(kept.get("datetime")),
        parse_filters(item, kept),
        bbox=parse_bbox(kept.get("bbox")),
        names=_names(kept.get("properties"), given),
    )
    return Asked(replace(request, classes=asked_classes(given, request)), text)


def _names(text: str | None, given: Sequence[Property]) -> tuple[str, ...]:
    """The properties wanted: those named, else all the general ones."""
    named = parse_names(text, given)
    if named is not None:
        return named
    return tuple(p.name for p in given if not p.named and p.data_class == DataClass.GENERAL)


def classes_out(*, by_token: bool = False) -> tuple[DataClass, ...]:
    """The restricted classes that this way of taking out can give; the scope says which it has."""
    return tuple(each for each in RESTRICTED if not (by_token and each == DataClass.JUDICIAL))


def given_properties(item: Collection, scope: Scope) -> list[Property]:
    """The properties of at least one branch of this reader, in their declared order."""
    branches = item.branches(scope, parse_when(None))
    names = {p.name for branch in branches for p in item.properties_for(branch)}
    return [p for p in item.properties if p.name in names]


def parse_query(text: str) -> dict[str, str]:
    """The parameters of a query string; a name given twice has its values joined by commas."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(text.lstrip("?"), keep_blank_values=False):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def with_classes(
    item: Collection, scope: Scope, query: Mapping[str, str], classes: Iterable[DataClass]
) -> dict[str, str]:
    """The query with the properties of some restricted classes named, beside the general ones."""
    wanted = set(classes)
    given = given_properties(item, scope)
    added = [p.name for p in given if p.data_class in wanted]
    if not added:
        return dict(query)
    return {**query, "properties": ",".join([*_names(query.get("properties"), given), *added])}


def restricted_classes(given: Sequence[Property]) -> tuple[DataClass, ...]:
    """The restricted classes of which some property is given to who names it."""
    held = {p.data_class for p in given}
    return tuple(each for each in RESTRICTED if each in held)
