"""Changing a site through its form: what is kept, two people at once, rights, queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.sites.models import Footprint, Living, Population, Site
from geo.sites.services import site_update
from tests.fakes.geocoder import address
from tests.fakes.geoplateforme import geoplateforme, status
from tests.support.factories import close_site, make_site, make_user, square
from tests.web.site_form import NATION, SQUARE, create, errors


@pytest.fixture
def writer(client: Client, admin_93: Any) -> Client:
    client.force_login(admin_93)
    return client


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


def test_the_outline_is_taken_away_knowingly(writer: Client, territories: Any) -> None:
    """Emptying the field is not enough; the box is; the feed of the days before keeps it."""
    site = make_site(
        name="Le Pré inventé",
        observed_on=dt.date(2024, 4, 1),
        footprint=square(2.349, 48.929, 2.351, 48.931),
    )
    page, today = f"/sites/{site.pk}/modifier/", timezone.localdate()
    sent = shown(writer, site)
    assert "footprint_ended" not in sent
    emptied = writer.post(page, sent | {"footprint": ""})
    assert emptied.status_code == 422
    assert "Retirer l’emprise enregistrée" in errors(emptied)["footprint"][0]
    both = writer.post(page, sent | {"footprint": SQUARE, "footprint_ended": "on"})
    assert list(errors(both)) == ["footprint_ended"]
    # Searching a place meanwhile keeps the box.
    looked = writer.post(page, sent | {"action": "enter", "q": "", "footprint_ended": "on"})
    assert looked.context["form"]["footprint_ended"].value() is True
    # With the field as it was shown: without script nobody has to empty it.
    assert writer.post(page, sent | {"footprint_ended": "on"}).status_code == 302
    kept = Footprint.objects.get()
    assert (kept.observed_on, kept.ended_on) == (dt.date(2024, 4, 1), today)
    feed = "/ogc/collections/site-footprints/items"
    assert writer.get(feed).json()["numberMatched"] == 0
    assert writer.get(feed, {"datetime": "2025-01-01"}).json()["numberMatched"] == 1
    html = writer.get(f"/sites/{site.pk}/").content.decode()
    assert f"Retirée le {today:%d/%m/%Y}" in html
    form = writer.get(page).context["form"]
    assert form["footprint"].value() == ""
    assert "footprint_ended" not in form.fields


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


def test_each_field_is_chosen_and_what_was_not_touched_is_not_undone(
    writer: Client, site: Site
) -> None:
    page = f"/sites/{site.pk}/modifier/"
    first = writer.get(page)
    marks = first.context["shown"]
    assert f'name="shown" value="{marks}"' in first.content.decode()
    sent = shown(writer, site) | {"shown": marks, "name": "Mon nom", "people": "33"}
    site_update(
        by=None,
        scope=NATION,
        site_id=site.pk,
        version=site.version,
        name="Leur nom",
        heatwave_risk=True,
        declared_on=dt.date(2024, 2, 3),
    )
    response = writer.post(page, sent)
    assert response.status_code == 409
    offered = {each.name: each.untouched for each in response.context["conflict"]}
    assert offered == {
        "name": False,
        "people": False,
        "heatwave_risk": True,
        "declared_on": True,
    }
    html = response.content.decode()
    assert 'name="keep-heatwave_risk" value="theirs" checked' in html
    assert 'name="keep-name" value="mine" checked' in html
    site.refresh_from_db()
    chosen = {f"keep-{name}": "theirs" for name in ("heatwave_risk", "declared_on", "name")}
    again = writer.post(page, sent | chosen | {"version": str(site.version), "keep-people": "mine"})
    assert again.status_code == 302
    site.refresh_from_db()
    assert (site.location.name, site.heatwave_risk) == ("Leur nom", True)
    assert site.declared_on == dt.date(2024, 2, 3)
    assert Population.objects.filter(site=site).latest("observed_on").people == 33


def test_opening_after_the_closing_is_refused(writer: Client, site: Site) -> None:

    close_site(site, "other", "unknown", on=dt.date(2025, 3, 1))
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


@pytest.mark.usefixtures("nothing_remembered")
class TestSearchWithoutScript:
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

    def test_enter_never_saves(self, writer: Client, settings: Any) -> None:
        """What a browser without script sends when Enter is pressed in any field."""
        with geoplateforme(settings) as fake:
            fake.places = [address("8 Rue Inventée 93200 Saint-Denis", 2.351, 48.931)]
            found = create(writer, action="enter", q="rue inventée")
            empty = create(writer, action="enter", q="")
        assert len(found.context["looked"].choices) == 1
        assert "Rien n’est encore enregistré" in empty.content.decode()
        assert empty.context["form"]["name"].value() == "Les Cerisiers inventés"
        assert not Site.objects.exists()

    def test_a_search_too_short_is_told(self, writer: Client) -> None:
        html = create(writer, action="search", q="a").content.decode()
        assert "de 3 à 200 caractères" in html
