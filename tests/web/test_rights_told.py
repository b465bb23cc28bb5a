"""Who is told of a right, why somebody reads, and what a confirmation of identity keeps."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from geo.accounts.enums import GrantKind, Level, OptionKind, OrganisationType, Role
from geo.accounts.granting import Terms, grant_revoke, option_approve, option_grant
from geo.accounts.models import Grant, Organisation, User
from geo.accounts.readers import Reader, readers_of
from geo.accounts.scopes import scope_for
from geo.accounts.seen_as import SeenAs, seen_scope
from geo.accounts.services import organisation_get_or_create
from geo.core.errors import InvalidInput
from geo.core.scope import DataClass
from geo.sites.restricted.policies import precision_read
from geo.territories.models import Commune
from tests.geo.accounts.grants import make_grant, tomorrow
from tests.support import signing
from tests.support.factories import make_site, make_user, square
from tests.support.jobs import run_jobs
from web.templatetags.french import pluralize

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territories")]


def readers(site: Any, data_class: DataClass) -> dict[str, Reader]:
    found = readers_of(
        site.pk, site, data_class, lambda scope: precision_read(scope, data_class, site)
    )
    return {each.user.email: each for each in found}


def told() -> list[tuple[str, str]]:
    """The mails that leave now: to whom, with which subject."""
    mail.outbox.clear()
    run_jobs()
    return sorted((sent.to[0], sent.subject) for sent in mail.outbox)


class TestWhy:
    def test_a_grant_on_a_main_commune_is_the_reason_in_its_parts(self) -> None:
        common = {"millesime": "test", "source": "contours inventés"}
        Commune.objects.create(
            code="13215",
            name="Marseille 15e",
            departement_id="13",
            region_id="93",
            epci_id="200054807",
            main_commune_id="13055",
            contour=square(5.30, 43.20, 5.45, 43.40),
            point=Commune.objects.get(code="13055").point,
            **common,
        )
        partner = make_user(Role.PARTNER, Level.DEPARTEMENT, "13")
        made = make_grant(
            user=partner, option=OptionKind.ACCESS_OWNER, level="commune", code="13055"
        )
        site = make_site(5.38, 43.31)
        type(site).objects.filter(pk=site.pk).update(commune_id="13215")
        site.refresh_from_db()
        assert site.commune_id == "13215"
        assert readers(site, DataClass.OWNER)[partner.email].grants == (made,)

    def test_a_grant_that_does_not_act_is_no_reason(self) -> None:
        agency = Organisation.objects.create(name="Agence", type=OrganisationType.ARS)
        officer = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
        partner = make_user(Role.PARTNER, Level.DEPARTEMENT, "93")
        User.objects.filter(pk__in=[officer.pk, partner.pk]).update(organisation=agency)
        made = make_grant(
            kind=GrantKind.ORGANISATION, organisation=agency, data_class="health", letters="V"
        )
        found = readers(make_site(), DataClass.HEALTH)
        assert found[partner.email].grants == (made,)
        assert found[partner.email].roles == ()
        assert found[officer.email].grants == ()
        assert len(found[officer.email].roles) == 1


class TestTold:
    def test_of_an_approval_to_give_then_of_the_right(
        self, admin_93: User, national_admin: User
    ) -> None:
        partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        terms = Terms("commune", "93066", "Motif confidentiel", tomorrow(30))
        scope = scope_for(admin_93)
        made = option_grant(
            by=admin_93, scope=scope, user=partner, option="access_judicial", terms=terms
        )
        ((who, subject),) = told()
        assert who == national_admin.email
        assert "attend votre accord" in subject
        assert "Motif confidentiel" not in mail.outbox[0].body
        national = scope_for(national_admin)
        option_approve(by=national_admin, scope=national, grant_id=made.pk)
        changed = (partner.email, told()[0][1])
        assert "vos droits ont changé" in changed[1]
        grant_revoke(by=admin_93, scope=scope, grant_id=made.pk, reason="Fin")
        assert told() == [changed]

    def test_of_one_given_at_once_and_not_of_one_refused(
        self, admin_93: User, national_admin: User
    ) -> None:
        partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        scope = scope_for(admin_93)
        terms = Terms("commune", "93066", "Motif", tomorrow(30))
        given: dict[str, Any] = {"by": admin_93, "scope": scope, "user": partner, "terms": terms}
        option_grant(option="close_site", **given)
        assert [who for who, _ in told()] == [partner.email]
        asked = option_grant(option="access_judicial", **given)
        told()
        grant_revoke(by=admin_93, scope=scope, grant_id=asked.pk, reason="Non")
        assert told() == []


def test_what_was_typed_outlives_the_confirmation(
    client: Client, theme: str, admin_93: User
) -> None:
    partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
    made = make_grant(user=partner, option=OptionKind.CLOSE_SITE)
    client.force_login(admin_93)
    signing.mark_proved(client, admin_93, seconds_ago=700)
    path = f"/compte/administration/droits/{made.pk}/retirer/"
    resumed = "/compte/confirmer/reprendre/"
    sent = client.post(path, {"reason": "Fin de « mission »"})
    assert sent["Location"] == f"/compte/confirmer/?next={resumed.replace('/', '%2F')}"
    # Not before the proof.
    assert client.get(resumed)["Location"].startswith("/compte/confirmer/")
    signing.mark_proved(client, admin_93)
    page = client.get(resumed).content.decode()
    assert f'action="{path}"' in page
    assert "Fin de « mission »" in page
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert client.post(path, {"reason": fields["reason"]}).status_code == 302
    made.refresh_from_db()
    assert made.revoked_reason == "Fin de « mission »"
    assert client.get(resumed)["Location"] == "/compte/"


def test_the_password_is_never_put_aside(client: Client, admin_93: User) -> None:
    client.force_login(admin_93)
    signing.mark_proved(client, admin_93, seconds_ago=7000)
    client.post("/compte/securite/mot-de-passe/", {"password": "secret", "again": "secret"})
    assert "secret" not in str(dict(client.session.items()))


@pytest.mark.parametrize(
    ("role", "level", "code"),
    [
        (Role.NATIONAL_PARTNER, Level.DEPARTEMENT, "93"),
        (Role.NATIONAL_ADMIN, Level.REGION, "11"),
        (Role.PARTNER, Level.NATION, ""),
    ],
)
def test_a_pair_that_no_account_holds_is_not_shown(
    national_admin: User, role: str, level: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        seen_scope(scope=scope_for(national_admin), seen=SeenAs(role, level, code))
    assert error.value.field == "territory"


def test_an_organisation_is_not_taken_for_another_of_its_name() -> None:
    made = organisation_get_or_create(name="ARS inventée", kind="ars")
    assert organisation_get_or_create(name=" ARS inventée ", kind="ars") == made
    with pytest.raises(InvalidInput) as error:
        organisation_get_or_create(name="ARS inventée", kind="association")
    assert error.value.field == "organisation_type"


def test_a_list_agrees_with_its_length(client: Client) -> None:
    assert [pluralize(each) for each in ([], [1], [1, 2], (1, 2, 3), 0, 1, 2, "3", None)] == [
        *("", "", "s", "s", "", "", "s", "s", "")
    ]
    assert Grant.objects.count() == 0
    assert "Demander un accès" in client.get("/").content.decode()
