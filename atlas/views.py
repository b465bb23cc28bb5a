"""Printed maps over HTTP: the sheet of a territory as PDF, PNG or SVG, under the requester's scope.

Signed in or with a token; nothing is kept by any cache. Leaves what a sheet is to `atlas.sheet`,
and the page that lists the prints to `web`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import BoundedSemaphore

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from atlas.document import sheet_pdf
from atlas.drawing.page import page_svg
from atlas.orders import Order, order_read
from atlas.picture import sheet_png
from atlas.sheet import Sheet, sheet_make
from geo.accounts.readlog import ReadPurpose, log_request
from geo.core.errors import SourceUnavailable
from geo.core.problems import answers_pages
from geo.core.scope import DataClass, Scope
from geo.core.timed import bounded

# A sheet is seconds of one processor: a process draws few at a time, the others are told to wait.
AT_ONCE = 2
WAIT_S = 20.0
_slots = BoundedSemaphore(AT_ONCE)


class Busy(SourceUnavailable):
    """Too many sheets are being drawn."""


def _svg(sheet: Sheet) -> bytes:
    return page_svg(sheet).encode()


DRAWINGS: dict[str, tuple[str, Callable[[Sheet], bytes]]] = {
    "pdf": ("application/pdf", sheet_pdf),
    "png": ("image/png", sheet_png),
    "svg": ("image/svg+xml", _svg),
}


@require_safe
@login_not_required
@answers_pages
def sheet_as(request: HttpRequest, level: str, code: str, extension: str) -> HttpResponse:
    """`/impressions/{level}/{code}.{extension}`: the document, or the map alone (PNG, SVG)."""
    media_type, draw = DRAWINGS[extension]
    order = _order(request, level, code)

    def noted(sheet: Sheet) -> None:
        log_request(
            request,
            data_classes=[DataClass.GENERAL],
            object_ids=[*sheet.matter.site_ids],
            purpose=ReadPurpose.PRINT,
        )

    return _answer(order, drawn(order, draw, noted), extension, media_type)


def _order(request: HttpRequest, level: str, code: str) -> Order:
    scope: Scope = request.scope  # type: ignore[attr-defined]
    order = order_read(scope, level, code, request.GET.dict())
    return replace(order, printed_for=str(request.user))


def _answer(order: Order, body: bytes, extension: str, media_type: str) -> HttpResponse:
    response = HttpResponse(body, content_type=media_type)
    name = f"atlas-{order.level}-{order.territory.code}-{order.when.state_on:%Y%m%d}-{order.paper}"
    response["Content-Disposition"] = f'inline; filename="{name}.{extension}"'
    response["Cache-Control"] = "private, no-store"
    return response


def drawn(order: Order, draw: Callable[[Sheet], bytes], noted: Callable[[Sheet], None]) -> bytes:
    """The bytes of an order's sheet, its reads bounded in time, written down by `noted` first.

    Raises `Busy` (503) when no slot frees itself in `WAIT_S` seconds.
    """
    if not _slots.acquire(timeout=WAIT_S):
        raise Busy("Trop de cartes sont en cours d'impression : réessayez dans un instant.")
    try:
        with bounded(settings.PRINT_TIMEOUT_MS):
            sheet = sheet_make(order)
        noted(sheet)
        return draw(sheet)
    finally:
        _slots.release()
