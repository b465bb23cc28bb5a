"""The domain's errors as pages: 404 outside the scope, 403 where the verb is missing, 503 without
the log of reads.

Leaves errors beside the fields of a form to the forms.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from geo.accounts.readlog import ReadLogUnavailable
from geo.core.errors import Forbidden, NotFound

View = Callable[..., HttpResponse]


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
