"""The figures of the home page, remembered some minutes: anyone may ask for them at any rate."""

from __future__ import annotations

from django.core.cache import cache

from geo.sites.figures import NationalFigures, national_figures

KEPT_S = 600
KEY = "home-figures"


def home_figures() -> NationalFigures:
    """The national totals, at most ten minutes old."""
    found = cache.get(KEY)
    if not isinstance(found, NationalFigures):
        found = national_figures()
        cache.set(KEY, found, KEPT_S)
    return found
