"""Making accounts: what is refused names its field; a role is held on a territory that exists."""

from __future__ import annotations

from typing import Any

import pytest

from geo.accounts.enums import Level, OrganisationType, Role
from geo.accounts.models import Membership, User
from geo.accounts.services import (
    membership_grant,
    membership_revoke,
    organisation_get_or_create,
    user_create,
)
from geo.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
PASSWORD = "une phrase de passe inventée"


def make(**fields: Any) -> User:
    values: dict[str, Any] = {
        "email": "Une.Personne@Example.test ",
        "full_name": "Personne inventée",
        "password": PASSWORD,
    }
    return user_create(**(values | fields))


def test_an_account_signs_in_by_its_address_whatever_the_case() -> None:
    user = make()
    assert user.email == "une.personne@example.test"
    assert User.objects.get_by_natural_key("UNE.personne@example.test") == user
    assert user.check_password(PASSWORD)
    assert PASSWORD not in user.password
    assert not make(email="b@example.test", password=None).has_usable_password()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "pas une adresse"}, "email"),
        ({"email": "DEJA@example.test"}, "email"),
        ({"full_name": "  "}, "full_name"),
        ({"password": "court"}, "password"),
        ({"password": "une.personne@example.test"}, "password"),
    ],
)
def test_what_is_refused_names_its_field(fields: dict[str, Any], field: str) -> None:
    make(email="deja@example.test")
    with pytest.raises(InvalidInput) as error:
        make(**fields)
    assert error.value.field == field
    assert User.objects.count() == 1


def test_an_organisation_is_made_once() -> None:
    first = organisation_get_or_create(name=" Ville inventée ", kind=OrganisationType.COLLECTIVITE)
    again = organisation_get_or_create(name="Ville inventée", kind=OrganisationType.COLLECTIVITE)
    assert again == first
    # Of another kind it would not be the one that is meant.
    with pytest.raises(InvalidInput):
        organisation_get_or_create(name="Ville inventée", kind="other")
    with pytest.raises(InvalidInput):
        organisation_get_or_create(name="Autre", kind="police")
    with pytest.raises(InvalidInput):
        organisation_get_or_create(name=" ", kind="other")


def test_a_role_is_given_once_and_taken_back(territories: Any) -> None:
    user = make()
    first = membership_grant(user=user, role=Role.PARTNER, level=Level.COMMUNE, code="93066")
    again = membership_grant(user=user, role=Role.PARTNER, level=Level.COMMUNE, code="93066")
    assert first == again
    assert Membership.objects.count() == 1
    asked: dict[str, Any] = {"user": user, "role": Role.PARTNER, "level": Level.COMMUNE}
    assert membership_revoke(**asked, code="93066")
    assert not membership_revoke(**asked, code="93066")


@pytest.mark.parametrize(
    ("role", "level", "code", "field"),
    [
        ("gendarmerie", Level.DEPARTEMENT, "93", "role"),
        (Role.PARTNER, "canton", "93", "level"),
        (Role.PARTNER, Level.DEPARTEMENT, "00", "code"),
        (Role.PARTNER, Level.COMMUNE, "", "code"),
        (Role.LOCAL_ADMIN, Level.NATION, "", "level"),
        (Role.NATIONAL_ADMIN, Level.DEPARTEMENT, "93", "level"),
        (Role.NATIONAL_PARTNER, Level.REGION, "11", "level"),
    ],
)
def test_a_role_that_makes_no_sense_is_refused(
    territories: Any, role: str, level: str, code: str, field: str
) -> None:
    user = make()
    with pytest.raises(InvalidInput) as error:
        membership_grant(user=user, role=role, level=level, code=code)
    assert error.value.field == field
    assert not user.memberships.exists()
