"""What may be taken away: where the letter E is held, class by class; the rest is read only."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import GrantKind, Level, OptionKind, Role
from geo.accounts.models import Membership, User
from geo.accounts.scopes import scope_for, scope_of_exports
from geo.core.scope import DataClass
from tests.geo.accounts.grants import make_grant
from tests.support.canaries import World, make_world
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
ITEMS = "/ogc/collections/sites/items"
NAMES = "owner_name,bailiff,health_measures,cost_resorption_eur"


@pytest.fixture
def world(territories: Any) -> World:
    return make_world()


def taken(user: User, path: str = ITEMS) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(path)


def ids(response: Any) -> set[int]:
    assert response.status_code == 200, response.content
    return {each["id"] for each in response.json()["features"]}


def exception(user: User, code: str, data_class: DataClass, letters: str) -> None:
    make_grant(
        kind=GrantKind.EXCEPTION,
        user=user,
        data_class=data_class,
        letters=letters,
        level=Level.COMMUNE,
        code=code,
    )


def test_an_export_allowed_on_one_commune_gives_that_commune_alone(world: World) -> None:
    observer = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93")
    assert taken(observer).status_code == 403
    exception(observer, "93066", DataClass.GENERAL, "VE")
    here = {world.site("93066"), world.closed["93066"].pk}
    there = world.site("93008")
    assert scope_for(observer).reach().precision(there, world.sites["93008"]) is not None
    assert ids(taken(observer)) == here
    found = taken(observer).json()["features"]
    assert {each["properties"]["precision"] for each in found} == {"exact"}
    assert taken(observer, f"{ITEMS}?resultType=hits").json()["numberMatched"] == 2
    assert taken(observer, f"{ITEMS}/{world.site('93066')}").status_code == 200
    assert taken(observer, f"{ITEMS}/{there}").status_code == 404
    # What is read stays what it was: the sheet and the map.
    assert taken(observer, f"/sites/{there}/").status_code == 200
    assert "CAN-93008" in taken(observer, "/carte/communes/93008/?v=list").content.decode()


def test_an_option_to_read_takes_nothing_away(world: World) -> None:
    partner = make_user(Role.PARTNER, Level.DEPARTEMENT, "93")
    second = make_user(Role.NATIONAL_ADMIN, email="second@example.test")
    for option in (OptionKind.ACCESS_OWNER, OptionKind.ACCESS_ACTION_FINANCES):
        make_grant(user=partner, option=option)
    make_grant(user=partner, option=OptionKind.ACCESS_JUDICIAL, approved_by=second)
    assert scope_for(partner).reach(DataClass.JUDICIAL).exact.departements == ("93",)
    for name in ("owner_name", "bailiff", "police_status", "cost_resorption_eur"):
        assert taken(partner, f"{ITEMS}?properties={name}").status_code == 400, name
    for kept in ("schema", "queryables"):
        told = taken(partner, f"/ogc/collections/sites/{kept}").content.decode()
        assert "owner_category" not in told
    assert "owner_category" not in taken(partner).content.decode()
    exception(partner, "93066", DataClass.OWNER, "VE")
    given = taken(partner, f"{ITEMS}?properties=reference,owner_name").json()["features"]
    told = {each["properties"]["reference"]: each["properties"].get("owner_name") for each in given}
    assert told["CAN-93066"] == "Propcanari93066"
    assert told["CAN-93008"] is None
    assert (
        "Propcanari93008" not in taken(partner, f"{ITEMS}?properties=owner_name").content.decode()
    )


def test_the_judicial_leaves_with_who_has_the_letter_and_names_it(world: World) -> None:
    for role in (Role.LOCAL_ADMIN, Role.CORRESPONDENT):
        officer = make_user(role, Level.DEPARTEMENT, "93")
        text = taken(officer, f"{ITEMS}?properties={NAMES}").content.decode()
        for word in ("Propcanari", "Etudecanari", "Mesurecanari"):
            assert f"{word}93066" in text
            assert f"{word}13055" not in text


def test_two_roles_take_away_what_each_may(world: World) -> None:
    person = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93")
    Membership.objects.create(user=person, role=Role.CORRESPONDENT, level="commune", code="13055")
    scope = scope_for(person)
    assert scope.reach(DataClass.GENERAL).grid.departements == ("93",)
    out = scope_of_exports(person)
    assert out.reach().exact.communes == ("13055",)
    assert not out.reach().grid
    assert ids(taken(person)) == {world.site("13055"), world.closed["13055"].pk}


def test_a_refused_export_leaves_the_reading(world: World) -> None:
    officer = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
    make_grant(
        kind=GrantKind.EXCEPTION,
        user=officer,
        data_class=DataClass.GENERAL,
        letters="E",
        refused=True,
        level="nation",
        code="",
    )
    assert taken(officer).status_code == 403
    assert taken(officer, f"/sites/{world.site('93066')}/").status_code == 200
    # The links of the feeds are not offered where they are refused.
    sheet = taken(officer, f"/sites/{world.site('93066')}/").content.decode()
    assert f"{ITEMS}/{world.site('93066')}" not in sheet


def test_a_session_and_a_token_take_away_the_same(world: World) -> None:
    from geo.accounts.tokens import widest_scope

    people = [
        make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93"),
        make_user(Role.PARTNER, Level.COMMUNE, "93066"),
        make_user(Role.NATIONAL_PARTNER),
        make_user(Role.OPERATOR, Level.EPCI, "200054807"),
    ]
    make_grant(user=people[1], option=OptionKind.ACCESS_OWNER)
    exception(people[1], "93066", DataClass.HEALTH, "VE")
    for person in people:
        out = dict(scope_of_exports(person).reaches)
        out.pop(DataClass.JUDICIAL, None)
        assert out == dict(widest_scope(person).reaches), person
