"""The restricted blocks as pages: who sees them, how they are written, the log that precedes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from geo.accounts import readlog
from geo.accounts.enums import Level, Role
from geo.accounts.models import ReadLog
from geo.core.scope import RESTRICTED, DataClass, Scope
from geo.sites.models import CostEstimate, HealthWatch, Judicial, Site, SiteOwner
from geo.sites.restricted.selectors import block_rows, block_version
from tests.support.factories import make_site, make_user
from tests.support.restricted import CANARIES, DAY, everywhere, fill, in_departement

NAME = "Le Pré inventé"
PAGES = {
    DataClass.OWNER: "proprietaires",
    DataClass.JUDICIAL: "judiciaire",
    DataClass.HEALTH: "sante",
    DataClass.FINANCE: "couts",
}
HEADINGS = {
    DataClass.OWNER: "Propriétaires",
    DataClass.JUDICIAL: "Procédures",
    DataClass.HEALTH: "Veille sanitaire",
    DataClass.FINANCE: "Coûts",
}


@pytest.fixture
def site(territories: Any) -> Site:
    site = make_site(name=NAME)
    fill(site)
    return site


@pytest.fixture
def reads_as(client: Client, admin_93: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sign somebody in with exactly the rights given."""

    def sign_in(scope: Scope) -> Client:
        client.force_login(admin_93)
        monkeypatch.setattr("geo.accounts.middleware.scope_of", lambda *_: scope)
        return client

    return sign_in


def address(site: Site, data_class: DataClass) -> str:
    return f"/sites/{site.pk}/{PAGES[data_class]}/"


def sent(client: Client, site: Site, data_class: DataClass) -> dict[str, Any]:
    """What the browser would send back of the page as it is shown."""
    values = sent_by(client.get(address(site, data_class)))
    # A page of before: nothing tells what it showed.
    values.pop("shown")
    return values


def sent_by(response: Any) -> dict[str, Any]:
    """What the browser would send back of a page that it was given."""
    context = response.context
    values: dict[str, Any] = {"version": context["version"], "shown": context["shown"]}
    values |= {"action": "save", "rows": str(len(context["forms"]))}
    for form in context["forms"]:
        for bound in form:
            value = bound.value()
            if value not in (None, "", []):
                values[bound.html_name] = (
                    value.isoformat() if isinstance(value, dt.date) else str(value)
                )
    return values


@pytest.mark.parametrize("data_class", RESTRICTED)
class TestSheet:
    def test_a_block_is_there_for_who_may_read_its_class_alone(
        self, reads_as: Any, site: Site, data_class: DataClass
    ) -> None:
        html = reads_as(in_departement("93", [data_class])).get(f"/sites/{site.pk}/")
        text = html.content.decode().replace("\N{NARROW NO-BREAK SPACE}", "")
        for each in RESTRICTED:
            present = each == data_class
            assert all((canary in text) == present for canary in CANARIES[each])
            assert (f'id="bloc-{each.value}"' in text) == present
            assert (f"/{PAGES[each]}/" in text) == present
            assert (f">{HEADINGS[each]}<" in text) == present

    def test_elsewhere_the_page_does_not_exist(
        self, reads_as: Any, site: Site, data_class: DataClass
    ) -> None:
        client = reads_as(in_departement("13"))
        for path in (f"/sites/{site.pk}/", address(site, data_class)):
            assert client.get(path).status_code == 404
        assert not ReadLog.objects.exists()

    def test_the_read_is_written_before_the_answer(
        self, reads_as: Any, site: Site, data_class: DataClass, admin_93: Any
    ) -> None:
        reads_as(in_departement("93", [data_class])).get(f"/sites/{site.pk}/")
        opened = ReadLog.objects.get(data_class=DataClass.GENERAL)
        line = ReadLog.objects.exclude(pk=opened.pk).get()
        assert (opened.object_ids, opened.request_id) == ([site.pk], line.request_id)
        assert (line.data_class, line.route, line.purpose) == (data_class, "site", "consult")
        assert (line.object_ids, line.count) == ([site.pk], 1)
        assert (line.user_id, line.organisation_id) == (admin_93.pk, admin_93.organisation_id)
        assert line.request_id

    def test_without_the_log_nothing_restricted_is_given(
        self, reads_as: Any, site: Site, data_class: DataClass, monkeypatch: Any
    ) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise readlog.ReadLogUnavailable("Le journal ne répond pas.")

        monkeypatch.setattr(readlog, "log_read", broken)
        client = reads_as(in_departement("93", [data_class]))
        sheet, page = client.get(f"/sites/{site.pk}/"), client.get(address(site, data_class))
        assert sheet.status_code == page.status_code == 503
        assert NAME in sheet.content.decode()
        for response in (sheet, page):
            text = response.content.decode()
            assert "Le journal ne répond pas." in text
            assert not any(canary in text for canary in CANARIES[data_class])
            assert f'id="bloc-{data_class.value}"' not in text


