"""What every template knows: the product's name, the theme, the menu, the demonstration banner."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from geo.core.scope import Verb

PRODUCT_NAME = "Atlas de la résorption"
SCHEME_CHOICES = (("system", "Système"), ("light", "Clair"), ("dark", "Sombre"))
SCHEMES = tuple(code for code, _ in SCHEME_CHOICES)
SCHEME_COOKIE = "affichage"


@dataclass(frozen=True, slots=True)
class NavItem:
    """One link of the main menu."""

    label: str
    href: str
    current: bool


SIGNED_OUT = (("Accueil", "/"), ("Aide", "/aide/"))
SIGNED_IN = (
    ("Carte", "/carte/"),
    ("Sites", "/sites/"),
    ("Impressions", "/impressions/"),
    ("Exports", "/exports/"),
    ("Aide", "/aide/"),
)


def product(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    scheme = request.COOKIES.get(SCHEME_COOKIE, "")
    return {
        "product_name": PRODUCT_NAME,
        "theme": settings.ATLAS_THEME,
        "is_demo": settings.ATLAS_DEMO,
        "scheme": scheme if scheme in SCHEMES else "system",
        "scheme_choices": SCHEME_CHOICES,
        "navigation": navigation(request),
        "may_create": may_create(request),
        "seen_as": seen_as(request),
    }


def navigation(request: HttpRequest) -> list[NavItem]:
    """The main menu, with the place where the reader is."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return [
        NavItem(label, href, current=_inside(request.path, href))
        for label, href in (SIGNED_IN if signed_in else SIGNED_OUT)
    ]


def may_create(request: HttpRequest) -> bool:
    """Whether the reader may create a site somewhere: then the header says so."""
    user, scope = getattr(request, "user", None), getattr(request, "scope", None)
    return bool(user and user.is_authenticated and scope and scope.where(Verb.CREATE))


def seen_as(request: HttpRequest) -> dict[str, Any] | None:
    """The role that an administrator looks as, and until when; None for oneself."""
    shown = getattr(request, "seen_as", None)
    if shown is None:
        return None
    return {"words": shown.words, "until": dt.datetime.fromtimestamp(shown.ends_at, dt.UTC)}


def _inside(path: str, href: str) -> bool:
    return path == "/" if href == "/" else path.startswith(href)
