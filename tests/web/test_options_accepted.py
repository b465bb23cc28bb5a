"""The form that accepts a request gives options too: those of who accepts, until a day."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from geo.accounts.models import AccessRequest, Invitation, User
from geo.core.scope import Areas
from tests.web.test_account_life import ADMIN, accept, asked, patient
from web.accounts.life import forms

__all__ = ["patient"]
pytestmark = pytest.mark.django_db


def test_an_option_goes_with_the_role_that_is_accepted(
    client: Client, patient: None, admin_93: User
) -> None:
    asked(client)
    officer = Client()
    officer.force_login(admin_93)
    number = AccessRequest.objects.get().pk
    page = officer.get(f"{ADMIN}demandes/{number}/").content.decode()
    assert "Options, en plus du rôle" in page
    assert "Accès aux données des propriétaires" in page
    given = {"oui-options": ["create_site"], "oui-options_reason": "Inventé"}
    without = accept(officer, number, **given)
    assert without.status_code == 422
    assert "dernier jour des options" in without.content.decode()
    assert AccessRequest.objects.get().state == "pending"
    end = timezone.localdate() + dt.timedelta(days=30)
    assert accept(officer, number, **given, **{"oui-options_end_on": end}).status_code == 302
    invited = Invitation.objects.get()
    assert (invited.options, invited.options_end_on) == (["create_site"], end)
    # Somebody who may give none is asked of none.
    form = forms.AcceptForm(Areas(nation=True), options=[])
    assert not [name for name in form.fields if name.startswith("options")]
