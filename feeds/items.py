"""Features over HTTP: one page, or one feature, in each encoding, with links and validators.

Leaves addresses and methods to `feeds.resources`, parameters to `feeds.asking`, rows to
`feeds.sql`, rights and their log to `feeds.restricted`.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import orjson
from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone

from feeds import asking, cursors, documents, flatgeobuf, formats, restricted, sql, tables
from feeds.addresses import root_of, varied
from feeds.asking import Asking
from geo.core import caching
from geo.core.collections import Collection
from geo.core.errors import InvalidInput, NotFound, TooCostly
from geo.core.reader import ReaderRequest

UNKNOWN = "Objet inconnu."


def items(request: ReaderRequest, item: Collection) -> HttpResponse:
    """One page of features."""
    restricted.check_export(request, item)
    asked = asking.ask_items(request, item)
    if (unchanged := _unchanged(request, asked)) is not None:
        return unchanged
    page = sql.Page([], None) if asked.hits else _page(asked)
    matched = _matched(asked, page)
    restricted.log_page(request, page, asked.request, matched)
    return _encoded(request, asked, page, matched)


def feature(request: ReaderRequest, item: Collection, feature_id: int) -> HttpResponse:
    """One feature; `NotFound` outside the scope, as for an unknown id."""
    restricted.check_export(request, item)
    asked = asking.ask_feature(request, item, feature_id)
    version = row_version(asked, feature_id)
    if not version and (unchanged := _unchanged(request, asked)) is not None:
        return unchanged
    page = sql.page(asked.request, asked.crs)
    if not page.features:
        raise NotFound(UNKNOWN)
    restricted.log_page(request, page, asked.request, 1)
    if asked.form == "html":
        return _html(request, "feature", asked, page, 1)
    body = feature_text(request, asked, page)
    if not version:
        return _answer(request, asked, caching.encoded(request, body, formats.GEOJSON))
    return _versioned(request, asked, body, version)


def feature_text(request: ReaderRequest, asked: Asking, page: sql.Page) -> bytes:
    """The GeoJSON of the feature of a page of one, with its links."""
    links = orjson.dumps(_links(request, asked, page))
    return page.features[0].encode()[:-1] + b',"links":' + links + b"}"


def strong(version: str, body: bytes) -> str:
    """The validator of one feature as it is: the row's version, then the digest of the text."""
    return f'"{version}-{hashlib.sha256(body).hexdigest()[:24]}"'


def row_version(asked: Asking, feature_id: int) -> str:
    """The version of that row for who writes it (`If-Match`); empty where rows have none."""
    request = asked.request
    if not request.collection.version:
        return ""
    for branch in request.collection.branches(request.scope, request.when):
        rows = branch.queryset.filter(pk=min(feature_id, 2**63 - 1))
        for version in rows.values_list(request.collection.version, flat=True)[:1]:
            return str(version)
    return ""


def _page(asked: Asking) -> sql.Page:
    if asked.form == "fgb":
        return flatgeobuf.page(asked)
    if asked.form == "csv":
        return tables.page(asked)
    return sql.page(asked.request, asked.crs)


def _encoded(
    request: ReaderRequest, asked: Asking, page: sql.Page, matched: int | None
) -> HttpResponse:
    if asked.form == "html":
        return _html(request, "items", asked, page, matched)
    links = _links(request, asked, page)
    if asked.form == "json":
        body = documents.feature_collection(page.features, links, matched, _now())
        return _answer(request, asked, caching.encoded(request, body, formats.GEOJSON))
    media = formats.FLATGEOBUF if asked.form == "fgb" else f"{formats.CSV}; charset=utf-8"
    response = caching.encoded(request, page.content, media)
    name = f"{asked.request.collection.id}.{asked.form}"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Link"] = ", ".join(
        f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"' for link in links
    )
    response["OGC-NumberReturned"] = str(page.returned)
    if matched is not None:
        response["OGC-NumberMatched"] = str(matched)
    return _answer(request, asked, response)


