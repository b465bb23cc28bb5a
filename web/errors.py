"""The domain's errors as pages: 404 outside the scope, 403 where the verb is missing.

Leaves errors beside the fields of a form to the forms.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from geo.core.errors import Forbidden, NotFound

View = Callable[..., HttpResponse]


def domain_page(view: View) -> View:
    """Turn `NotFound` and `Forbidden` into the pages of their status."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(error.message) from error
        except Forbidden as error:
            raise PermissionDenied(error.message) from error

    return wrapped
