"""Addresses of pages: the territorial view, and where a page may send its reader next."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest, wanted: str, default: str = "/") -> str:
    """`wanted` if it is an address of this very site, else `default`."""
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return default


def territory_page(level: str, code: str) -> str:
    """The territorial view; `level` is plural (`departements`)."""
    return f"/carte/{level}/{code}/"
