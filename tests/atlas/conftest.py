"""Sheets to measure: five departements of the approximation, with invented sites."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import shapely

from atlas.orders import order_of
from atlas.sheet import Sheet, sheet_make
from geo.core.scope import Scope
from geo.core.when import When
from geo.sites.services import reinstallation_declare
from geo.territories.approximation.build import Approximation, build
from geo.territories.services import territories_import
from tests.support.factories import close_site, make_site

FIVE = ("93", "13", "59", "971", "973")
# The places of the five prefectures as published (Insee, IGN): longitude, latitude.
PREFECTURES = {
    "93": ("Bobigny", "93008"),
    "13": ("Marseille", "13055"),
    "59": ("Lille", "59350"),
    "971": ("Basse-Terre", "97105"),
    "973": ("Cayenne", "97302"),
}
CLOSINGS = (
    ("closed_by_justice", "no"),
    ("resorbed", "yes"),
    ("other", "no"),
)


@cache
def approximation() -> Approximation:
    """Built once for the whole run."""
    return build()


@pytest.fixture(autouse=True)
def _quiet_engine() -> Iterator[None]:
    """The engine tells each of its steps; a failed test's output would drown in them."""
    loggers = [logging.getLogger(name) for name in ("weasyprint", "fontTools")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def five(db: None) -> None:
    """The five departements with their communes, and all departements and regions around."""
    import_departements(FIVE)


def import_departements(codes: tuple[str, ...]) -> None:
    """Load the communes of these departements and every region and departement."""
    built = approximation()
    communes = [r for r in built.by_level("commune") if r.departement in codes]
    epcis = {r.epci for r in communes}
    territories_import(
        records=[
            *built.by_level("region"),
            *built.by_level("departement"),
            *(r for r in built.by_level("epci") if r.code in epcis),
            *communes,
        ]
    )


def record_of(code: str) -> Any:
    """The record of the departement in the approximation: its contour and its prefecture."""
    return next(r for r in approximation().by_level("departement") if r.code == code)


def settle(code: str, count: int = 14, spread: float = 0.03) -> list[Any]:
    """`count` invented sites around the prefecture of a departement; one in four is closed."""
    record = record_of(code)
    sites: list[Any] = []
    for step in itertools.count():
        if len(sites) == count:
            break
        # A spiral of distinct places, kept where there is land.
        reach = spread * math.sqrt((step + 1) / count)
        lon = record.point.x + reach * math.cos(step * 2.4)
        lat = record.point.y + reach * math.sin(step * 2.4) * 0.7
        if not record.contour.contains(shapely.Point(lon, lat)):
            continue
        index = len(sites)
        site = make_site(
            lon,
            lat,
            name=f"Lieu secret {index}",
            address_label=f"{index} rue Inventée",
            population={"people": 7 * index} if index % 6 else None,
            observed_on=dt.date(2024, 3, 2),
        )
        if index % 4 == 1:
            cause, answer = CLOSINGS[index // 4 % 3]
            close_site(site, cause, answer, on=dt.date(2025, 5, 1) + dt.timedelta(days=index))
        sites.append(site)
    if count > 3:
        reinstallation_declare(
            by=None,
            scope=Scope.nation(),
            site_id=sites[3].pk,
            origin_id=sites[1].pk,
            people=5,
            happened_on=dt.date(2025, 6, 1),
        )
    return sites


@pytest.fixture
def sheet_of() -> Callable[..., Sheet]:
    """Make the sheet of a departement at the end of 2025, with the year's closings."""

    def make(code: str, scope: Scope | None = None, **options: Any) -> Sheet:
        options.setdefault("when", When(dt.date(2025, 1, 1), dt.date(2025, 12, 31), instant=False))
        level = options.pop("level", "departements")
        return sheet_make(order_of(scope or Scope.nation(), level, code, **options))

    return make
