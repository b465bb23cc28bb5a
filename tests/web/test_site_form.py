"""Creating and editing a site by the form: what is written, every refusal beside its field."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.sites.models import Footprint, Living, Population, Site
from tests.support.factories import make_site, make_user
from tests.web.site_form import MINIMAL, SQUARE, create, errors


@pytest.fixture
def writer(client: Client, admin_93: Any) -> Client:
    client.force_login(admin_93)
    return client


def test_the_least_that_makes_a_site(writer: Client, admin_93: Any) -> None:
    response = create(writer)
    site = Site.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/sites/{site.pk}/")
    assert site.location.geom.coords == (2.35, 48.93)
    assert site.commune_id == "93066"
    assert site.created_by == admin_93
    # Nobody counted anybody: no observation is made up.
    assert not Population.objects.exists()
    assert not Living.objects.exists()
    assert not Footprint.objects.exists()


def test_everything_that_the_form_says_is_written(writer: Client) -> None:
    create(
        writer,
        position="48°55'48\"N 2°21'0\"E",
        footprint=SQUARE,
        observed_on="2026-02-03",
        built_on="15/12/2025",
        resorption_target="2028",
        heatwave_risk="on",
        is_reinstallation="false",
        people="40",
        households="0",
        minors="12",
        minors_0_3="4",
        origins=["eu", "french"],
        census_status="none",
        water_access_type="fontaine_publique",
        water_is_public="true",
        electricity_access="false",
        sanitary_toilet_types=["latrines"],
    )
    site = Site.objects.get()
    population, living, ground = (
        Population.objects.get(),
        Living.objects.get(),
        Footprint.objects.get(),
    )
    day = dt.date(2026, 2, 3)
    assert population.observed_on == living.observed_on == ground.observed_on == day
    assert (population.people, population.households, population.females) == (40, 0, None)
    assert (population.minors_0_3, population.minors_3_6) == (4, None)
    assert sorted(population.origins) == ["eu", "french"]
    assert population.census_status == "none"
    assert (living.water, living.electricity, living.waste) == ("bad", "bad", "unknown")
    assert living.electricity_is_unequal is None
    assert (site.built_on, site.resorption_target) == (dt.date(2025, 12, 15), 2028)
    assert site.heatwave_risk
    assert site.is_reinstallation is False
    # 0.002° by 0.002° near 48.93° N: 146.6 m by 222.4 m.
    assert ground.area_m2 == pytest.approx(146.6 * 222.4, rel=0.01)


CROSSING = "48.929, 2.349\n48.931, 2.351\n48.929, 2.351\n48.931, 2.349"
MANY = json.dumps(
    {"type": "Polygon", "coordinates": [[[2.3 + i / 100_000, 48.9] for i in range(5_000)]]}
)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": " "}, "name", "obligatoire"),
        ({"position": ""}, "position", "Donnez la position"),
        ({"position": "derrière l'usine"}, "position", "deux coordonnées"),
        ({"position": "40.7, -74.0"}, "position", "en France"),
        ({"position": '{"type": "Point", "coordinates": [2.35]}'}, "position", "point GeoJSON"),
        ({"position": "48.93, 2.6"}, "position", "aucune commune"),
        ({"footprint": CROSSING}, "footprint", "se croise"),
        ({"footprint": MANY}, "footprint", "5000 sommets, au plus 2000"),
        ({"footprint": "48.9, 2.3\n" * 2001}, "footprint", "2001 sommets"),
        ({"footprint": "48.929, 2.349\nici"}, "footprint", "Ligne 2"),
        ({"footprint": "48.929, 2.349\n40.7, -74.1"}, "footprint", "Ligne 2"),
        ({"footprint": "{"}, "footprint", "GeoJSON"),
        ({"footprint": '{"type":"Point","coordinates":[2,48]}'}, "footprint", "polygone"),
        ({"footprint": SQUARE.replace("48.9", "48.8")}, "footprint", "11 km"),
        ({"declared_on": "2999-01-01"}, "declared_on", "futur"),
        ({"built_on": "1900-01-01"}, "built_on", "1950"),
        ({"declared_on": "hier"}, "declared_on", "jj/mm/aaaa"),
        ({"observed_on": "2999-01-01", "people": "3"}, "observed_on", "futur"),
        ({"observed_on": ""}, "observed_on", "Donnez une date"),
        ({"people": "-4"}, "people", "de 0 à"),
        ({"people": "4,5"}, "people", "nombre entier"),
        ({"people": "beaucoup"}, "people", "nombre entier"),
        ({"people": "10", "females": "11"}, "females", "dépasse"),
        ({"people": "10", "minors": "12"}, "minors", "dépasse"),
        (
            {"people": "10", "minors": "2", "minors_0_3": "2", "minors_3_6": "1"},
            "minors",
            "tranches",
        ),
        ({"field_type": "ile"}, "field_type", "liste"),
        ({"origins": ["mars"]}, "origins", "mars"),
        ({"resorption_target": "1789"}, "resorption_target", "2012"),
        ({"water_is_public": "peut-être"}, "water_is_public", "Oui, Non"),
    ],
)
def test_each_wrong_input_is_told_beside_its_field_and_all_is_kept(
    writer: Client, fields: dict[str, Any], field: str, said: str
) -> None:
    extra = {"access_details": "Portail vert <inventé>", "huts": "17", "people": "30"}
    response = create(writer, **(extra | fields))
    assert response.status_code == 422
    assert not Site.objects.exists()
    assert said in " ".join(errors(response)[field])
    html = response.content.decode()
    assert 'role="alert"' in html
    assert f'aria-describedby="id_{field}' in html
    assert f'id="id_{field}_error"' in html
    # Everything typed is still there, right or wrong, and escaped.
    assert "Portail vert &lt;inventé&gt;" in html
    assert 'name="huts" value="17"' in html
    sent = (extra | fields)[field]
    form = response.context["form"]
    assert form[field].value() == sent
    assert form["huts"].value() == "17"


def test_all_errors_are_told_at_once(writer: Client) -> None:
    response = create(
        writer, name="", position="x", people="5", minors="9", declared_on="2999-01-01"
    )
    assert set(errors(response)) == {"name", "position", "minors", "declared_on"}
    assert "4 réponses sont à corriger" in response.content.decode()


def test_a_crs_member_never_reaches_the_geometry(writer: Client) -> None:
    ring = [[2.349, 48.929], [2.351, 48.929], [2.351, 48.931], [2.349, 48.929]]
    outline = {
        "type": "Polygon",
        "coordinates": [ring],
        "crs": {"properties": {"name": "EPSG:2154"}},
    }
    create(writer, footprint=json.dumps(outline))
    assert Footprint.objects.get().geom.srid == 4326


def test_elsewhere_than_ones_own_area_is_refused(writer: Client) -> None:
    response = create(writer, position="43.3, 5.35")
    assert response.status_code == 422
    (said,) = errors(response)["position"]
    assert "Vous ne pouvez pas créer" in said
    assert "Marseille (département 13)" in said
    assert not Site.objects.exists()


def test_coordinates_in_the_other_order_are_told_before_they_are_saved(writer: Client) -> None:
    response = create(writer, position="2.35, 48.93")
    assert response.status_code == 422
    (said,) = errors(response)["position"]
    assert "Coordonnées inversées : lues comme latitude, longitude." in said
    shown = response.context["form"]["position"].value()
    assert shown == "48.9300000, 2.3500000"
    assert not Site.objects.exists()
    assert create(writer, position=shown).status_code == 302
    assert Site.objects.get().location.geom.coords == pytest.approx((2.35, 48.93))


def test_the_form_knows_the_writers_own_territory(
    writer: Client, national_admin: Any, territories: Any
) -> None:
    west, south, east, north = writer.get("/sites/nouveau/").context["aim"]["box"]
    assert west < 2.35 < east
    assert south < 48.93 < north
    assert north - south < 0.5
    writer.force_login(national_admin)
    assert writer.get("/sites/nouveau/").context["aim"]["box"] is None


@pytest.mark.parametrize(
    "reader",
    [
        (Role.OBSERVER, Level.DEPARTEMENT, "93"),
        (Role.NATIONAL_PARTNER, Level.NATION, ""),
        (Role.OPERATOR, Level.DEPARTEMENT, "93"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_role_that_may_not_create_has_no_form(
    client: Client, territories: Any, reader: tuple[str, str, str], method: str
) -> None:
    client.force_login(make_user(*reader))
    assert getattr(client, method)("/sites/nouveau/", MINIMAL).status_code == 403
    assert not Site.objects.exists()


def test_the_form_needs_its_token(admin_93: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_93)
    assert strict.post("/sites/nouveau/", MINIMAL).status_code == 403
    assert not Site.objects.exists()


def test_a_site_nearby_is_shown_before_another_is_made(writer: Client) -> None:
    near = make_site(2.351, 48.93, name="Déjà là (inventé)")
    make_site(2.36, 48.93, name="Plus loin (inventé)")
    response = create(writer)
    html = response.content.decode()
    assert response.status_code == 422
    assert Site.objects.count() == 2
    assert "Ce site existe-t-il déjà" in html
    assert f'href="/sites/{near.pk}/"' in html
    assert "73 m" in html
    assert "Plus loin" not in html
    assert 'value="48,93 ; 2,35"' in html
    assert create(writer, is_new="1").status_code == 302
    assert Site.objects.count() == 3
