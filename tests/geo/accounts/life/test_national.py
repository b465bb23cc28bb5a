"""What the nation decided stays; a partner system is nobody; tokens wait for the charter."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.accounts.life.charter import charter_accept, charter_in_force
from geo.accounts.life.people import (
    account_anonymise,
    account_deactivate,
    account_reactivate,
    role_remove,
    second_factor_reset,
)
from geo.accounts.models import Membership, User
from geo.accounts.scopes import scope_for, scope_of_session
from geo.accounts.tokens import token_create, token_from_header
from geo.core.errors import Forbidden
from tests.support.canaries import make_world, reference_of
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territories")]


def acts(by: User) -> dict[str, Any]:
    return {"by": by, "scope": scope_for(by)}


def test_a_national_closing_is_undone_by_the_nation(admin_93: User, national_admin: User) -> None:
    person = make_user(Role.OPERATOR, Level.DEPARTEMENT, "93")
    account_deactivate(**acts(national_admin), user_id=person.pk)
    for act in (account_reactivate, account_anonymise):
        with pytest.raises(Forbidden):
            act(**acts(admin_93), user_id=person.pk)
    account_reactivate(**acts(national_admin), user_id=person.pk)
    # What a local administrator closes, they open again.
    account_deactivate(**acts(admin_93), user_id=person.pk)
    assert account_reactivate(**acts(admin_93), user_id=person.pk).is_active


def test_a_partner_system_is_the_nation_s(
    client: Client, admin_93: User, national_admin: User
) -> None:
    system = make_user(Role.API_TOKEN, Level.DEPARTEMENT, "93")
    Membership.objects.create(user=system, role=Role.API_TOKEN, level="commune", code="93066")
    for act in (account_deactivate, account_anonymise, second_factor_reset):
        with pytest.raises(Forbidden, match="national"):
            act(**acts(admin_93), user_id=system.pk)
    role = system.memberships.get(level="commune")
    with pytest.raises(Forbidden):
        role_remove(**acts(admin_93), user_id=system.pk, membership_id=role.pk)
    client.force_login(admin_93)
    page = client.get(f"/compte/administration/personnes/{system.pk}/").content.decode()
    assert "échelon national" in page
    assert "Désactiver le compte" not in page
    assert "Retirer ce rôle" not in page
    role_remove(**acts(national_admin), user_id=system.pk, membership_id=role.pk)


def test_the_session_of_a_system_opens_its_tokens_alone(client: Client) -> None:
    world = make_world()
    system = make_user(Role.API_TOKEN, Level.DEPARTEMENT, "93")
    assert scope_for(system).reach()
    assert not scope_of_session(system).reaches
    client.force_login(system)
    site = world.site("93066")
    for path in (
        f"/sites/{site}/",
        "/carte/",
        "/carte/communes/93066/?v=list",
        "/impressions/",
        "/exports/",
    ):
        assert client.get(path)["Location"] == "/compte/jetons/", path
    for path in (
        "/ogc/collections/sites/items",
        "/tiles/sites/0/0/0.mvt",
        "/impressions/communes/93066.svg",
    ):
        answer = client.get(path)
        assert reference_of("93066") not in answer.content.decode("utf-8", "replace"), path
        assert answer.status_code in {204, 302, 404}, path
    for path in ("/compte/", "/compte/jetons/", "/compte/securite/"):
        assert client.get(path).status_code == 200, path
    _, text = token_create(user=system, name="essai", purpose="essai")
    headers = {"Authorization": f"Bearer {text}"}
    client.logout()
    given = client.get("/ogc/collections/sites/items", headers=headers)
    assert reference_of("93066") in given.content.decode()


def test_a_token_waits_for_the_charter(charter_asked: None) -> None:
    officer = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
    _, text = token_create(user=officer, name="essai", purpose="essai")
    assert token_from_header(f"Bearer {text}") is None
    answer = Client().get("/ogc/", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401
    charter_accept(user=officer, version=charter_in_force().number)
    assert token_from_header(f"Bearer {text}") is not None


def test_a_sole_role_is_not_offered_to_be_taken_back(client: Client, admin_93: User) -> None:
    person = make_user(Role.OPERATOR, Level.DEPARTEMENT, "93")
    client.force_login(admin_93)
    page = f"/compte/administration/personnes/{person.pk}/"
    shown = client.get(page).content.decode()
    assert "Retirer ce rôle" not in shown
    assert "C’est son seul rôle" in shown
    Membership.objects.create(user=person, role=Role.OBSERVER, level="departement", code="93")
    assert "Retirer ce rôle" in client.get(page).content.decode()
