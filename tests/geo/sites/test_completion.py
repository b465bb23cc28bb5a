"""Completion is one figure for every reader, whatever their rights: in the feed and the sheet."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.accounts.models import User
from geo.accounts.scopes import scope_for
from geo.core import rls
from geo.sites.models import SiteLocation
from geo.sites.selectors import site_sheet
from tests.support.factories import make_site, make_user

pytestmark = pytest.mark.django_db
# The second sees the rest of its departement on the 500 m grid only.
EXACT = (Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93")
BLURRED = (Role.PARTNER, Level.COMMUNE, "93008")


def told(client: Client, user: User, site_id: int) -> tuple[Any, tuple[str, ...]]:
    """The completion in the feed, and the missing fields of the sheet."""
    client.force_login(user)
    given = client.get(f"/ogc/collections/sites/items/{site_id}").json()["properties"]
    scope = scope_for(user)
    with rls.reading(scope):
        missing = site_sheet(scope, site_id).missing
    return given["completion"], missing


@pytest.mark.parametrize(
    ("label", "precision", "known"),
    [
        ("8 rue inventée", "housenumber", True),
        ("", "manual", False),
        ("Saint-Denis", "municipality", False),
    ],
)
def test_the_address_counts_for_a_reader_who_does_not_see_it(
    client: Client, territories: Any, label: str, precision: str, known: bool
) -> None:
    site = make_site(
        address_label=label, address_precision=precision, population={"people": 8, "minors": 0}
    )
    seen = [told(client, make_user(*each), site.pk) for each in (EXACT, BLURRED)]
    assert seen[0] == seen[1]
    completion, missing = seen[0]
    assert completion == 10 - len(missing) == 2 + known
    assert ("address" in missing) is not known


def test_the_address_is_followed(client: Client, territories: Any) -> None:
    site = make_site(address_label="8 rue inventée", address_precision="housenumber")
    user = make_user(*BLURRED)
    SiteLocation.objects.filter(pk=site.pk).update(address_label="")
    assert "address" in told(client, user, site.pk)[1]
    SiteLocation.objects.filter(pk=site.pk).update(address_label="9 rue inventée")
    assert "address" not in told(client, user, site.pk)[1]
