"""The sheet of a site as a page: who sees what, the fragment, the buttons, the queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.core.scope import Scope
from geo.facilities.models import Facility
from geo.sites.models import Site
from geo.sites.services import site_update
from tests.support.factories import close_site, make_site, make_user

NATION = Scope.nation()
NAME = "Le Pré inventé"
EXACT_WORDS = (NAME, "1 rue Inventée", "48,93450", "derrière le hangar", "48.9345")


@pytest.fixture
def site(territories: Any) -> Site:
    return make_site(
        2.351,
        48.9345,
        name=NAME,
        address_label="1 rue Inventée",
        access_details="derrière le hangar",
        observed_on=dt.date(2024, 4, 1),
        population={"people": 40, "households": 12, "minors": 9, "origins": ["eu"], "huts": 11},
        living={
            "water_access_type": "fontaine_publique",
            "electricity_access": True,
            "pests_presence": True,
        },
    )


def page(client: Client, user: Any, site: Site, query: str = "") -> str:
    client.force_login(user)
    response = client.get(f"/sites/{site.pk}/{query}")
    assert response.status_code == 200
    html: str = response.content.decode()
    return html


def test_the_exact_reader_reads_everything(client: Client, site: Site, admin_93: Any) -> None:
    html = page(client, admin_93, site)
    for words in (*EXACT_WORDS, "Position exacte", "Saint-Denis", "Union européenne"):
        assert words in html
    assert "Fontaine publique" in html
    assert "Mauvaises conditions" in html
    assert "Présence de nuisibles" in html
    assert "7 champs sur 10" in html or "champs sur 10" in html
    assert "le type de propriétaire" in html
    assert "habitats autoconstruits" in html.lower()


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ((Role.OBSERVER, Level.DEPARTEMENT, "93"), "carré de 500 m"),
        ((Role.OPERATOR, Level.COMMUNE, "93008"), "carré de 500 m"),
        ((Role.NATIONAL_PARTNER, Level.NATION, ""), "Position à la commune"),
    ],
)
@pytest.mark.parametrize("query", ["", "?fragment=1"])
def test_the_blurred_reader_is_not_told_the_place(
    client: Client, site: Site, reader: tuple[str, str, str], words: str, query: str
) -> None:
    html = page(client, make_user(*reader), site, query)
    for secret in EXACT_WORDS:
        assert secret not in html
    assert site.reference in html
    assert "Modifier" not in html
    assert "Confirmer" not in html
    if not query:
        assert words in html


def test_the_role_that_may_write_has_the_buttons(
    client: Client, site: Site, national_admin: Any
) -> None:
    html = page(client, national_admin, site)
    assert f'action="/sites/{site.pk}/confirmer/"' in html


@pytest.mark.parametrize("address", ["", "?fragment=1", "confirmer/"])
def test_outside_the_scope_the_address_does_not_exist(
    client: Client, site: Site, address: str
) -> None:
    client.force_login(make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13"))
    method = client.post if address == "confirmer/" else client.get
    hidden = method(f"/sites/{site.pk}/{address}")
    unknown = method(f"/sites/{site.pk + 1}/{address}")
    assert hidden.status_code == unknown.status_code == 404


def test_nobody_sees_a_site_without_signing_in(client: Client, site: Site) -> None:
    response = client.get(f"/sites/{site.pk}/")
    assert (response.status_code, response["Location"]) == (
        302,
        f"/connexion/?next=/sites/{site.pk}/",
    )


def test_the_fragment_is_the_sheet_alone(client: Client, site: Site, admin_93: Any) -> None:
    html = page(client, admin_93, site, "?fragment=1")
    assert html.lstrip().startswith("<article")
    assert "<html" not in html
    assert f'href="/sites/{site.pk}/"' in html


def test_a_sheet_is_kept_by_no_cache(client: Client, site: Site, admin_93: Any) -> None:
    client.force_login(admin_93)
    assert "no-store" in client.get(f"/sites/{site.pk}/")["Cache-Control"]


def test_the_series_is_a_table_and_a_drawing(client: Client, site: Site, admin_93: Any) -> None:
    site_update(
        by=admin_93,
        scope=NATION,
        site_id=site.pk,
        observed_on=dt.date(2025, 2, 1),
        population={"people": 55},
    )
    html = page(client, admin_93, site)
    assert "55 personnes le 01/02/2025" in html
    assert "40 personnes le 01/04/2024" in html
    assert html.count('<th scope="row" class="at-nowrap">') == 2
    assert "<svg viewBox" in html


def test_zero_is_known_and_unknown_is_not_zero(client: Client, site: Site, admin_93: Any) -> None:
    site_update(
        by=admin_93,
        scope=NATION,
        site_id=site.pk,
        observed_on=dt.date(2025, 2, 1),
        population={"people": 0, "households": None},
    )
    html = page(client, admin_93, site)
    assert '<span class="at-figure__number">0</span>' in html
    assert '<span class="at-figure__number">–</span>' in html


def test_a_closing_is_told_with_its_kind(client: Client, site: Site, admin_93: Any) -> None:
    close_site(
        site,
        "closed_by_pref_admin",
        on=dt.date(2024, 9, 2),
        by=admin_93,
        context="Contexte inventé",
        solutions=[{"type": "emergency_shelter", "people": 12}],
    )
    html = page(client, admin_93, site)
    assert "<strong>Évacuation</strong> le 2 septembre 2024" in html
    assert "Mise à l&#x27;abri temporaire" in html
    blurred = page(client, make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"), site)
    assert "Évacuation" in blurred
    assert "Contexte inventé" not in blurred


def test_the_nearest_school_has_its_distance(client: Client, site: Site, admin_93: Any) -> None:
    from django.contrib.gis.geos import Point

    Facility.objects.create(
        kind="school",
        name="École inventée",
        geom=Point(2.353, 48.9345, srid=4326),
        source="Annuaire inventé",
        source_key="1",
        millesime="2026",
        licence="LO",
    )
    assert "147 m" in page(client, admin_93, site)
    blurred = page(client, make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"), site)
    assert "École inventée" in blurred
    assert "environ" in blurred
    assert "147 m" not in blurred
    coarse = page(client, make_user(Role.NATIONAL_PARTNER), site)
    assert "École inventée" not in coarse


def test_the_queries_of_a_sheet_are_bounded(
    client: Client, site: Site, admin_93: Any, django_assert_max_num_queries: Any
) -> None:
    for step in range(1, 9):
        make_site(2.351 + step / 1000, 48.9345)
    client.force_login(admin_93)
    with django_assert_max_num_queries(28):
        client.get(f"/sites/{site.pk}/")


def test_confirming_stamps_today_and_says_so(client: Client, site: Site, admin_93: Any) -> None:
    from django.utils import timezone

    client.force_login(admin_93)
    response = client.post(f"/sites/{site.pk}/confirmer/", follow=True)
    site.refresh_from_db()
    assert site.confirmed_on == timezone.localdate()
    assert site.confirmed_by == admin_93
    assert "confirmée" in response.content.decode()


def test_confirming_without_the_verb_is_refused(client: Client, site: Site) -> None:
    before = site.version
    client.force_login(make_user(Role.NATIONAL_PARTNER))
    response = client.post(f"/sites/{site.pk}/confirmer/")
    site.refresh_from_db()
    assert response.status_code == 403
    assert site.version == before


def test_the_list_is_the_map(client: Client, admin_93: Any) -> None:
    client.force_login(admin_93)
    assert client.get("/sites/")["Location"] == "/carte/?v=list"
    assert client.get("/sites/?status=open")["Location"] == "/carte/?status=open"


def test_the_parcels_are_told_to_exact_readers_only(
    client: Client, site: Site, admin_93: Any
) -> None:
    from cadastre.models import SiteParcel
    from geo.sites.enums import EnrichmentStatus
    from geo.sites.ledger import Outcome, enrichments_record

    assert "en attente" in page(client, admin_93, site)
    SiteParcel.objects.create(
        site=site, parcel_id="93066000AB0123", share=0.42, overlap_m2=812.4, millesime="2026-07-01"
    )
    done = Outcome(site.pk, EnrichmentStatus.DONE, version="2026-07-01")
    enrichments_record(source="cadastre", outcomes=[done])
    html = page(client, admin_93, site)
    for words in ("93066000AB0123", "42 %", "812 m²", "Millésime du 01/07/2026"):
        assert words in html
    blurred = page(client, make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"), site)
    assert "93066000AB0123" not in blurred
    assert "Foncier" not in blurred


def test_a_day_is_written_in_full() -> None:
    from web.templatetags.sites import day, percent, surface

    assert (day(dt.date(2025, 10, 1)), day(dt.date(2025, 3, 21))) == (
        "1er octobre 2025",
        "21 mars 2025",
    )
    assert [percent(share) for share in (None, 0, 0.001, 0.5)] == [
        "–",
        "0 %",
        "moins de 1 %",
        "50 %",
    ]
    assert [surface(area) for area in (None, 0, 812.4, 12_345)] == ["–", "0 m²", "812 m²", "1,2 ha"]


def test_the_drawing_ends_with_the_site() -> None:
    from geo.sites.models import Population
    from web.sites.chart import people

    series = [
        Population(observed_on=dt.date(2020 + year, 1, 1), people=count)
        for year, count in ((2, 30), (1, None), (0, 40))
    ]
    drawn = people(series, dt.date(2024, 1, 1))
    assert drawn is not None
    # Half of the four years lie between the two counts; the unknown one is not a zero.
    (x0, y0), (x1, y1) = [(point.x, point.y) for point in drawn.points]
    assert x1 - x0 == pytest.approx((drawn.right - drawn.left) / 2, abs=0.5)
    assert y0 < y1 < drawn.base
    assert [year.text for year in drawn.years] == ["2021", "2022", "2023", "2024"]
    assert people(series[:1]) is None