class TestPanel:
    def test_the_panel_of_the_map_holds_no_block_and_logs_no_class(
        self, reads_as: Any, site: Site
    ) -> None:
        html = reads_as(everywhere()).get(f"/sites/{site.pk}/?fragment=1").content.decode()
        assert not any(canary in html for values in CANARIES.values() for canary in values)
        assert [line.data_class for line in ReadLog.objects.all()] == ["general"]


class TestUnreadable:
    def test_who_may_read_none_leaves_the_line_of_the_sheet_alone(
        self, reads_as: Any, site: Site
    ) -> None:
        html = reads_as(in_departement("93", [])).get(f"/sites/{site.pk}/").content.decode()
        assert "Accès restreint" not in html
        assert [line.data_class for line in ReadLog.objects.all()] == ["general"]

    def test_without_the_log_what_is_general_is_given_all_the_same(
        self, reads_as: Any, site: Site, monkeypatch: Any
    ) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise readlog.ReadLogUnavailable("Le journal ne répond pas.")

        monkeypatch.setattr(readlog, "log_read", broken)
        client = reads_as(in_departement("93", []))
        for page in ("", "?fragment=1", "historique/"):
            response = client.get(f"/sites/{site.pk}/{page}")
            assert response.status_code == 200
            assert NAME in response.content.decode()


@pytest.mark.parametrize("data_class", RESTRICTED)
class TestPage:
    def test_without_the_class_it_does_not_exist(
        self, reads_as: Any, site: Site, data_class: DataClass
    ) -> None:
        others = [each for each in RESTRICTED if each != data_class]
        client = reads_as(in_departement("93", others))
        for method in (client.get, client.post):
            assert method(address(site, data_class)).status_code == 404

    def test_who_only_reads_may_not_write(
        self, reads_as: Any, site: Site, data_class: DataClass
    ) -> None:
        client = reads_as(in_departement("93", writes=False))
        html = client.get(f"/sites/{site.pk}/").content.decode()
        assert f"/{PAGES[data_class]}/" not in html
        assert CANARIES[data_class][0] in html.replace("\N{NARROW NO-BREAK SPACE}", "")
        for method in (client.get, client.post):
            assert method(address(site, data_class)).status_code == 403

    def test_untouched_it_writes_nothing(
        self, reads_as: Any, site: Site, data_class: DataClass
    ) -> None:
        client = reads_as(in_departement("93"))
        before = block_version(block_rows(everywhere(), data_class, site.pk))
        response = client.post(address(site, data_class), sent(client, site, data_class))
        assert response.status_code == 302
        assert block_version(block_rows(everywhere(), data_class, site.pk)) == before

    def test_opening_it_is_logged(self, reads_as: Any, site: Site, data_class: DataClass) -> None:
        reads_as(in_departement("93")).get(address(site, data_class))
        line = ReadLog.objects.get()
        assert (line.data_class, line.purpose) == (data_class, "edit")


