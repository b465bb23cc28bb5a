"""RFC 9457 problem documents for the machine-readable answers (feeds, tiles, layers, prints).

An address that people open too tells the same in a page of their language, to a browser alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from geo.core.errors import DomainError

logger = logging.getLogger(__name__)
# Addresses that programs read: their errors are problem documents.
MACHINES = ("/ogc/", "/tiles/", "/layers/", "/qgis/")
# The standard's phrases in French; one that is not here keeps its own.
TITLES = {
    HTTPStatus.BAD_REQUEST: "Demande incorrecte",
    HTTPStatus.UNAUTHORIZED: "Identification nécessaire",
    HTTPStatus.FORBIDDEN: "Accès refusé",
    HTTPStatus.NOT_FOUND: "Introuvable",
    HTTPStatus.METHOD_NOT_ALLOWED: "Méthode refusée",
    HTTPStatus.CONFLICT: "Conflit",
    HTTPStatus.PRECONDITION_FAILED: "Version dépassée",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Demande trop grande",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Type de contenu refusé",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Contenu inutilisable",
    HTTPStatus.PRECONDITION_REQUIRED: "Version à indiquer",
    HTTPStatus.TOO_MANY_REQUESTS: "Trop de demandes",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Erreur du service",
    HTTPStatus.BAD_GATEWAY: "Service extérieur en défaut",
    HTTPStatus.SERVICE_UNAVAILABLE: "Service indisponible",
    HTTPStatus.GATEWAY_TIMEOUT: "Service extérieur trop lent",
}
View = Callable[..., HttpResponse]


def problem(
    request: HttpRequest, status: int, detail: str, *, field: str | None = None
) -> JsonResponse:
    """A `application/problem+json` answer; `field` becomes the member `parameter`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(HTTPStatus(status), HTTPStatus(status).phrase),
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


def answers_pages(view: View) -> View:
    """As `answers_problems`, but a browser that follows a link gets a French page (`problem.html`).

    A client that does not ask for `text/html` by name keeps its problem document.
    """
    with_problems = answers_problems(view)

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "text/html" not in request.headers.get("Accept", ""):
            return with_problems(request, *args, **kwargs)
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                raise Http404(error.message) from error
            context = {"status": int(error.status), "message": error.message}
            response = render(request, "problem.html", context, status=error.status)
            response["Cache-Control"] = "no-store"
            return response

    return wrapped
