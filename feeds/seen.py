"""A feature as its writer would read it at its address: its version, its values, its validator.

Nothing of it leaves but in the answer to a conflict, which is a reading and is written down.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse, JsonResponse, QueryDict
from django.utils.dateparse import parse_datetime

from feeds import asking, restricted, sql
from feeds.asking import Asking
from feeds.items import feature_text, row_version, strong
from geo.core.collections import Collection
from geo.core.crs import CRS84, Crs
from geo.core.errors import DomainError
from geo.core.problems import problem
from geo.core.reader import ReaderRequest

CONDITIONS = ("HTTP_ACCEPT", "HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "CONTENT_TYPE")


@dataclass(frozen=True, slots=True)
class Seen:
    """One feature now, its geometry in `crs`; `version` is empty where its rows have none."""

    id: int
    request: ReaderRequest
    asked: Asking
    page: sql.Page
    version: str
    feature: dict[str, Any]
    crs: Crs

    @property
    def etag(self) -> str:
        """The validator of a GET of its address, without parameter."""
        return strong(self.version, feature_text(self.request, self.asked, self.page))

    def tells(self, name: str, value: Any) -> bool:
        """Whether a property is read with that value."""
        properties = self.feature["properties"]
        return name in properties and _same(properties[name], value)


def seen(request: ReaderRequest, item: Collection, pk: int, crs: Crs = CRS84) -> Seen | None:
    """The feature under the rights of the request; None when it is not there for this reader."""
    base = request.path.partition("/items")[0]
    reading = copy.copy(request)
    reading.META = {k: v for k, v in request.META.items() if k not in CONDITIONS}
    reading.META["QUERY_STRING"] = ""
    reading.__dict__.pop("headers", None)
    reading.method, reading.path, reading.path_info = "GET", f"{base}/items/{pk}", ""
    query = "" if crs == CRS84 else urlencode({"crs": crs.uri})
    reading.GET = QueryDict(query)
    asked = asking.ask_feature(reading, item, pk)
    # The version first: what is read after it is at least as new, and the writing checks it again.
    version = row_version(asked, pk)
    page = sql.page(asked.request, asked.crs)
    if not page.features:
        return None
    feature = orjson.loads(page.features[0])
    return Seen(pk, reading, asked, page, version, feature, asked.crs)


def conflict(
    request: ReaderRequest,
    item: Collection,
    error: DomainError,
    before: Seen,
    body: dict[str, Any],
) -> HttpResponse:
    """The refusal of a writing over another: both versions, and where they differ."""
    now = seen(request, item, before.id, before.crs)
    response: JsonResponse = problem(request, error.status, error.message, field=error.field)
    if now is None or item.writer is None:
        return response
    restricted.log_page(request, now.page, now.asked.request, 1)
    names = item.writer.names
    current = {k: v for k, v in now.feature["properties"].items() if k in names}
    sent = {k: v for k, v in body.get("properties", {}).items() if k in names}
    told = orjson.loads(response.content) | {
        "versions": {
            "sent": request.headers.get("If-Match", ""),
            "current": now.etag if now.crs == CRS84 else f'"{now.version}"',
        },
        "current": {"geometry": now.feature["geometry"], "properties": current},
        "sent": {"geometry": body.get("geometry"), "properties": sent},
        "differences": [k for k, v in sent.items() if not _same(current.get(k), v)],
    }
    response.content = orjson.dumps(told)
    return response


def _same(held: Any, sent: Any) -> bool:
    """Equal as JSON; instants to the second, since programs write them each in their way."""
    if held == sent and isinstance(held, bool) == isinstance(sent, bool):
        return True
    if isinstance(held, str) and isinstance(sent, str) and "T" in held:
        try:
            one, other = parse_datetime(held), parse_datetime(sent)
        except ValueError:
            return False
        if one is None or other is None or (one.tzinfo is None) != (other.tzinfo is None):
            return False
        return abs((one - other).total_seconds()) < 1
    return False
