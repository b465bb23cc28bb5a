"""The figures of the home page, remembered some minutes: anyone may ask for them at any rate."""

from __future__ import annotations

from django.core.cache import cache

from geo.core import rls
from geo.core.scope import Scope
from geo.sites.figures import NationalFigures, national_figures

KEPT_S = 600
KEY = "home-figures"


def home_figures() -> NationalFigures:
    """The national totals, at most ten minutes old."""
    found = cache.get(KEY)
    if not isinstance(found, NationalFigures):
        # Totals of the nation, silent when small, for anyone: no row of any site leaves.
        with rls.reading(Scope.nation()):
            found = national_figures()
        cache.set(KEY, found, KEPT_S)
    return found
