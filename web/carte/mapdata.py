"""What the map's script is told by the page: addresses of tiles, symbols, the box of the territory.

The addresses carry the page's query. Leaves drawing to the browser.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from django.urls import reverse

from geo.core import collections
from geo.core.errors import NotFound
from geo.core.scope import Scope
from web.carte.query import Query
from web.carte.states import Drawn, State, drawn, for_browser


class Counted(Protocol):
    """A state and its count."""

    @property
    def state(self) -> State: ...

    @property
    def count(self) -> int: ...


def config(query: Query, counted: Iterable[Counted]) -> dict[str, Any]:
    """The JSON of the page's map; a layer that the reader may not see is absent."""
    scope, place = query.scope, query.place
    west, south, east, north = place.box
    return {
        "place": {
            "level": place.level,
            "codes": list(place.codes),
            "name": place.name,
            "box": [[west, south], [east, north]],
        },
        "states": [for_browser(each.state) | {"count": each.count} for each in counted],
        "tiles": _present(
            {
                "sites": _tiles(scope, "sites", query.feed_params),
                "reinstallations": _tiles(scope, "reinstallations", _lines(query)),
                "facilities": _tiles(scope, "facilities"),
                "site-footprints": _tiles(scope, "site-footprints", _dated(query)),
                "parcels": _tiles(scope, "parcels"),
                "epcis": _tiles(scope, "epcis") if place.level == "epci" else "",
            }
        ),
        "symbols": {
            name: [
                {"value": symbol.value, "label": symbol.label} | _colours(drawn(symbol))
                for symbol in collections.get(name, scope).symbols
            ]
            for name in ("facilities", "reinstallations", "site-footprints", "parcels")
            if _tiles(scope, name)
        },
        "groups": {
            level: _address(reverse("carte-regroupements"), (("par", level), *query.feed_params))
            for level in ("departement", "commune")
        },
        "landmarks": reverse("carte-reperes", args=["CODE"]),
        "sheet": f"{reverse('site', args=[0])}?fragment=1",
    }


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the legend beside the states."""

    name: str
    title: str
    symbol: Drawn


def layers(scope: Scope) -> list[Layer]:
    """The layers that the legend shows or hides whole, where the reader has them."""
    found = []
    for name in ("reinstallations", "site-footprints", "parcels"):
        if _tiles(scope, name):
            collection = collections.get(name, scope)
            found.append(Layer(name, collection.title, drawn(collection.symbols[0])))
    return found


def _dated(query: Query) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in query.params if name == "datetime")


def _lines(query: Query) -> tuple[tuple[str, str], ...]:
    """Dates, and the departement where people arrived when the page is a departement's."""
    place = query.place
    where = ((place.level, place.code),) if place.level == "departement" else ()
    return (*where, *_dated(query))


def _tiles(scope: Scope, name: str, params: tuple[tuple[str, str], ...] = ()) -> str:
    try:
        collections.get(name, scope)
    except NotFound:
        return ""
    return _address(reverse("tilejson", kwargs={"names": name}), params)


def _present(addresses: dict[str, str]) -> dict[str, str]:
    return {name: address for name, address in addresses.items() if address}


def _colours(symbol: Any) -> dict[str, str]:
    return {"path": symbol.path, "fill": symbol.fill, "stroke": symbol.stroke}


def _address(base: str, params: tuple[tuple[str, str], ...]) -> str:
    return f"{base}?{urlencode(params, safe=',/')}" if params else base
