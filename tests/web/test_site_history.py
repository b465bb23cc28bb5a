"""The past of a site: its sentences, what each reader may know of it, how it was on a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from geo.accounts import readlog
from geo.accounts.enums import Level, Role
from geo.accounts.models import ReadLog, User
from geo.accounts.scopes import scope_for
from geo.core import rls, tracing
from geo.core.scope import Scope
from geo.sites.history import site_as_of, site_past
from geo.sites.models import Population, Site, SiteEvent, SiteLocation
from geo.sites.selectors import site_get
from geo.sites.services import reinstallation_declare, site_update
from tests.support.factories import close_site, make_site, make_user
from tests.support.restricted import everywhere, fill

pytestmark = pytest.mark.django_db
NATION = Scope.nation()
DAY = dt.date(2025, 1, 10)


@pytest.fixture
def site(territories: Any) -> Site:
    made: Site = make_site(population={"people": 40}, observed_on=DAY, name="Appellation d'avant")
    return made


def past(client: Client, site: Site, query: str = "") -> str:
    response = client.get(f"/sites/{site.pk}/historique/{query}")
    assert response.status_code == 200
    text: str = response.content.decode()
    return text.replace("&#x27;", "'")


def test_a_change_is_told_as_a_sentence_with_who_and_why(
    client: Client, site: Site, admin_93: User
) -> None:
    client.force_login(admin_93)
    act = tracing.Act("web", "site_edit", "r1", lambda: tracing.Person(admin_93.pk))
    with tracing.acting(act):
        site_update(
            by=admin_93,
            scope=NATION,
            site_id=site.pk,
            version=None,
            name="Nouvelle appellation",
            heatwave_risk=True,
        )
        Population.objects.filter(site=site).update(people=57)
    with tracing.acting(tracing.Act("command", "import_sites")):
        close_site(site)
    told = past(client, site)
    assert "commande import_sites" in told
    assert f"{admin_93.full_name} (Organisme inventé)" in told
    assert "modification de la fiche" in told
    assert "appellation du site « Appellation d'avant » → « Nouvelle appellation »" in told
    assert "risque canicule non → oui" in told
    assert "Habitants : personnes 40 → 57" in told
    assert "Fiche créée" in told
    assert "Habitants comptés au 10/01/2025 : personnes 40" in told
    assert "Site fermé : cause de la fermeture" in told
    assert told.index("Site fermé") < told.index("personnes 40") < told.index("Fiche créée")
    assert told.count("modification de la fiche") == 1


def test_a_move_is_told_in_metres_to_who_is_told_the_place(client: Client, site: Site) -> None:
    location = SiteLocation.objects.get(pk=site.pk)
    location.geom.x += 0.001
    location.save()
    client.force_login(make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"))
    assert "position déplacée de 73 m" in past(client, site)
    client.force_login(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    told = past(client, site)
    assert "Habitants comptés" in told
    for hidden in ("déplacée", "Appellation", "Lieu", "2.35"):
        assert hidden not in told
    client.force_login(make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13"))
    assert client.get(f"/sites/{site.pk}/historique/").status_code == 404


def test_the_restricted_is_told_to_who_reads_it_and_logged_first(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(site)
    client.force_login(make_user(Role.PARTNER, Level.DEPARTEMENT, "93"))
    assert "Canari" not in past(client, site)
    assert [line.data_class for line in ReadLog.objects.all()] == ["general"]
    client.force_login(make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"))
    told = past(client, site)
    assert "Étude Canari" in told
    assert "Propriétaire Canari" not in told
    classes = set(ReadLog.objects.values_list("data_class", flat=True))
    assert classes == {"general", "judicial", "owner", "health", "finance"}

    def broken(*_: Any, **__: Any) -> None:
        raise readlog.ReadLogUnavailable("Le journal ne répond pas.")

    monkeypatch.setattr(readlog, "log_read", broken)
    for query in ("", f"?au={timezone.localdate():%Y-%m-%d}"):
        assert client.get(f"/sites/{site.pk}/historique/{query}").status_code == 503


def test_long_histories_come_by_pages(
    client: Client, site: Site, admin_93: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo.sites.history.PAGE", 5)
    for people in range(41, 60):
        with tracing.acting(tracing.Act("web", "site_edit", f"r{people}")):
            Population.objects.filter(site=site).update(people=people)
    with rls.reading(NATION):
        found, before, pages = [], None, 0
        whole = site_get(NATION, site.pk)
        while True:
            page = site_past(NATION, whole, before)
            found += [change for step in page.steps for change in step.changes]
            pages, before = pages + 1, page.older
            if before is None:
                break
        assert len(found) == SiteEvent.objects.filter(site_id=site.pk).count()
    assert pages > 3
    client.force_login(admin_93)
    assert "Plus ancien" in past(client, site)
    assert client.get(f"/sites/{site.pk}/historique/?avant=x").status_code == 200


def test_the_record_as_it_was_on_a_day_and_its_wrong_dates(
    client: Client, site: Site, admin_93: User
) -> None:
    with rls.reading(everywhere()):
        whole = site_get(everywhere(), site.pk)
        before = timezone.now()
        site_update(by=None, scope=NATION, site_id=site.pk, version=None, name="Après")
        Population.objects.filter(site=site).update(people=57)
        Population.objects.create(site=site, observed_on=dt.date(2025, 6, 1), people=80)
        fill(site)
        then = site_as_of(everywhere(), whole, before)
        now = site_as_of(everywhere(), whole, timezone.now())
    assert then["site_location"][0]["name"] == "Appellation d'avant"
    assert [row["people"] for row in then["site_population"]] == [40]
    assert "site_judicial" not in then
    assert now["site_location"][0]["name"] == "Après"
    assert {row["people"] for row in now["site_population"]} == {57, 80}
    assert now["site_judicial"][0]["bailiff"] == "Étude Canari"
    client.force_login(admin_93)
    today = timezone.localdate()
    told = past(client, site, f"?au={today:%Y-%m-%d}")
    assert "Après" in told
    assert "Étude Canari" in told
    early = past(client, site, "?au=2020-01-01")
    assert "rien n’est connu d’avant" in early
    assert "Après" not in early
    for wrong in ("hier", "2999-01-01", "2026-02-30"):
        refused = client.get(f"/sites/{site.pk}/historique/?au={wrong}")
        assert refused.status_code == 400
        assert "Donnez une date" in refused.content.decode()


def test_what_was_deleted_is_there_on_the_day_before(site: Site) -> None:
    with rls.reading(NATION):
        whole = site_get(NATION, site.pk)
        before = timezone.now()
        Population.objects.filter(site=site).delete()
        assert [r["people"] for r in site_as_of(NATION, whole, before)["site_population"]] == [40]
        assert "site_population" not in site_as_of(NATION, whole, timezone.now())


def test_as_it_was_a_blurred_reader_gets_neither_place_nor_name(client: Client, site: Site) -> None:
    client.force_login(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    told = past(client, site, f"?au={timezone.localdate():%Y-%m-%d}")
    assert "Habitants" in told
    for hidden in ("Appellation", "Emprise", "2.35"):
        assert hidden not in told


@pytest.fixture
def origin(site: Site) -> Site:
    """People left a site of the 13 for the one of the 93, and their number was corrected since."""
    left: Site = make_site(5.40, 43.30)
    flow = {"by": None, "scope": NATION, "site_id": site.pk, "origin_id": left.pk}
    day = dt.date(2025, 3, 1)
    reinstallation_declare(**flow, people=12, happened_on=day)
    reinstallation_declare(**flow, people=15, happened_on=day)
    return left


def test_a_reinstallation_is_told_on_both_sides_by_reference(
    client: Client, site: Site, origin: Site, national_admin: User
) -> None:
    client.force_login(national_admin)
    arrival, departure = past(client, site), past(client, origin)
    assert f"Réinstallation notée : site d’origine {origin.reference}, personnes 12" in arrival
    assert f"Réinstallation notée : site d’arrivée {site.reference}, personnes 12" in departure
    for told in (arrival, departure):
        assert "Réinstallation : personnes 12 → 15" in told
    now = f"?au={timezone.localdate():%Y-%m-%d}"
    arrival, departure = past(client, site, now), past(client, origin, now)
    for told, other in ((arrival, origin), (departure, site)):
        assert other.reference in told
        assert f">{other.pk}<" not in told
    with rls.reading(everywhere()):
        for each in (site, origin):
            before = SiteEvent.objects.filter(site_id=each.pk, source_table="reinstallation")
            moment = before.order_by("at")[0].at - dt.timedelta(microseconds=1)
            whole = site_get(everywhere(), each.pk)
            assert "reinstallation" not in site_as_of(everywhere(), whole, moment)
        site.arrivals.all().delete()
        then = site_as_of(everywhere(), site_get(everywhere(), origin.pk), timezone.now())
        assert "reinstallation" not in then
        gone = SiteEvent.objects.get(site_id=origin.pk, operation="delete").at
        moment = gone - dt.timedelta(microseconds=1)
        then = site_as_of(everywhere(), site_get(everywhere(), origin.pk), moment)
    (flow,) = then["reinstallation"]
    assert (flow["origin_id"], flow["site_id"], flow["people"]) == (origin.pk, site.pk, 15)


@pytest.mark.parametrize("second", [True, False])
def test_the_first_wall_alone_hides_a_reinstallation_whose_other_site_is_not_seen(
    client: Client, site: Site, origin: Site, second: bool
) -> None:
    scope = scope_for(make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"))
    with rls.reading(scope if second else everywhere()):
        whole = site_get(scope, site.pk)
        told = str(site_past(scope, whole)) + str(site_as_of(scope, whole, timezone.now()))
    assert "Appellation" in told
    assert str(origin.pk) not in told
    assert "table='reinstallation'" not in told
