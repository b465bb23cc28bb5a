"""Creating and editing a site by the form: what is written, every refusal beside its field."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.core.scope import Scope
from geo.sites.models import Footprint, Living, Population, Site
from geo.sites.services import site_update
from geo.territories import geocoding_memory
from tests.fakes.geocoder import address
from tests.fakes.geoplateforme import geoplateforme, status
from tests.support.factories import make_site, make_user

NATION = Scope.nation()
TODAY = timezone.localdate().isoformat()
MINIMAL = {
    "name": "Les Cerisiers inventés",
    "position": "48,93 ; 2,35",
    "field_type": "land",
    "location_accuracy": "exact",
    "declared_on": "2026-01-05",
    "observed_on": TODAY,
    "action": "save",
}
SQUARE = "48.929, 2.349\n48.929, 2.351\n48.931, 2.351\n48.931, 2.349"


@pytest.fixture
def writer(client: Client, admin_93: Any) -> Client:
    client.force_login(admin_93)
    return client


def create(client: Client, **fields: Any) -> Any:
    return client.post("/sites/nouveau/", MINIMAL | fields)


def errors(response: Any) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in response.context["form"].errors.items()}


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
    assert "Vous ne pouvez pas créer" in errors(response)["position"][0]
    assert not Site.objects.exists()


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


@pytest.fixture
def site(territories: Any) -> Site:
    return make_site(
        name="Le Pré inventé",
        observed_on=dt.date(2024, 4, 1),
        population={"people": 40, "households": 12, "origins": ["eu"]},
        living={"electricity_access": True},
    )


def shown(client: Client, site: Site) -> dict[str, Any]:
    """What the browser would send back of the form as it is shown."""
    form = client.get(f"/sites/{site.pk}/modifier/").context["form"]
    sent: dict[str, Any] = {"version": str(site.version), "action": "save"}
    for bound in form:
        value = bound.value()
        if value not in (None, "", False, []):
            sent[bound.name] = value.isoformat() if isinstance(value, dt.date) else value
    return sent


def test_the_form_untouched_changes_nothing_but_the_confirmation(
    writer: Client, site: Site
) -> None:
    before = site.location.geom.coords
    response = writer.post(f"/sites/{site.pk}/modifier/", shown(writer, site))
    assert response.status_code == 302
    site.refresh_from_db()
    assert Population.objects.count() == Living.objects.count() == 1
    assert Site.objects.get().location.geom.coords == before
    assert site.confirmed_on == timezone.localdate()


def test_a_change_makes_a_new_dated_row_and_keeps_the_rest(writer: Client, site: Site) -> None:
    sent = shown(writer, site) | {"people": "25", "observed_on": "2025-01-10"}
    writer.post(f"/sites/{site.pk}/modifier/", sent)
    rows = list(Population.objects.order_by("observed_on").values_list("people", "households"))
    assert rows == [(40, 12), (25, 12)]
    assert Living.objects.count() == 1


def test_a_move_is_written_and_the_codes_follow(writer: Client, site: Site) -> None:
    writer.post(f"/sites/{site.pk}/modifier/", shown(writer, site) | {"position": "48.93, 2.45"})
    site.refresh_from_db()
    assert site.commune_id == "93008"
    writer.post(f"/sites/{site.pk}/modifier/", shown(writer, site) | {"position": "43.3, 5.35"})
    site.refresh_from_db()
    assert site.commune_id == "93008"


def test_two_people_at_once_loses_nothing(writer: Client, site: Site) -> None:
    sent = shown(writer, site) | {"name": "Mon nom inventé", "people": "33"}
    site_update(
        by=None, scope=NATION, site_id=site.pk, name="Leur nom inventé", version=site.version
    )
    response = writer.post(f"/sites/{site.pk}/modifier/", sent)
    html = response.content.decode()
    assert response.status_code == 409
    assert "Leur nom inventé" in html
    assert 'value="Mon nom inventé"' in html
    site.refresh_from_db()
    assert Site.objects.get().location.name == "Leur nom inventé"
    assert f'name="version" value="{site.version}"' in html
    again = writer.post(f"/sites/{site.pk}/modifier/", sent | {"version": str(site.version)})
    assert again.status_code == 302
    assert Site.objects.get().location.name == "Mon nom inventé"


def test_opening_after_the_closing_is_refused(writer: Client, site: Site) -> None:
    from geo.sites.services import site_close

    site_close(
        by=None,
        scope=NATION,
        site_id=site.pk,
        cause="other",
        closed_on=dt.date(2025, 3, 1),
        context="Contexte inventé",
        closed_with_solutions="unknown",
    )
    site.refresh_from_db()
    sent = shown(writer, site) | {"declared_on": "2025-04-01"}
    response = writer.post(f"/sites/{site.pk}/modifier/", sent)
    assert response.status_code == 422
    assert "a fermé le 01/03/2025" in errors(response)["declared_on"][0]


def test_a_site_keeps_a_beginning(writer: Client, site: Site) -> None:
    sent = shown(writer, site) | {"declared_on": "", "built_on": ""}
    response = writer.post(f"/sites/{site.pk}/modifier/", sent)
    assert response.status_code == 422
    assert "Donnez la date" in errors(response)["declared_on"][0]


def test_an_old_count_entered_late_does_not_age_the_record(writer: Client, site: Site) -> None:
    writer.post(f"/sites/{site.pk}/confirmer/")
    site.refresh_from_db()
    sent = shown(writer, site) | {"people": "18", "observed_on": "2024-03-15"}
    assert writer.post(f"/sites/{site.pk}/modifier/", sent).status_code == 302
    site.refresh_from_db()
    assert site.confirmed_on == timezone.localdate()
    rows = list(Population.objects.order_by("observed_on").values_list("people", flat=True))
    assert rows == [18, 40]


@pytest.mark.parametrize(
    ("reader", "code"),
    [
        ((Role.OBSERVER, Level.DEPARTEMENT, "93"), 403),
        ((Role.NATIONAL_PARTNER, Level.NATION, ""), 403),
        ((Role.OPERATOR, Level.COMMUNE, "93008"), 403),
        ((Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13"), 404),
    ],
)
@pytest.mark.parametrize("address", ["modifier", "fermer", "origines"])
def test_who_may_not_write_does_not(
    client: Client, site: Site, reader: tuple[str, str, str], code: int, address: str
) -> None:
    client.force_login(make_user(*reader))
    for method in (client.get, client.post):
        response = method(f"/sites/{site.pk}/{address}/")
        assert response.status_code == code
        assert "Le Pré inventé" not in response.content.decode()


def test_the_queries_of_the_form_are_bounded(
    writer: Client, site: Site, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(20):
        writer.get(f"/sites/{site.pk}/modifier/")


class TestSearchWithoutScript:
    @pytest.fixture(autouse=True)
    def _nothing_remembered(self) -> Any:
        geocoding_memory.memory.clear()
        cache.clear()
        yield
        geocoding_memory.memory.clear()

    def test_a_place_is_looked_for_then_chosen(self, writer: Client, settings: Any) -> None:
        with geoplateforme(settings) as fake:
            fake.places = [address("8 Rue Inventée 93200 Saint-Denis", 2.351, 48.931)]
            asked = {"action": "search", "q": "rue inventée", "position": "", "people": "12"}
            response = create(writer, **asked)
        assert response.status_code == 200
        (choice,) = response.context["looked"].choices
        html = response.content.decode()
        assert "8 Rue Inventée" in html
        assert 'name="people" value="12"' in html
        assert "à corriger" not in html
        taken = create(writer, action="use", found=choice.value, position="", people="12")
        form = taken.context["form"]
        assert form["position"].value() == "48.9310000, 2.3510000"
        assert form["address_label"].value() == "8 Rue Inventée 93200 Saint-Denis"
        assert form["address_precision"].value() == "housenumber"
        assert not Site.objects.exists()

    def test_the_service_away_still_proposes_communes(self, writer: Client, settings: Any) -> None:
        with geoplateforme(settings) as fake:
            fake.always(status(503))
            html = create(writer, action="search", q="bobigny").content.decode()
        assert "Bobigny (93)" in html
        assert "seules les communes" in html

    def test_a_forged_choice_fills_nothing(self, writer: Client) -> None:
        taken = create(writer, action="use", found="1,2,3", position="x")
        assert taken.context["form"]["position"].value() == "x"

    def test_a_search_too_short_is_told(self, writer: Client) -> None:
        html = create(writer, action="search", q="a").content.decode()
        assert "de 3 à 200 caractères" in html
