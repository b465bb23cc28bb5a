"""The encodings of answers: which one is asked, by `f` or by `Accept`, and their media types.

Leaves writing them to `feeds.sql`, `feeds.documents`, `feeds.tables` and the pages of `web`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from geo.core.errors import InvalidInput

GEOJSON = "application/geo+json"
JSON = "application/json"
HTML = "text/html"
FLATGEOBUF = "application/flatgeobuf"
CSV = "text/csv"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
# What `f` says, and the media types that `Accept` may name for each.
ACCEPTED = {
    "json": (GEOJSON, JSON, SCHEMA, "application/vnd.oai.openapi+json", "application/geojson"),
    "geojson": (),
    "html": (HTML, "application/xhtml+xml"),
    "fgb": (FLATGEOBUF,),
    "csv": (CSV,),
}
DOCUMENT = ("json", "html")
FEATURE = ("json", "geojson", "html")
ITEMS = ("json", "geojson", "html", "fgb", "csv")
# A page that people read: the request, which page, what it tells.
Renderer = Callable[[HttpRequest, str, dict[str, Any]], HttpResponse]


@dataclass
class _Registered:
    renderer: Renderer | None = None


_PAGES = _Registered()


def register_pages(renderer: Renderer) -> None:
    """Give the feeds their HTML face; without one, HTML is neither declared nor answered."""
    _PAGES.renderer = renderer


def pages() -> Renderer | None:
    """The registered renderer of pages."""
    return _PAGES.renderer


def chosen(request: HttpRequest, offered: Iterable[str]) -> str:
    """The encoding asked: `f`, else the best of `Accept`, else JSON. Raises `InvalidInput`."""
    known = [each for each in offered if each != "html" or pages() is not None]
    given = request.GET.get("f")
    if given is not None:
        if given not in known:
            shown = [each for each in known if each != "geojson"]
            raise InvalidInput(f"Formats : {', '.join(shown)}.", field="f")
        return "json" if given == "geojson" else given
    for media in _preferred(request.headers.get("Accept", "")):
        if media in {"*/*", "application/*"}:
            return "json"
        for each in known:
            if media in ACCEPTED[each]:
                return each
    return "json"


def reads_pages(request: HttpRequest) -> bool:
    """Whether errors too are best told in a page: a person in a browser asks."""
    asked = request.GET.get("f")
    return asked == "html" or (asked is None and HTML in request.headers.get("Accept", ""))


def _preferred(header: str) -> list[str]:
    """The media types of an `Accept` header, the most wanted first."""
    found: list[tuple[float, int, str]] = []
    for rank, part in enumerate(header.split(",")[:50]):
        media, *rest = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for piece in rest:
            if piece.startswith("q="):
                try:
                    weight = float(piece[2:])
                except ValueError:
                    weight = 0.0
        if media and weight > 0:
            found.append((-weight, rank, media))
    return [media for _, _, media in sorted(found)]
