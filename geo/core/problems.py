"""RFC 9457 problem documents for the machine-readable answers (feeds, tiles, layers, prints)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from geo.core.errors import DomainError

logger = logging.getLogger(__name__)
# Addresses that programs read: their errors are problem documents.
MACHINES = ("/ogc/", "/tiles/", "/layers/", "/qgis/")
View = Callable[..., HttpResponse]


def problem(
    request: HttpRequest, status: int, detail: str, *, field: str | None = None
) -> JsonResponse:
    """A `application/problem+json` answer; `field` becomes the member `parameter`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": request.path,
    }
    if field:
        body["parameter"] = field
    response = JsonResponse(
        body,
        status=status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )
    response["Cache-Control"] = "no-store"
    return response


def answers_problems(view: View) -> View:
    """Turn the domain's errors raised by a view into problem documents."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            return problem(request, error.status, error.message, field=error.field)
        except Http404:
            return problem(request, HTTPStatus.NOT_FOUND, "Rien à cette adresse.")

    return wrapped
