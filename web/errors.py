"""The domain's errors as pages: 404 outside the scope, 403 where the verb is missing, 503 without
the log of reads or without the database.

Leaves errors beside the fields of a form to the forms.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.defaults import page_not_found

from geo.accounts.readlog import ReadLogUnavailable
from geo.core.errors import Forbidden, NotFound
from geo.core.problems import MACHINES, problem

View = Callable[..., HttpResponse]
RETRY_AFTER_S = 10
AWAY = "La base de données ne répond pas ; rien n’a été enregistré à moitié."
BROKEN = "Le service a rencontré une erreur, notée dans son journal."


def domain_page(view: View) -> View:
    """Turn `NotFound`, `Forbidden` and `ReadLogUnavailable` into the pages of their status."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(error.message) from error
        except Forbidden as error:
            raise PermissionDenied(error.message) from error
        except ReadLogUnavailable as error:
            response = render(request, "503.html", {"message": error.message}, status=error.status)
            response["Cache-Control"] = "no-store"
            return response

    return wrapped


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What is answered where there is no such address: to machines a problem document."""
    if request.path.startswith(MACHINES):
        return problem(request, HTTPStatus.NOT_FOUND, "Rien à cette adresse.")
    return page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """What is answered to an unforeseen error: 503 while the database is away, else 500.

    Reads nothing from the database, nor from the session. Machines get a problem document.
    """
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.INTERNAL_SERVER_ERROR
    if request.path.startswith(MACHINES):
        response: HttpResponse = problem(request, status, AWAY if away else BROKEN)
    else:
        page = render_to_string("503.html" if away else "500.html", {"message": AWAY})
        response = HttpResponse(page, status=status)
    response["Cache-Control"] = "no-store"
    if away:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response
