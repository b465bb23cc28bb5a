"""Home, help, printed maps: what each says, and to whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from tests.geo.sites.test_figures import some_sites
from tests.support.factories import close_site, make_departement, make_site, make_user

pytestmark = pytest.mark.usefixtures("nothing_remembered")


def test_a_signed_in_person_goes_to_the_map(client: Client, admin_93: Any) -> None:
    client.force_login(admin_93)
    assert client.get("/")["Location"] == "/carte/"


def test_the_home_tells_national_totals_and_no_place(client: Client, territories: Any) -> None:
    some_sites(12)
    html = client.get("/").content.decode()
    assert '<span class="at-figure__number">12</span>' in html
    assert '<span class="at-figure__number">240</span>' in html
    for name in ("Saint-Denis", "Seine-Saint-Denis", "Inventé"):
        assert name not in html


def test_the_home_keeps_small_totals_silent(client: Client, territories: Any) -> None:
    make_site()
    html = client.get("/").content.decode()
    assert "at-figure__number" not in html
    assert "pas encore disponibles" in html


def test_the_home_is_computed_once_in_a_while(
    client: Client, territories: Any, django_assert_num_queries: Any
) -> None:
    client.get("/")
    with django_assert_num_queries(0):
        client.get("/")


def test_the_help_tells_how_to_open_qgis(client: Client, db: Any) -> None:
    html = client.get("/aide/").content.decode()
    assert "/ogc/" in html
    assert "QGIS" in html


@pytest.mark.parametrize(
    ("reader", "codes"),
    [
        ((Role.NATIONAL_ADMIN, Level.NATION, ""), ["13", "93"]),
        ((Role.NATIONAL_PARTNER, Level.NATION, ""), ["13", "93"]),
        ((Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"), ["93"]),
        ((Role.LOCAL_ADMIN, Level.REGION, "93"), ["13"]),
        ((Role.OBSERVER, Level.COMMUNE, "93008"), ["93"]),
        ((Role.INTERVENER, Level.NATION, ""), []),
    ],
)
def test_one_prints_what_one_sees(
    client: Client, territories: Any, reader: tuple[str, str, str], codes: list[str]
) -> None:
    make_site()
    make_site(2.36, 48.93)
    shut = make_site(5.35, 43.3)
    close_site(shut, "other", "unknown", on=shut.declared_on)
    client.force_login(make_user(*reader))
    response = client.get("/impressions/")
    assert response.status_code == 200
    found = response.context["printables"]
    assert [each.code for each in found] == codes
    counts = {each.code: each.living_sites for each in found}
    assert all(counts[code] == {"93": 2, "13": 0}[code] for code in codes)
    html = response.content.decode()
    for code in codes:
        assert f'href="/impressions/departements/{code}.pdf?format=a3"' in html


def test_a_region_is_printed_where_it_is_more_than_one_departement(
    client: Client, territories: Any
) -> None:
    """The overseas regions are one departement: their map is the departement's."""
    make_departement("75", "Paris", "11", (2.2, 48.8, 2.3, 48.9))
    make_site()
    client.force_login(make_user(Role.NATIONAL_ADMIN))
    (region,) = client.get("/impressions/").context["regions"]
    assert (region.name, region.living_sites) == ("Île-de-France", 1)
    assert client.get(f"{region.document}?format=a4").status_code == 200
    client.force_login(make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"))
    assert client.get("/impressions/").context["regions"] == []


def test_prints_need_an_account(client: Client, db: Any) -> None:
    assert client.get("/impressions/").status_code == 302


def test_the_header_offers_a_new_site_to_who_may_create_one(
    client: Client, territories: Any
) -> None:
    for reader, offered in (
        ((Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"), True),
        ((Role.OBSERVER, Level.DEPARTEMENT, "93"), False),
    ):
        client.force_login(make_user(*reader))
        assert ('href="/sites/nouveau/"' in client.get("/aide/").content.decode()) == offered
    client.logout()
    assert 'href="/sites/nouveau/"' not in client.get("/aide/").content.decode()
