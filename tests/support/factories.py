"""Small invented territories, people and sites for the tests.

Two departements of two communes each, drawn as squares near Paris (93) and Marseille (13); every
name and number is invented except codes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from geo.accounts import middleware
from geo.accounts.enums import Level, Role
from geo.accounts.models import Membership, Organisation, User
from geo.core.scope import Scope
from geo.territories.models import Commune, Departement, Epci, Region

PASSWORD = "phrase de passe inventee"

# Squares in degrees (west, south, east, north): the two communes of each departement touch.
SQUARES = {
    "93066": ("Saint-Denis", "93", "11", "200054781", (2.30, 48.90, 2.40, 48.96)),
    "93008": ("Bobigny", "93", "11", "200054781", (2.40, 48.90, 2.50, 48.96)),
    "13055": ("Marseille", "13", "93", "200054807", (5.30, 43.20, 5.45, 43.40)),
    "13001": ("Aix-en-Provence", "13", "93", "200054807", (5.30, 43.40, 5.45, 43.60)),
}


def square(west: float, south: float, east: float, north: float) -> MultiPolygon:
    """A box as a WGS84 MultiPolygon."""
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)


@pytest.fixture
def territories(db: None) -> dict[str, Commune]:
    """Two regions, two departements, two EPCI, four communes; returns the communes by code."""
    return make_territories()


def make_territories() -> dict[str, Commune]:
    """The rows of `territories`."""
    common = {"millesime": "test", "source": "contours inventés"}
    for code, name, box in (
        ("11", "Île-de-France", (2.30, 48.90, 2.50, 48.96)),
        ("93", "Provence-Alpes-Côte d'Azur", (5.30, 43.20, 5.45, 43.60)),
    ):
        Region.objects.create(code=code, name=name, contour=square(*box), **common)
    for code, name, region, prefecture, box in (
        ("93", "Seine-Saint-Denis", "11", "93008", (2.30, 48.90, 2.50, 48.96)),
        ("13", "Bouches-du-Rhône", "93", "13055", (5.30, 43.20, 5.45, 43.60)),
    ):
        Departement.objects.create(
            code=code,
            name=name,
            region_id=region,
            prefecture=prefecture,
            contour=square(*box),
            **common,
        )
    for code, name, departement, box in (
        ("200054781", "Métropole du Grand Paris", "93", (2.30, 48.90, 2.50, 48.96)),
        ("200054807", "Métropole d'Aix-Marseille-Provence", "13", (5.30, 43.20, 5.45, 43.60)),
    ):
        Epci.objects.create(
            code=code, name=name, departements=[departement], contour=square(*box), **common
        )
    for code, (name, departement, region, epci, box) in SQUARES.items():
        west, south, east, north = box
        Commune.objects.create(
            code=code,
            name=name,
            departement_id=departement,
            region_id=region,
            epci_id=epci,
            contour=square(*box),
            point=Point((west + east) / 2, (south + north) / 2, srid=4326),
            **common,
        )
    return {commune.code: commune for commune in Commune.objects.all()}


def make_departement(
    code: str, name: str, region: str, box: tuple[float, float, float, float]
) -> Departement:
    """A departement more, drawn as a box; its prefecture has the code that ends in 001."""
    return Departement.objects.create(
        code=code,
        name=name,
        region_id=region,
        prefecture=code + "001"[len(code) - 5 :],
        contour=square(*box),
        millesime="test",
        source="contours inventés",
    )


def make_user(role: str, level: str = Level.NATION, code: str = "", email: str = "") -> User:
    """An active account with one membership."""
    organisation, _ = Organisation.objects.get_or_create(
        name="Organisme inventé", defaults={"type": "other"}
    )
    user = User.objects.create_user(
        email or f"{role}.{code or 'nation'}@example.test",
        PASSWORD,
        full_name=f"Personne inventée {role}",
        organisation=organisation,
    )
    Membership.objects.create(user=user, role=role, level=level, code=code)
    return user


@pytest.fixture
def national_admin(db: None) -> User:
    """An administrator of the nation."""
    return make_user(Role.NATIONAL_ADMIN)


@pytest.fixture
def admin_93(territories: Any) -> User:
    """A local administrator of the Seine-Saint-Denis."""
    return make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93")


def make_site(lon: float = 2.35, lat: float = 48.93, **fields: Any) -> Any:
    """A site written by the service, as the nation's scope."""
    from geo.sites.services import site_create

    values: dict[str, Any] = {
        "name": "Site inventé",
        "declared_on": dt.date(2024, 3, 1),
        "field_type": "land",
    }
    point = Point(lon, lat, srid=4326)
    return site_create(by=None, scope=Scope.nation(), point=point, **(values | fields))


def close_site(
    site: Any,
    cause: str = "closed_by_justice",
    solved: str = "no",
    on: dt.date = dt.date(2025, 2, 1),
    **fields: Any,
) -> Any:
    """A closing written by the service; `solved` is the answer on durable solutions."""
    from geo.sites.services import site_close

    values: dict[str, Any] = {"by": None, "context": "Inventé", "comment": "Inventé"}
    return site_close(
        scope=Scope.nation(),
        site_id=site.pk,
        cause=cause,
        closed_on=on,
        closed_with_solutions=solved,
        **(values | fields),
    )


@pytest.fixture
def all_may_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every reader may export, so that a blurred one can be asked what the feeds show it."""
    resolved = middleware.scope_of

    def widened(*asked: Any) -> Scope:
        scope = resolved(*asked)
        return replace(scope, exports=scope.reaches)

    monkeypatch.setattr(middleware, "scope_of", widened)
