"""« Voir en tant que » gives byte for byte what an account of the role receives, and no more.

Not compared: the banner, CSRF tokens, nonces, the name of who reads, the time of a print or of a
page of features. Tiles are compared as they are.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.granting import rights_refuse
from geo.accounts.models import Membership, ReadLog, User
from geo.accounts.scopes import scope_for
from geo.core.scope import DataClass
from geo.sites.models import Site
from tests.geo.accounts.grants import tomorrow
from tests.support.canaries import World, make_world
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
BEGIN, END = "/compte/voir-en-tant-que/", "/compte/voir-en-tant-que/fin/"
SHOWN = (
    (Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93"),
    (Role.CORRESPONDENT, Level.DEPARTEMENT, "93"),
    (Role.PARTNER, Level.COMMUNE, "93066"),
    (Role.NATIONAL_PARTNER, Level.NATION, ""),
    (Role.OPERATOR, Level.DEPARTEMENT, "13"),
    (Role.INTERVENER, Level.DEPARTEMENT, "93"),
    (Role.OBSERVER, Level.COMMUNE, "93066"),
    (Role.NATIONAL_ADMIN, Level.NATION, ""),
)
LEFT_OUT = (
    (re.compile(r'<aside class="at-demo at-seen".*?</aside>', re.S), ""),
    (re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"'), "csrf"),
    (re.compile(r'nonce="[^"]*"'), "nonce"),
    (re.compile(r'"timeStamp":"[^"]*"'), "instant"),
    (re.compile(r"\d\d/\d\d/\d{4} à \d\d[:h ]+\d\d"), "instant"),
)


@pytest.fixture
def world(territories: Any) -> World:
    return make_world()


def sent(role: str, level: str, code: str) -> dict[str, str]:
    """What the form sends for a role on a territory."""
    if level == Level.COMMUNE:
        return {"role": role, "territory": f"departement:{code[:2]}", "precise": code}
    return {"role": role, "territory": f"{level}:{code}"}


def looking(user: User, role: str, level: str, code: str) -> Client:
    """A client of this administrator, who looks as a role."""
    client = Client()
    client.force_login(user)
    begun = client.post(BEGIN, sent(role, level, code))
    assert begun.status_code == 302, begun.content.decode()
    return client


def paths(world: World) -> list[str]:
    """Pages, fragments, feeds, tiles and prints about every site."""
    found = [
        "/aide/",
        "/compte/permissions/",
        "/carte/departements/93/?v=list",
        "/carte/departements/13/?v=list",
        "/carte/regions/11/",
        "/impressions/",
        "/impressions/communes/93066.svg",
        "/sites/nouveau/",
        "/ogc/",
        "/ogc/collections?f=json",
        "/ogc/collections/sites/schema",
        "/ogc/collections/sites/items?limit=3",
        "/ogc/collections/sites/items?properties=reference,name,owner_name",
        "/ogc/collections/sites/items?properties=reference,bailiff",
        "/ogc/collections/site-history/items",
        *(f"/tiles/{each}/{z}" for each in ("sites", "site-history") for z in ("0/0/0.mvt",)),
        "/tiles/sites/9/259/175.mvt",
        "/tiles/sites/14/8298/5634.mvt",
    ]
    for code in ("93066", "93008", "13055"):
        site = world.site(code)
        found += [
            f"/carte/communes/{code}/",
            f"/sites/{site}/",
            f"/sites/{site}/?fragment=1",
            f"/sites/{site}/modifier/",
            f"/sites/{site}/fermer/",
            f"/sites/{site}/judiciaire/",
            f"/ogc/collections/sites/items/{site}",
        ]
    return found


def received(response: Any, user: User) -> tuple[Any, ...]:
    """An answer without what is the person's and not the role's."""
    body = b"".join(response) if response.streaming else response.content
    kept = tuple(response.get(each, "") for each in ("Content-Type", "ETag", "Cache-Control"))
    if kept[0] == "application/vnd.mapbox-vector-tile":
        return (response.status_code, *kept, body)
    text = body.decode()
    for pattern, instead in LEFT_OUT:
        text = pattern.sub(instead, text)
    return (response.status_code, *kept[::2], text.replace(user.full_name, "NOM"))


@pytest.mark.parametrize(("role", "level", "code"), SHOWN)
def test_it_is_byte_for_byte_what_such_an_account_receives(
    world: World, role: str, level: str, code: str
) -> None:
    admin = make_user(Role.NATIONAL_ADMIN, email="administration@example.test")
    real = make_user(role, level, code, "vrai@example.test")
    User.objects.filter(pk=admin.pk).update(full_name="Dominique Inventée")
    User.objects.filter(pk=real.pk).update(full_name="Claude Inventé")
    admin.refresh_from_db()
    real.refresh_from_db()
    one, other = Client(), looking(admin, role, level, code)
    one.force_login(real)
    for path in paths(world):
        theirs, shown = received(one.get(path), real), received(other.get(path), admin)
        assert shown == theirs, path


def test_the_banner_says_as_whom_and_what_is_read_is_logged_so(
    world: World, admin_93: User
) -> None:
    client = looking(admin_93, Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
    page = client.get(f"/sites/{world.site('93066')}/").content.decode()
    assert "Vous voyez comme : Correspondant" in page
    lines = list(ReadLog.objects.filter(user=admin_93).order_by("pk"))
    assert lines[0].route == "seen_as"
    assert {line.data_class for line in lines[1:]} >= {"judicial", "owner"}
    assert {line.on_behalf_of for line in lines} == {"role:correspondent departement:93"}


def test_nothing_is_written_and_the_account_waits(world: World, admin_93: User) -> None:
    client = looking(admin_93, Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
    before = list(Site.objects.order_by("pk").values())
    site = world.site("93066")
    for path in (f"/sites/{site}/confirmer/", f"/sites/{site}/modifier/", "/sites/nouveau/"):
        refused = client.post(path, {})
        assert refused.status_code == 403
        assert "rien ne peut être changé" in refused.content.decode()
    for method in (client.post, client.put, client.patch, client.delete):
        refused = method("/ogc/collections/sites/items", content_type="application/json")
        assert refused.status_code == 403
        assert refused["Content-Type"] == "application/problem+json"
    assert list(Site.objects.order_by("pk").values()) == before
    for path in ("/compte/securite/", "/compte/jetons/", "/compte/administration/"):
        assert client.get(path)["Location"] == BEGIN
    assert client.post("/deconnexion/").status_code == 302


def test_it_ends_when_asked_and_by_itself(
    world: World, admin_93: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = f"/sites/{world.site('93066')}/"
    client = looking(admin_93, Role.OBSERVER, Level.DEPARTEMENT, "93")
    assert "Nomcanari" not in client.get(sheet).content.decode()
    assert client.post(END, follow=True).status_code == 200
    assert "Nomcanari93066" in client.get(sheet).content.decode()

    client = looking(admin_93, Role.OBSERVER, Level.DEPARTEMENT, "93")
    now = timezone.now().timestamp()
    monkeypatch.setattr("web.accounts.seen.middleware.time.time", lambda: now + 15 * 60 + 5)
    # What an open map still asks for is not given with other rights.
    assert client.get("/tiles/sites/0/0/0.mvt").status_code == 403
    over = client.get(sheet, headers={"accept": "text/html"})
    assert over["Location"] == f"{BEGIN}?fini=1"
    assert "L’aperçu est terminé" in client.get(over["Location"]).content.decode()
    assert "Nomcanari93066" in client.get(sheet).content.decode()


@pytest.mark.parametrize(
    "wanted",
    [
        (Role.NATIONAL_ADMIN, Level.NATION, ""),
        (Role.NATIONAL_PARTNER, Level.NATION, ""),
        (Role.CORRESPONDENT, Level.DEPARTEMENT, "13"),
        (Role.PARTNER, Level.DEPARTEMENT, "13"),
        (Role.API_TOKEN, Level.DEPARTEMENT, "93"),
    ],
)
def test_nobody_looks_beyond_their_own_territory_and_rights(
    client: Client, world: World, admin_93: User, wanted: tuple[str, str, str]
) -> None:
    role, level, code = wanted
    client.force_login(admin_93)
    assert client.post(BEGIN, sent(role, level, code)).status_code == 422
    assert "seen_as" not in client.session
    # Nor by a session that would say so.
    session = client.session
    session["seen_as"] = {
        "role": role,
        "level": level,
        "code": code,
        "words": "",
        "ends_at": int(timezone.now().timestamp()) + 60,
    }
    session.save()
    if role != Role.API_TOKEN:
        assert client.get("/tiles/sites/0/0/0.mvt").status_code == 403


def test_a_right_taken_from_the_administrator_ends_what_shows_it(
    world: World, admin_93: User, national_admin: User
) -> None:
    client = looking(admin_93, Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
    sheet = f"/sites/{world.site('93066')}/"
    assert "Etudecanari93066" in client.get(sheet).content.decode()
    rights_refuse(
        by=national_admin,
        scope=scope_for(national_admin),
        holder=admin_93,
        data_class=DataClass.JUDICIAL,
        letters="V",
        reason="Essai",
        ends_on=tomorrow(),
    )
    assert client.get(sheet).status_code == 403
    again = Client()
    again.force_login(admin_93)
    refused = again.post(BEGIN, sent(Role.CORRESPONDENT, Level.DEPARTEMENT, "93"))
    assert refused.status_code == 422
    assert "lit ou fait là plus que vous" in refused.content.decode()
    Membership.objects.filter(user=admin_93).delete()
    assert client.get(sheet).status_code == 403


def test_who_administers_nothing_looks_as_nobody(client: Client, world: World) -> None:
    client.force_login(make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93"))
    assert client.get(BEGIN).status_code == 403
    assert client.post(BEGIN, sent(Role.OBSERVER, Level.DEPARTEMENT, "93")).status_code == 403


def test_the_page_of_the_account_tells_the_rights_of_the_role(world: World, admin_93: User) -> None:
    client = looking(admin_93, Role.OPERATOR, Level.COMMUNE, "93066")
    real = make_user(Role.OPERATOR, Level.COMMUNE, "93066", "vrai@example.test")
    other = Client()
    other.force_login(real)
    shown, theirs = (each.get("/compte/") for each in (client, other))
    assert shown.context["rights"] == theirs.context["rights"]
    assert shown.context["memberships"] == theirs.context["memberships"]
    for name in ("may_hold_tokens", "administers", "waiting"):
        assert shown.context[name] == theirs.context[name], name
    text = shown.content.decode()
    assert "Opérateur associatif" in text
    assert "Administrer les comptes" not in text
    assert admin_93.email not in text
