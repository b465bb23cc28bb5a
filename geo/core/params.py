"""Parameters parsed once at the edge into typed values: bbox, filters, tile address.

One set of names for pages, tiles, feeds, exports and prints. Leaves dates to `geo.core.when`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geo.core.collections import SEARCH, Collection, Property
from geo.core.errors import InvalidInput, NotFound

MAX_VALUES = 50
MAX_SEARCH = 100
TRUE_WORDS, FALSE_WORDS = {"true", "1", "oui"}, {"false", "0", "non"}
Value = str | int | float | bool | dt.date


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in EPSG:4326, degrees. `west` > `east` crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def boxes(self) -> tuple[tuple[float, float, float, float], ...]:
        """One box, or two on either side of the antimeridian."""
        if self.west <= self.east:
            return ((self.west, self.south, self.east, self.north),)
        return (
            (self.west, self.south, 180.0, self.north),
            (-180.0, self.south, self.east, self.north),
        )


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters by property: each name with its accepted values, sorted; `q` with its words."""

    items: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.items)

    @property
    def hash(self) -> str:
        """Digest of the normalised filter, part of cache keys and ETags."""
        return hashlib.sha256(repr(self.items).encode()).hexdigest()[:16]


def parse_bbox(text: str | None, *, field: str = "bbox") -> BBox | None:
    """Read `west,south,east,north` (or six numbers with heights) in degrees, CRS84.

    None when absent. Raises `InvalidInput` naming the parameter.
    """
    if text is None or text == "":
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InvalidInput(
            "Quatre nombres sont attendus : ouest,sud,est,nord.", field=field
        ) from error
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    if len(numbers) != 4 or not all(math.isfinite(n) for n in numbers):
        raise InvalidInput("Quatre nombres sont attendus : ouest,sud,est,nord.", field=field)
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise InvalidInput("Les longitudes vont de -180 à 180.", field=field)
    if not (-90 <= south <= north <= 90):
        raise InvalidInput("Les latitudes vont de -90 à 90, le sud d'abord.", field=field)
    return BBox(west, south, east, north)


def parse_filters(collection: Collection, query: Mapping[str, str]) -> Filters:
    """Read the queryables present in `query`; the other names are the caller's business."""
    items = []
    for prop in collection.queryables:
        text = query.get(prop.name)
        if text:
            items.append((prop.name, parse_values(prop, text)))
    words = parse_search(query.get(SEARCH, ""))
    if words and SEARCH in collection.parameters:
        items.append((SEARCH, words))
    return Filters(tuple(items))


def parse_search(text: str) -> tuple[str, ...]:
    """The words of `q`, all of which must be found. Raises `InvalidInput` for too long a text."""
    if len(text) > MAX_SEARCH or "\x00" in text:
        raise InvalidInput(f"Au plus {MAX_SEARCH} caractères.", field=SEARCH)
    return tuple(sorted(set(text.split())))


def parse_values(prop: Property, text: str) -> tuple[Value, ...]:
    """The values of one filter, comma separated. Raises `InvalidInput` naming the property."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > MAX_VALUES:
        raise InvalidInput(f"Au plus {MAX_VALUES} valeurs.", field=prop.name)
    values = {_value(prop, part) for part in parts}
    return tuple(sorted(values, key=str))


def check_names(query: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse a parameter that does not exist (`InvalidInput` names it)."""
    known = set(allowed)
    for name in query:
        if name not in known:
            raise InvalidInput(
                f"Paramètre inconnu : « {name[:60]} ». Acceptés : {', '.join(sorted(known))}.",
                field=name[:60],
            )


def check_tile(collections: Sequence[Collection], z: int, x: int, y: int) -> None:
    """Raise `NotFound` outside the zooms of every collection, or outside the pyramid."""
    shown = any(collection.minzoom <= z <= collection.maxzoom for collection in collections)
    if not shown or not (0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound("Tuile hors limites.")


def _value(prop: Property, text: str) -> Value:
    codes = [code for code, _ in prop.choices]
    if codes and text not in codes:
        raise InvalidInput(
            f"« {text[:40]} » n'est pas une valeur de {prop.name} : {', '.join(codes)}.",
            field=prop.name,
        )
    if "\x00" in text:
        raise InvalidInput("Un caractère nul n'est pas un texte.", field=prop.name)
    try:
        if prop.type == "integer":
            return int(text)
        if prop.type == "number":
            return float(text)
        if prop.type == "date":
            return dt.date.fromisoformat(text)
        if prop.type == "boolean":
            return _boolean(text)
    except ValueError as error:
        raise InvalidInput(
            f"« {text[:40]} » ne convient pas à {prop.name} ({prop.type}).", field=prop.name
        ) from error
    return text


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered in TRUE_WORDS:
        return True
    if lowered in FALSE_WORDS:
        return False
    raise ValueError(text)
