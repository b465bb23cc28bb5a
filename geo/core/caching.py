"""What every tile and feed says to caches: validators made of versions, rights and filters.

A validator is computed before any row is read: an unchanged answer costs no query of its own.
Leaves the answers themselves to `tiles` and `feeds`.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence

import zstandard
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from geo.core import versions
from geo.core.collections import Collection
from geo.core.params import Filters
from geo.core.scope import Scope
from geo.core.when import When

# Raised when the shape of tiles or feeds changes, so that old copies are not taken for new ones.
SHAPE = 3
COMPRESSED_FROM = 512


def digest(scope: Scope, when: When, filters: Filters, extra: str = "") -> str:
    """All that an answer depends on but the version of its data: rights, date, filters, address."""
    parts = (SHAPE, scope.hash, filters.hash, str(when), when.state_on, extra)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def etag(
    collections: Sequence[Collection],
    scope: Scope,
    when: When,
    filters: Filters,
    extra: str = "",
) -> str:
    """A weak validator for an answer about these collections. Reads the versions (one query)."""
    version = versions.current([collection.id for collection in collections])
    return validator(version, digest(scope, when, filters, extra))


def validator(version: str, rest: str) -> str:
    """A weak validator from the version of the data and the digest of the rest."""
    return f'W/"{version}-{rest}"'


def not_modified(request: HttpRequest, validator: str) -> HttpResponse | None:
    """A 304 when the reader already holds the answer that bears this validator."""
    held = {tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")}
    if validator in held:
        return with_validator(HttpResponseNotModified(), validator, public=False)
    return None


def with_validator(
    response: HttpResponse, validator: str, *, public: bool, immutable: bool = False
) -> HttpResponse:
    """Set the validator and the cache policy; nothing that is not public is ever shared."""
    response["ETag"] = validator
    if public and immutable:
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    elif public:
        response["Cache-Control"] = "public, no-cache"
    else:
        response["Cache-Control"] = "private, no-cache"
    return response


def encoded(request: HttpRequest, body: bytes, content_type: str) -> HttpResponse:
    """An answer compressed as the reader accepts: zstd, else gzip, else as it is."""
    encoding = coding(request) if len(body) >= COMPRESSED_FROM else ""
    return as_encoded(compressed(body, encoding), encoding, content_type)


def coding(request: HttpRequest) -> str:
    """The compression that the reader accepts: `zstd`, else `gzip`, else none."""
    accepted = request.headers.get("Accept-Encoding", "")
    return next((each for each in ("zstd", "gzip") if each in accepted), "")


def compressed(body: bytes, encoding: str) -> bytes:
    """The body under that compression; as it is under none."""
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(body)
    return gzip.compress(body, compresslevel=4, mtime=0) if encoding == "gzip" else body


def as_encoded(body: bytes, encoding: str, content_type: str) -> HttpResponse:
    """The answer whose body is already compressed so."""
    response = HttpResponse(body, content_type=content_type)
    if encoding:
        response["Content-Encoding"] = encoding
    response["Vary"] = "Accept-Encoding"
    return response
