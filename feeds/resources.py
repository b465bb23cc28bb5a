"""The addresses of features, and what each method does there for this reader.

Leaves reading to `feeds.items` and writing to `feeds.writes`.
"""

from __future__ import annotations

from django.http import HttpResponse

from feeds import items as reading
from feeds import writes
from feeds.addresses import allowed, collection_of, serves
from geo.core.errors import NotFound
from geo.core.reader import ReaderRequest


@serves("POST")
def items(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}/items`: one page of features, or one more."""
    item = collection_of(request, collection_id)
    if request.method == "OPTIONS":
        return allowed(*writes.methods_of_all(request, item))
    if request.method == "POST":
        return writes.create(request, item)
    return reading.items(request, item)


@serves("PUT", "PATCH", "DELETE", "POST")
def feature(request: ReaderRequest, collection_id: str, feature_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}/items/{id}`; 404 outside the scope, as for an unknown id."""
    item = collection_of(request, collection_id)
    known = feature_id.isascii() and feature_id.isdigit()
    if request.method == "OPTIONS":
        # QGIS asks of an id that it makes up, where a layer is empty.
        return allowed(*writes.methods_of_one(request, item, int(feature_id) if known else None))
    if not known:
        raise NotFound(reading.UNKNOWN)
    if request.method in writes.METHODS:
        return writes.change(request, item, int(feature_id))
    return reading.feature(request, item, int(feature_id))
