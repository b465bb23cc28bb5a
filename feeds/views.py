"""OGC API - Features over HTTP: the documents that tell what there is and how it is asked.

Leaves features to `feeds.items` and the text of the documents to `feeds.documents`.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.http import HttpResponse

from feeds import asking, documents, formats, openapi, writes
from feeds.addresses import allowed, collection_of, reads, root_of, varied, visible_to
from geo.core import caching, collections
from geo.core.params import check_names
from geo.core.reader import ReaderRequest
from geo.sites.extent import FRANCE, boxes_of, boxes_of_scope


@reads
def landing(request: ReaderRequest) -> HttpResponse:
    """`/ogc/`."""
    form = _form(request)
    return _document(request, form, "landing", documents.landing(root_of(request), form))


@reads
def api(request: ReaderRequest) -> HttpResponse:
    """`/ogc/api`: OpenAPI 3.0 of the collections that the reader may see."""
    form = _form(request)
    shown = [(item, asking.given_to(request, item)) for item in visible_to(request)]
    written = {
        item.id: (writes.methods_of_all(request, item), writes.methods_of_one(request, item, None))
        for item, _ in shown
    }
    body = openapi.description(root_of(request), shown, written)
    return _document(request, form, "api", body, formats.OPENAPI)


@reads
def conformance(request: ReaderRequest) -> HttpResponse:
    """`/ogc/conformance`."""
    return _document(request, _form(request), "conformance", documents.conformance())


@reads
def collection_list(request: ReaderRequest) -> HttpResponse:
    """`/ogc/collections`."""
    root, form = root_of(request), _form(request)
    own = boxes_of_scope(request.scope)
    listed = [
        documents.collection(root, item, FRANCE if item.public else own)
        for item in collections.visible(request.scope)
    ]
    return _document(request, form, "collections", documents.collections(root, listed, form))


@reads
def collection_detail(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}`."""
    form = _form(request)
    item = collections.get(collection_id, request.scope)
    boxes = boxes_of(request.scope, item)
    body = documents.collection(root_of(request), item, boxes, form)
    return _document(request, form, "collection", body)


@reads
def schema(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}/schema`: what this reader receives without naming it."""
    item = collection_of(request, collection_id)
    given = [p for p in asking.given_to(request, item) if not p.named]
    body = documents.schema(_own(request), item, given, writes.received(request, item))
    return _document(request, _form(request), "schema", body, formats.SCHEMA)


@reads
def queryables(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}/queryables`: the properties this reader can filter by."""
    item = collection_of(request, collection_id)
    asked = [p for p in asking.given_to(request, item) if p.queryable]
    body = documents.asked_by(_own(request), item, asked)
    return _document(request, _form(request), "schema", body, formats.SCHEMA)


@reads
def sortables(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}/sortables`: the properties this reader can sort by."""
    item = collection_of(request, collection_id)
    asked = [p for p in asking.given_to(request, item) if asking.sortable(p)]
    body = documents.asked_by(_own(request), item, asked, placed=False)
    return _document(request, _form(request), "schema", body, formats.SCHEMA)


def _form(request: ReaderRequest) -> str:
    check_names(request.GET, {"f"})
    return formats.chosen(request, formats.DOCUMENT)


def _own(request: ReaderRequest) -> str:
    """The address of a document without its parameters: its identity, whatever its encoding."""
    return request.build_absolute_uri(request.path)


def _document(
    request: ReaderRequest,
    form: str,
    kind: str,
    body: dict[str, Any],
    media: str = formats.JSON,
) -> HttpResponse:
    if request.method == "OPTIONS":
        return allowed()
    renderer = formats.pages()
    if form == "html" and renderer is not None:
        page = renderer(request, kind, {"document": body})
        page["Cache-Control"] = "private, no-cache"
        return varied(page)
    text = orjson.dumps(body)
    validator = f'W/"{hashlib.sha256(text).hexdigest()[:24]}"'
    unchanged = caching.not_modified(request, validator)
    if unchanged is not None:
        return varied(unchanged)
    response = varied(caching.encoded(request, text, media))
    return caching.with_validator(response, validator, public=False)
