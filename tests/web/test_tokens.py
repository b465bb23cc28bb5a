"""Tokens limited to collections, classes and areas; never beyond their owner; under a quota."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.accounts.models import FeedToken
from geo.accounts.tokens import token_create
from geo.core.errors import InvalidInput
from tests.support.canaries import World, make_world, reference_of
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
ITEMS = "/ogc/collections/sites/items"


@pytest.fixture
def world(territories: Any) -> World:
    return make_world()


def make(client: Client, **fields: Any) -> Any:
    sent = {"name": "QGIS inventé", "purpose": "Carte du comité inventé", "days": "90"}
    return client.post("/compte/jetons/", sent | fields)


def answer(text: str, path: str = ITEMS) -> Any:
    return Client(headers={"Authorization": f"Bearer {text}"}).get(path)


def test_a_token_gives_its_collections_classes_and_areas_alone(
    client: Client, world: World, national_admin: Any
) -> None:
    client.force_login(national_admin)
    made = make(
        client,
        collections=["sites"],
        classes=["owner"],
        territory="departement:93",
        precise="93066",
    )
    assert made.status_code == 201
    secret = re.search(r'at-secret">([^<]+)<', made.content.decode())
    assert secret
    token = FeedToken.objects.get()
    assert (token.collections, token.classes, token.areas, token.quota) == (
        ["sites"],
        ["owner"],
        ["commune:93066"],
        None,
    )
    told = answer(secret[1], f"{ITEMS}?properties=reference,owner_name").content.decode()
    assert reference_of("93066") in told
    assert "Propcanari93066" in told
    assert "93008" not in told
    assert "13055" not in told
    assert answer(secret[1], "/ogc/collections/site-history/items").status_code == 404
    page = client.get("/compte/jetons/").content.decode()
    assert "(93066)" in page
    assert "avec : propriétaires" in page
    assert "Dernier usage" in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"collections": ["inconnue"]}, "collections"),
        ({"classes": ["judicial"]}, "classes"),
        ({"classes": ["police"]}, "classes"),
        ({"territory": "departement:13"}, "territory"),
        ({"territory": "departement:93", "precise": "13055"}, "territory"),
        ({"territory": "departement:93", "precise": "x"}, "precise"),
        ({"precise": "93066"}, "territory"),
    ],
)
def test_what_is_beyond_the_owner_is_refused_beside_its_field(
    client: Client, world: World, admin_93: Any, fields: dict[str, Any], field: str
) -> None:
    client.force_login(admin_93)
    response = make(client, **fields)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not FeedToken.objects.exists()


@pytest.mark.parametrize("classes", [["judicial"], ["owner", "judicial"]])
def test_nobody_makes_a_judicial_token(territories: Any, classes: list[str]) -> None:
    admin = make_user(Role.NATIONAL_ADMIN)
    with pytest.raises(InvalidInput, match="judiciaires"):
        token_create(user=admin, name="essai", purpose="essai", classes=classes)
    assert not FeedToken.objects.exists()


def test_a_role_without_the_class_is_not_offered_it(client: Client, territories: Any) -> None:
    partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
    client.force_login(partner)
    assert 'name="classes"' not in client.get("/compte/jetons/").content.decode()
    with pytest.raises(InvalidInput):
        token_create(user=partner, name="essai", purpose="essai", classes=["owner"])


def test_a_partner_system_has_a_quota_of_answers_a_day(world: World, settings: Any) -> None:
    settings.TOKEN_DAILY_QUOTA = 2
    system = make_user(Role.API_TOKEN, Level.DEPARTEMENT, "93")
    token, text = token_create(user=system, name="essai", purpose="essai")
    assert [answer(text).status_code for _ in range(3)] == [200, 200, 429]
    refused = answer(text, "/tiles/sites/0/0/0.mvt")
    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused["Retry-After"]) <= 90_000
    assert refused.json()["title"] == "Trop de demandes"
    assert "2 réponses par jour" in refused.json()["detail"]
    token.refresh_from_db()
    assert token.used == 2
    # The next day begins at nothing.
    FeedToken.objects.update(used_on="2020-01-01")
    assert answer(text).status_code == 200
    token.refresh_from_db()
    assert token.used == 1


def test_a_person_has_no_quota(world: World, settings: Any, admin_93: Any) -> None:
    settings.TOKEN_DAILY_QUOTA = 1
    token, text = token_create(user=admin_93, name="essai", purpose="essai")
    assert [answer(text).status_code for _ in range(3)] == [200, 200, 200]
    token.refresh_from_db()
    assert token.used == 0
