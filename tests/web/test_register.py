"""What anybody may know: which organisations have access, and how long data is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.models import User
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_register_names_organisations_and_nobody(client: Client, admin_93: User) -> None:
    make_user(Role.PARTNER, Level.COMMUNE, "13001", email="une@example.test")
    gone = make_user(Role.OBSERVER, Level.REGION, "93", email="partie@example.test")
    gone.is_active = False
    gone.save()
    ended = make_user(Role.OBSERVER, Level.REGION, "93", email="finie@example.test")
    ended.memberships.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    page = client.get("/organismes/").content.decode()
    assert "Organisme inventé" in page
    assert '<td class="at-num">2</td>' in page
    assert "Bouches-du-Rhône (13), Seine-Saint-Denis (93)" in page
    assert "Région" not in page
    for person in User.objects.all():
        assert person.full_name not in page
        assert person.email not in page
    assert "/organismes/" in client.get("/").content.decode()
    national = make_user(Role.NATIONAL_PARTNER)
    assert national.organisation is not None
    assert "France entière" in client.get("/organismes/").content.decode()


def test_the_page_of_retention_lists_the_rules(client: Client, settings: Any) -> None:
    settings.ACCOUNT_ANONYMISED_DAYS = 365 * 3
    page = client.get("/conservation/").content.decode()
    for text in ("Noms des propriétaires", "3 ans après la désactivation", "Journal des lectures"):
        assert text in page