def _html(
    request: ReaderRequest, kind: str, asked: Asking, page: sql.Page, matched: int | None
) -> HttpResponse:
    renderer = formats.pages()
    if renderer is None:
        raise InvalidInput("Formats : json.", field="f")
    names = asked.request.names
    shown = [p for p in asked.given if (not p.named if names is None else p.name in names)]
    told = {
        "collection": asked.request.collection,
        "properties": shown,
        "features": [orjson.loads(text) for text in page.features],
        "matched": matched,
        "links": _links(request, asked, page),
        "following": asked.request.after is not None,
        "crs": asked.crs,
        "queryables": [p for p in asked.given if p.queryable],
    }
    response = renderer(request, kind, told)
    response["Content-Crs"] = f"<{asked.crs.uri}>"
    # The page tells who is signed in: it is nobody else's, even about what is public.
    kept = "no-store" if restricted.kept_nowhere(asked.request) else "no-cache"
    response["Cache-Control"] = f"private, {kept}"
    return varied(response)


def _links(request: ReaderRequest, asked: Asking, page: sql.Page) -> list[dict[str, str]]:
    """`self`, the other encodings, the next page, the collection."""
    one = bool(asked.request.ids)
    media = documents.MEDIA | {"json": formats.GEOJSON}
    links = [documents.link(request.build_absolute_uri(), "self", media[asked.form])]
    for form in formats.FEATURE if one else formats.ITEMS:
        if form in {"geojson", asked.form} or (form == "html" and formats.pages() is None):
            continue
        links.append(documents.link(_address(request, f=form), "alternate", media[form]))
    if page.following is not None:
        cursor = cursors.make(page.following, asked.walk)
        links.append(documents.link(_address(request, cursor=cursor), "next", media[asked.form]))
    base = f"{root_of(request)}collections/{asked.request.collection.id}"
    links.append(documents.link(base, "collection"))
    return links


def _address(request: ReaderRequest, **changed: str) -> str:
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = value
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _unchanged(request: ReaderRequest, asked: Asking) -> HttpResponse | None:
    """A 304, but for what is kept by no cache and for pages, which tell more than the rows."""
    if restricted.kept_nowhere(asked.request) or asked.form == "html":
        return None
    unchanged = caching.not_modified(request, asked.validator)
    return None if unchanged is None else varied(unchanged)


def _answer(request: ReaderRequest, asked: Asking, response: HttpResponse) -> HttpResponse:
    response["Content-Crs"] = f"<{asked.crs.uri}>"
    varied(response)
    if restricted.kept_nowhere(asked.request):
        response["Cache-Control"] = "private, no-store"
        return response
    return caching.with_validator(response, asked.validator, public=asked.request.collection.public)


def _versioned(request: ReaderRequest, asked: Asking, body: bytes, version: str) -> HttpResponse:
    """One feature under a strong validator: the row's version and the digest of what is sent.

    What is kept by no cache bears it too, for who writes the feature back; it is never a 304.
    """
    name = strong(version, body)[1:-1]
    held = {
        tag.strip().removeprefix("W/").strip('"').partition(":")[0]
        for tag in request.headers.get("If-None-Match", "").split(",")
    }
    secret = restricted.kept_nowhere(asked.request)
    response: Any
    if name in held and not secret:
        response = HttpResponseNotModified()
    else:
        response = caching.encoded(request, body, formats.GEOJSON)
    # Strong is to the byte: a compressed answer is not the same one.
    coding = response.get("Content-Encoding")
    response["ETag"] = f'"{name}:{coding}"' if coding else f'"{name}"'
    response["Content-Crs"] = f"<{asked.crs.uri}>"
    response["Cache-Control"] = f"private, {'no-store' if secret else 'no-cache'}"
    return varied(response)


def _matched(asked: Asking, page: sql.Page) -> int | None:
    """`numberMatched`, on the first page; who asks for the number alone gets it, or a 400."""
    if asked.hits:
        try:
            return sql.count(replace(asked.request, after=None, after_keys=()), whole=True)
        except TooCostly as error:
            raise InvalidInput(
                "Trop d'objets à compter : ajoutez une emprise (bbox) ou un filtre.",
                field="resultType",
            ) from error
    if asked.request.after is not None:
        return None
    return page.returned if page.following is None else _counts.of(asked)


class _Counts:
    """The last counts, by version of the data, rights and what is asked: a page that is read again,
    or in another encoding or size, is not counted again."""

    kept_at_most = 512

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], int | None] = {}

    def of(self, asked: Asking) -> int | None:
        """How many rows the walk has, where that is cheap to know."""
        if asked.counted in (kept := self.kept):
            return kept[asked.counted]
        counted = sql.count(asked.request)
        # Another thread may fill or replace it meanwhile: what it holds is right in any case.
        self.kept = {**(kept if len(kept) < self.kept_at_most else {}), asked.counted: counted}
        return counted


_counts = _Counts()


def _now() -> str:
    return timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ")
