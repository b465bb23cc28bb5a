"""Tokens limited to collections, classes and areas; never beyond their owner; under a quota."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.accounts.models import FeedToken
from geo.accounts.scopes import scope_for
from geo.accounts.tokens import token_create
from geo.core.errors import InvalidInput
from geo.core.scope import Areas, DataClass, Verb
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


def test_the_public_list_says_what_for_and_names_nobody(
    client: Client, world: World, national_admin: Any
) -> None:
    def page() -> str:
        return Client().get("/organismes/").content.decode()

    assert "Aucun jeton n’est en vigueur" in page()
    national_admin.full_name = "Personne Canari"
    national_admin.save()
    client.force_login(national_admin)
    made = make(client, name="Nom canari", collections=["sites"], classes=["owner"],
                territory="departement:93")  # fmt: skip
    assert made.status_code == 201
    FeedToken.objects.update(last_used_at="2026-03-17T12:00:00Z")
    token = FeedToken.objects.get()
    told = page()
    for words in (
        "Carte du comité inventé",
        "Lire : informations générales et propriétaires",
        "Seine-Saint-Denis",
        "mars 2026",
        f"{token.expires_at:%d/%m/%Y}",
        "1 jeton<",
    ):
        assert words in told, words
    for hidden in ("Nom canari", "Personne Canari", token.prefix, national_admin.email, "17 mars"):
        assert hidden not in told
    for ended in ({"revoked_at": "2026-01-01T00:00Z"}, {"expires_at": "2026-01-01T00:00Z"}):
        kept = FeedToken.objects.values(*ended).get()
        FeedToken.objects.update(**ended)
        assert "Carte du comité inventé" not in page()
        FeedToken.objects.update(**kept)
    assert "Carte du comité inventé" in page()
    # The role that lets data out is gone: so is what the token gives.
    national_admin.memberships.update(role=Role.OBSERVER)
    assert "Carte du comité inventé" not in page()


def test_a_token_reads_unless_it_may_write(
    client: Client, world: World, national_admin: Any
) -> None:
    client.force_login(national_admin)
    texts = {}
    for method in ("", "write"):
        made = make(client, methods=method)
        assert made.status_code == 201
        texts[method] = re.search(r'at-secret">([^<]+)<', made.content.decode())[1]  # type: ignore[index]
    methods = list(FeedToken.objects.order_by("pk").values_list("methods", flat=True))
    assert methods == [["read"], ["read", "write"]]
    for verb in ("POST", "PUT", "PATCH", "DELETE"):
        headers = {"Authorization": f"Bearer {texts['']}"}
        refused = Client(headers=headers).generic(verb, ITEMS)
        assert refused.status_code == 403
        assert refused.json()["detail"] == "Ce jeton ne permet que de lire."
        assert "WWW-Authenticate" not in refused
    assert answer(texts[""]).status_code == answer(texts["write"]).status_code == 200
    reading, writing = (
        scope_for(national_admin, each) for each in FeedToken.objects.order_by("pk")
    )
    assert {verb for verb, _ in reading.verbs} == {Verb.EXPORT}
    assert {verb for verb, _ in writing.verbs} == {
        Verb.EXPORT, Verb.CREATE, Verb.UPDATE, Verb.CLOSE,
    }  # fmt: skip
    assert "lire et écrire" in client.get("/compte/jetons/").content.decode()


def test_writing_is_within_the_rights_and_limits_of_the_owner(world: World) -> None:
    person = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", email="local@example.test")
    token, _ = token_create(
        user=person, name="x", purpose="x", methods=["write"], classes=["health"],
        places=[("commune", "93066")],
    )  # fmt: skip
    scope = scope_for(person, token)
    assert scope.where(Verb.UPDATE) == Areas(communes=("93066",))
    assert scope.where(Verb.UPDATE, DataClass.HEALTH) == Areas(communes=("93066",))
    assert not scope.where(Verb.UPDATE, DataClass.OWNER)
    assert not scope.where(Verb.DELETE)
    assert not scope.where(Verb.ADMINISTER)
    # Whoever writes nothing makes no token that writes, and is not asked; nor does a system.
    for role, level, code in (
        (Role.NATIONAL_PARTNER, Level.NATION, ""),
        (Role.API_TOKEN, Level.DEPARTEMENT, "93"),
    ):
        reader = make_user(role, level, code, email=f"{role}@example.test")
        with pytest.raises(InvalidInput, match="rien écrire"):
            token_create(user=reader, name="x", purpose="x", methods=["write"])
        client = Client()
        client.force_login(reader)
        assert 'name="methods"' not in client.get("/compte/jetons/").content.decode()
    # The right goes, and the token's with it.
    person.memberships.update(role=Role.NATIONAL_PARTNER)
    assert not scope_for(person, token).where(Verb.UPDATE)


def test_a_token_serves_in_its_networks_alone(
    client: Client, world: World, national_admin: Any, settings: Any
) -> None:
    client.force_login(national_admin)
    made = make(client, networks="192.0.2.0/24, 2001:db8::/32\n198.51.100.7")
    text = re.search(r'at-secret">([^<]+)<', made.content.decode())[1]  # type: ignore[index]
    token = FeedToken.objects.get()
    assert token.networks == ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"]

    def from_(address: str, **headers: str) -> Any:
        headers |= {"Authorization": f"Bearer {text}"}
        return Client(headers=headers, REMOTE_ADDR=address).get(ITEMS)

    refused = from_("203.0.113.1")
    assert refused.status_code == 401
    assert refused.json()["detail"] == answer("rien.rien").json()["detail"]
    assert refused["WWW-Authenticate"]
    # A use that was refused is none.
    assert FeedToken.objects.get().last_used_at is None
    for address in ("192.0.2.9", "2001:db8::1", "198.51.100.7", "::ffff:192.0.2.9"):
        assert from_(address).status_code == 200, address
    for address in ("198.51.100.8", "2001:db9::1", "", "inconnue"):
        assert from_(address).status_code == 401, address
    # What the reader writes is believed as far as our proxies wrote it.
    assert from_("203.0.113.1", **{"X-Forwarded-For": "192.0.2.9"}).status_code == 401
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert from_("10.0.0.1", **{"X-Forwarded-For": "192.0.2.9"}).status_code == 200
    forged = {"X-Forwarded-For": "192.0.2.9, 203.0.113.1"}
    assert from_("10.0.0.1", **forged).status_code == 401
    assert from_("192.0.2.9", **forged).status_code == 401
    page = client.get("/compte/jetons/").content.decode()
    assert "depuis 192.0.2.0/24, 2001:db8::/32, 198.51.100.7/32" in page


@pytest.mark.parametrize("text", ["bureau", "192.0.2.7/24", "0.0.0.0/0", "::/0", "1.2.3.4/33"])
def test_a_network_that_is_none_is_told(
    client: Client, world: World, national_admin: Any, text: str
) -> None:
    client.force_login(national_admin)
    made = make(client, networks=text)
    assert made.status_code == 422
    assert "id_networks" in made.content.decode()
    assert text.split("/", maxsplit=1)[0] in made.content.decode()
    assert not FeedToken.objects.exists()
