"""What every address of the feeds shares: who may call it, what it allows, its collection.

Leaves what each answers to `feeds.views` and `feeds.items`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from feeds import formats, restricted
from geo.core import collections
from geo.core.collections import Collection
from geo.core.errors import DomainError
from geo.core.problems import answers_problems
from geo.core.reader import ReaderRequest

View = Callable[..., HttpResponse]
METHODS = ["GET", "HEAD", "OPTIONS"]


def serves(*writes: str) -> Callable[[View], View]:
    """A view of the feeds: open to whoever the scope lets in, errors told as the reader reads.

    `writes` are the methods that it answers beside those of reading. It says itself what a session
    must prove to write (`feeds.conditions.check_origin`): programs have a token and no cookie.
    """

    def decorated(view: View) -> View:
        with_problems = answers_problems(view)

        @require_http_methods([*METHODS, *writes])
        @login_not_required
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            renderer = formats.pages()
            if request.method in writes or renderer is None or not formats.reads_pages(request):
                return varied(with_problems(request, *args, **kwargs))
            try:
                return view(request, *args, **kwargs)
            except DomainError as error:
                told = {"status": int(error.status), "message": error.message}
                response = renderer(request, "problem", told)
                response.status_code = int(error.status)
                response["Cache-Control"] = "no-store"
                return varied(response)

        return csrf_exempt(wrapped) if writes else wrapped

    return decorated


def reads(view: View) -> View:
    """A view that is only read."""
    return serves()(view)


def allowed(*writes: str) -> HttpResponse:
    """The answer to OPTIONS: what may be done at an address."""
    response = HttpResponse(status=204)
    response["Allow"] = ", ".join([*METHODS, *writes])
    response["Cache-Control"] = "private, no-cache"
    return response


def varied(response: HttpResponse) -> HttpResponse:
    """An answer that depends on the encodings that the reader accepts."""
    patch_vary_headers(response, ["Accept", "Accept-Encoding"])
    return response


def collection_of(request: ReaderRequest, collection_id: str) -> Collection:
    """The collection as this reader has it. Raises `NotFound`."""
    return collections.get(collection_id, request.scope, restricted.classes_of(request))


def visible_to(request: ReaderRequest) -> list[Collection]:
    """The collections that exist for this reader."""
    return list(collections.visible(request.scope, restricted.classes_of(request)))


def root_of(request: ReaderRequest) -> str:
    """The absolute address of the landing page, with its slash."""
    return request.build_absolute_uri("/ogc/")