class TestWriting:
    def test_procedures_of_another_day_are_another_row(self, reads_as: Any, site: Site) -> None:
        client = reads_as(in_departement("93"))
        values = sent(client, site, DataClass.JUDICIAL) | {
            "police_status": "granted",
            "police_granted_on": "2025-03-01",
            "observed_on": "2025-03-02",
        }
        assert client.post(address(site, DataClass.JUDICIAL), values).status_code == 302
        old, new = Judicial.objects.order_by("observed_on")
        assert (old.police_status, new.police_status) == ("requested", "granted")
        assert new.bailiff == "Étude Canari"
        assert new.insalubrity_parcels == ["93066000ZZ7302"]

    def test_every_error_stands_beside_its_field(self, reads_as: Any, site: Site) -> None:
        client = reads_as(in_departement("93"))
        values = sent(client, site, DataClass.JUDICIAL) | {
            "police_granted_on": "2025-03-01",
            "order_by": "Préfet inventé",
            "insalubrity_parcels": "12",
        }
        response = client.post(address(site, DataClass.JUDICIAL), values)
        html = response.content.decode()
        assert response.status_code == 422
        assert set(response.context["editor"].form.errors) == {
            "police_granted_on",
            "order_by",
            "insalubrity_parcels",
        }
        assert "3 réponses sont à corriger" in html
        assert 'value="Préfet inventé"' in html
        assert Judicial.objects.count() == 1

    def test_an_owner_is_added_and_another_ended(self, reads_as: Any, site: Site) -> None:
        client = reads_as(in_departement("93"))
        values = sent(client, site, DataClass.OWNER) | {
            "0-ended_on": "2025-04-01",
            "1-name": "Nouveau nom inventé",
            "1-category": "private",
            "1-parcel": "93066000ab0012",
            "1-observed_on": "2025-04-01",
        }
        assert client.post(address(site, DataClass.OWNER), values).status_code == 302
        old, new = SiteOwner.objects.order_by("observed_on")
        assert (old.active, new.active, new.parcel) == (False, True, "93066000AB0012")

    def test_a_row_more_without_script(self, reads_as: Any, site: Site) -> None:
        client = reads_as(in_departement("93"))
        values = sent(client, site, DataClass.HEALTH) | {"1-kind": "heat", "1-people": "7"}
        response = client.post(address(site, DataClass.HEALTH), values | {"action": "add"})
        assert response.status_code == 200
        assert [form.key is None for form in response.context["forms"]] == [False, True, True]
        assert 'value="7"' in response.content.decode()
        assert HealthWatch.objects.count() == 1

    def test_a_refused_row_is_told_in_place(self, reads_as: Any, site: Site) -> None:
        client = reads_as(in_departement("93"))
        values = sent(client, site, DataClass.FINANCE) | {
            "1-kind": "resorption",
            "1-amount_eur": "12",
            "1-observed_on": DAY.isoformat(),
        }
        response = client.post(address(site, DataClass.FINANCE), values)
        assert response.status_code == 422
        assert "déjà cette date" in str(response.context["forms"][1].errors["observed_on"])
        assert CostEstimate.objects.count() == 1

    def test_two_people_at_once_lose_nothing(self, reads_as: Any, site: Site) -> None:
        client = reads_as(in_departement("93"))
        values = sent(client, site, DataClass.OWNER)
        theirs = values | {"0-name": "Leur nom inventé", "1-name": "Ajouté inventé"}
        assert client.post(address(site, DataClass.OWNER), theirs).status_code == 302
        mine = values | {"0-name": "Mon nom inventé"}
        response = client.post(address(site, DataClass.OWNER), mine)
        html = response.content.decode()
        assert response.status_code == 409
        assert "Leur nom inventé" in html
        assert 'value="Mon nom inventé"' in html
        assert 'value="Ajouté inventé"' in html
        assert SiteOwner.objects.filter(name="Leur nom inventé").exists()
        again = sent(client, site, DataClass.OWNER) | {"0-name": "Mon nom inventé"}
        assert again["version"] == response.context["version"]
        assert client.post(address(site, DataClass.OWNER), again).status_code == 302
        assert SiteOwner.objects.filter(name="Mon nom inventé").exists()

    def test_procedures_written_at_once_are_compared(self, reads_as: Any, site: Site) -> None:
        client = reads_as(in_departement("93"))
        values = sent(client, site, DataClass.JUDICIAL)
        client.post(address(site, DataClass.JUDICIAL), values | {"bailiff": "Leur étude"})
        response = client.post(address(site, DataClass.JUDICIAL), values | {"bailiff": "Mon étude"})
        assert response.status_code == 409
        (difference,) = response.context["conflict"]
        assert (difference.theirs, difference.mine) == ("Leur étude", "Mon étude")

    def test_without_a_version_nothing_is_overwritten(self, reads_as: Any, site: Site) -> None:
        client = reads_as(in_departement("93"))
        values = sent(client, site, DataClass.JUDICIAL) | {"bailiff": "Mon étude"}
        values.pop("version")
        assert client.post(address(site, DataClass.JUDICIAL), values).status_code == 409

    def test_a_forged_row_is_not_taken(self, reads_as: Any, site: Site) -> None:
        client = reads_as(in_departement("93"))
        values = sent(client, site, DataClass.OWNER) | {"0-id": "12"}
        assert client.post(address(site, DataClass.OWNER), values).status_code == 404
        assert SiteOwner.objects.count() == 1


def test_nobody_reads_a_block_without_signing_in(client: Client, site: Site) -> None:
    for data_class in RESTRICTED:
        response = client.get(address(site, data_class))
        assert (response.status_code, response["Location"][:11]) == (302, "/connexion/")


ALL_CLASSES, NONE = frozenset(RESTRICTED), frozenset[DataClass]()


@pytest.mark.parametrize(
    ("reader", "classes"),
    [
        ((Role.NATIONAL_ADMIN, Level.NATION, ""), ALL_CLASSES),
        ((Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"), ALL_CLASSES),
        ((Role.CORRESPONDENT, Level.DEPARTEMENT, "93"), ALL_CLASSES),
        ((Role.PARTNER, Level.DEPARTEMENT, "93"), NONE),
        ((Role.NATIONAL_PARTNER, Level.NATION, ""), NONE),
        ((Role.OPERATOR, Level.DEPARTEMENT, "93"), NONE),
        ((Role.OBSERVER, Level.DEPARTEMENT, "93"), NONE),
    ],
)
def test_the_role_of_a_real_account_decides(
    client: Client, site: Site, reader: tuple[str, str, str], classes: frozenset[DataClass]
) -> None:
    client.force_login(make_user(*reader))
    html = client.get(f"/sites/{site.pk}/").content.decode()
    text = html.replace("\N{NARROW NO-BREAK SPACE}", "")
    found = {each for each in RESTRICTED if any(canary in text for canary in CANARIES[each])}
    pages = {each for each in RESTRICTED if client.get(address(site, each)).status_code == 200}
    assert found == pages == classes
    there = make_site(5.4, 43.3)
    fill(there)
    at_home = reader[1] != Level.NATION
    assert (client.get(address(there, DataClass.OWNER)).status_code == 404) == (
        at_home or not classes
    )


def test_the_queries_are_bounded(
    reads_as: Any, site: Site, django_assert_max_num_queries: Any
) -> None:
    client = reads_as(in_departement("93"))
    with django_assert_max_num_queries(14):
        client.get(address(site, DataClass.OWNER))
