"""Under which conditions something is written: who sends it, and over which version.

Leaves what is written to `feeds.writes`.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import CSRFCheck

from geo.core.errors import DomainError, Forbidden
from geo.core.reader import ReaderRequest

NO_VERSION = (
    "Indiquez par l'en-tête If-Match la version que vous avez lue : l'ETag donné avec l'objet."
)
ANY_VERSION = "« If-Match: * » ne dit aucune version : donnez l'ETag lu avec l'objet."
ANY = "*"
STALE = "Cet objet a été modifié depuis la version que vous avez lue : relisez-le."


class VersionRequired(DomainError):
    """A writing that does not say which version it read."""

    status = HTTPStatus.PRECONDITION_REQUIRED


class Stale(DomainError):
    """A writing over a version that is no more."""

    status = HTTPStatus.PRECONDITION_FAILED


def _unused(request: HttpRequest) -> HttpResponse:
    """The view that the check stands for: it is asked nothing."""
    return HttpResponse(status=500)


def check_origin(request: ReaderRequest) -> None:
    """A session writes only from our own pages; a token is no cookie, and proves itself.

    Raises `Forbidden`.
    """
    if request.feed_token is not None:
        return
    check = CSRFCheck(_unused)
    check.process_request(request)
    if check.process_view(request, _unused, (), {}):
        raise Forbidden(
            "Une session écrit avec l'en-tête X-CSRFToken de ses pages ; un programme, avec un "
            "jeton."
        )


def check_version_given(request: ReaderRequest) -> str:
    """The header `If-Match`. Raises `VersionRequired` without it, or where it names no version.

    PATCH alone may take any: it writes the members it names, what others changed beside them stays.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise VersionRequired(NO_VERSION)
    if given == ANY and request.method != "PATCH":
        raise VersionRequired(ANY_VERSION)
    return given


def version_read(given: str, current: str) -> int | None:
    """The version written over, None for any. Raises `Stale`.

    Of a validator the version alone is compared, not the digest of one encoding.
    """
    if given == ANY:
        return None
    tags = (tag.strip() for tag in given.split(","))
    # A weak validator is never the condition of a writing (RFC 9110, 13.1.1).
    versions = {tag[1:-1].partition("-")[0] for tag in tags if tag[:1] == tag[-1:] == '"'}
    if current not in versions:
        raise Stale(STALE)
    return int(current)
