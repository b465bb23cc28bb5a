"""Closing a site and saying where its people came from, by the forms."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from geo.core.errors import InvalidInput
from geo.core.scope import Scope
from geo.sites.models import Closure, ClosureSolution, Reinstallation, Site
from geo.sites.services import site_close
from tests.support.factories import make_site

CLOSING = {
    "cause": "closed_by_pref_admin",
    "closed_on": "2025-03-01",
    "context": "Contexte inventé",
    "closed_with_solutions": "no",
}


@pytest.fixture
def site(territories: Any) -> Site:
    return make_site(observed_on=dt.date(2024, 4, 1), population={"people": 30})


@pytest.fixture
def writer(client: Client, admin_93: Any) -> Client:
    client.force_login(admin_93)
    return client


def close(client: Client, site: Site, **fields: str) -> Any:
    return client.post(f"/sites/{site.pk}/fermer/", CLOSING | fields)


def test_a_site_closes_with_its_orientations(writer: Client, site: Site) -> None:
    response = close(
        writer, site, **{"emergency_shelter-people": "20", "none-people": "10", "none-message": "x"}
    )
    assert (response.status_code, response["Location"]) == (302, f"/sites/{site.pk}/")
    closing = Closure.objects.get()
    assert (closing.kind, closing.needs_review) == ("evacuation", False)
    found = {row.type: row.people for row in ClosureSolution.objects.all()}
    assert found == {"emergency_shelter": 20, "none": 10}


def test_the_suggestion_is_computed_and_nothing_is_saved(writer: Client, site: Site) -> None:
    for people, answer in (("20", "Oui"), ("19", "Non")):
        response = close(writer, site, **{"housing-people": people, "suggest": "1"})
        assert response.status_code == 200
        assert f"réponse suggérée «\u00a0{answer}\u00a0»" in response.content.decode()
    assert not Closure.objects.exists()


def test_an_answer_against_the_suggestion_needs_a_reason(writer: Client, site: Site) -> None:
    response = close(writer, site, **{"housing-people": "25"})
    assert response.status_code == 422
    assert "précisez pourquoi" in response.context["form"].errors["comment"][0]
    assert not Closure.objects.exists()
    assert close(writer, site, **{"housing-people": "25", "comment": "Retours"}).status_code == 302
    assert Closure.objects.get().needs_review


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"closed_on": "2023-01-01"}, "closed_on", "avant son ouverture"),
        ({"closed_on": "2999-01-01"}, "closed_on", "futur"),
        ({"closed_on": ""}, "closed_on", "Donnez une date"),
        ({"context": " "}, "context", "obligatoire"),
        ({"cause": ""}, "cause", "liste"),
        ({"closed_with_solutions": ""}, "closed_with_solutions", "Choisissez"),
    ],
)
def test_each_refusal_is_beside_its_field(
    writer: Client, site: Site, fields: dict[str, str], field: str, said: str
) -> None:
    response = close(writer, site, **fields)
    assert response.status_code == 422
    assert said in response.context["form"].errors[field][0]
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not Closure.objects.exists()


def test_every_error_is_told_in_one_round(writer: Client, site: Site) -> None:
    wrong = {"closed_on": "2023-01-01", "closed_with_solutions": "", "context": ""}
    response = close(writer, site, **wrong, **{"housing-people": "31"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == set(wrong)
    html = response.content.decode()
    assert 'id="id_housing-people_error"' in html
    for said in ("avant son ouverture", "Choisissez une réponse", "31 personnes"):
        assert said in html, said
    assert not Closure.objects.exists()


@pytest.mark.parametrize("asked", [{"housing-people": "20", "none-people": "11"}])
def test_no_more_people_are_directed_than_counted(
    writer: Client, site: Site, asked: dict[str, str]
) -> None:
    response = close(writer, site, **asked)
    assert response.status_code == 422
    assert "le site 30 au relevé" in response.content.decode().replace("\u00a0", " ")
    assert not Closure.objects.exists()
    with pytest.raises(InvalidInput) as refused:
        site_close(
            by=None,
            scope=Scope.nation(),
            site_id=site.pk,
            cause="other",
            closed_on=dt.date(2025, 3, 1),
            context="Contexte inventé",
            closed_with_solutions="unknown",
            solutions=[{"type": "housing", "people": 20}, {"type": "none", "people": 11}],
        )
    assert refused.value.field == "solutions"
    asked["none-people"] = "10"
    assert close(writer, site, **asked, comment="Retours inventés").status_code == 302


def test_negative_people_are_refused(writer: Client, site: Site) -> None:
    response = close(writer, site, **{"housing-people": "-1"})
    assert response.status_code == 422
    assert "de 0 à" in response.content.decode()
    assert not Closure.objects.exists()


def test_a_closed_site_does_not_close_again(writer: Client, site: Site) -> None:
    assert close(writer, site).status_code == 302
    response = close(writer, site)
    assert response.status_code == 409
    assert "déjà fermé" in response.content.decode()
    assert "Fermer le site" not in writer.get(f"/sites/{site.pk}/").content.decode()


def test_a_site_of_origin_is_declared(writer: Client, site: Site) -> None:
    left = make_site(2.36, 48.93)
    sent = {"reference": left.reference.lower(), "people": "12", "happened_on": "2024-04-02"}
    response = writer.post(f"/sites/{site.pk}/origines/", sent)
    assert response.status_code == 302
    flow = Reinstallation.objects.get()
    assert (flow.origin_id, flow.site_id, flow.people) == (left.pk, site.pk, 12)


def test_an_origin_that_is_not_visible_is_unknown(writer: Client, site: Site) -> None:
    hidden = make_site(5.35, 43.3)
    for reference in (hidden.reference, "93-AAAAAA"):
        sent = {"reference": reference, "people": "", "happened_on": "2024-04-02"}
        response = writer.post(f"/sites/{site.pk}/origines/", sent)
        assert response.status_code == 422
        assert "Aucun site de cette référence" in response.content.decode()
    sent = {"reference": site.reference, "people": "", "happened_on": "2024-04-02"}
    itself = writer.post(f"/sites/{site.pk}/origines/", sent)
    assert "autre site" in itself.content.decode()
    left = make_site(2.36, 48.93)
    sent = {"reference": left.reference, "people": "-3", "happened_on": "2999-01-01"}
    wrong = writer.post(f"/sites/{site.pk}/origines/", sent)
    assert "people" in wrong.context["form"].errors
    late = writer.post(f"/sites/{site.pk}/origines/", sent | {"people": "3"})
    assert "futur" in late.context["form"].errors["happened_on"][0]
    assert not Reinstallation.objects.exists()


def page_of(response: Any) -> dict[str, str]:
    """What the browser sends back of the page that it was given, as it shows it."""
    context = response.context
    sent = {"version": context["version"], "shown": context["shown"]}
    for form in context["forms"]:
        for bound in form:
            value = bound.value()
            if value not in (None, ""):
                sent[bound.html_name] = str(value)
    return sent


def test_two_people_close_at_once_and_each_field_is_chosen(writer: Client, site: Site) -> None:
    page = f"/sites/{site.pk}/fermer/"
    mine = page_of(writer.get(page))
    assert mine["version"] == ""
    theirs = (
        mine | CLOSING | {"context": "Leur contexte", "none-people": "4", "comment": "Leur mot"}
    )
    assert writer.post(page, theirs).status_code == 302
    mine |= CLOSING | {"cause": "other", "context": "Mon contexte", "emergency_shelter-people": "9"}
    response = writer.post(page, mine)
    html = response.content.decode()
    assert response.status_code == 409
    assert "déjà fermé" in html
    assert "Corriger la fermeture du site" in html
    offered = {each.name: each.untouched for each in response.context["conflict"]}
    assert offered == {
        "cause": False,
        "context": False,
        "comment": True,
        "emergency_shelter-people": False,
        "none-people": True,
    }
    assert 'name="keep-none-people" value="theirs" checked' in html
    assert "Aucune : Personnes" in html
    assert Closure.objects.get().context == "Leur contexte"
    again = mine | {f"keep-{name}": "theirs" for name in ("comment", "none-people", "context")}
    again |= {name: response.context[name] for name in ("version", "shown")}
    assert writer.post(page, again).status_code == 302
    closing = Closure.objects.get()
    assert (closing.cause, closing.context, closing.comment) == (
        "other", "Leur contexte", "Leur mot",
    )  # fmt: skip
    assert closing.kind == "other"
    found = {row.type: row.people for row in ClosureSolution.objects.all()}
    assert found == {"emergency_shelter": 9, "none": 4}
    assert Site.objects.get(pk=site.pk).version == site.version + 2


def test_a_closing_is_corrected_on_the_state_that_was_read(writer: Client, site: Site) -> None:
    page = f"/sites/{site.pk}/fermer/"
    close(writer, site, **{"none-people": "10", "none-message": "Inventé"})
    assert "Corriger la fermeture" in writer.get(f"/sites/{site.pk}/").content.decode()
    mine = page_of(writer.get(page))
    assert mine["none-message"] == "Inventé"
    theirs = mine | {"context": "Leur contexte", "none-people": ""}
    assert writer.post(page, theirs).status_code == 302
    # With what it had shown: only what was touched here is mine.
    response = writer.post(page, mine | {"housing-people": "20", "closed_with_solutions": "yes"})
    assert response.status_code == 409
    offered = {each.name: each.untouched for each in response.context["conflict"]}
    assert offered == {
        "closed_with_solutions": False,
        "housing-people": False,
        "context": True,
        "none-people": True,
    }
    again = page_of(response) | {"keep-context": "theirs", "keep-none-people": "theirs"}
    assert writer.post(page, again).status_code == 302
    closing = Closure.objects.get()
    assert (closing.context, closing.kind) == ("Leur contexte", "resorption")
    rows = {row.type: (row.people, row.message) for row in ClosureSolution.objects.all()}
    assert rows == {"housing": (20, ""), "none": (None, "Inventé")}
    wrong = page_of(writer.get(page)) | {"closed_on": "2999-01-01"}
    assert writer.post(page, wrong).status_code == 422
    Closure.objects.update(reopened_on=dt.date(2025, 4, 1))
    mine = {name: value for name, value in again.items() if not name.startswith("keep-")}
    mine["context"] = "Contexte inventé"
    response = writer.post(page, mine)
    assert response.status_code == 409
    assert "plus fermé" in response.content.decode()
    assert response.context["version"] == ""
