"""A known account is offered a role, and says so; who gave it must still be able to."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from geo.accounts.enums import Level, OptionKind, OrganisationType, Role
from geo.accounts.granting import Terms, option_approve, option_grant
from geo.accounts.life.invitations import (
    invitation_accept,
    invitation_create,
    invitation_of,
    invitation_token,
    pending_invitations,
    role_accept,
    role_decline,
    role_offers,
)
from geo.accounts.life.people import account_deactivate, person_of, role_add, role_remove
from geo.accounts.life.reads import reads_by
from geo.accounts.models import Invitation, Membership, Organisation, ReadPurpose, User
from geo.accounts.readlog import log_read
from geo.accounts.scopes import scope_for
from geo.accounts.services import organisation_get_or_create
from geo.core.errors import Conflict, Forbidden, NotFound
from geo.core.scope import DataClass, Verb
from tests.geo.accounts.grants import tomorrow
from tests.support.factories import make_site, make_user
from tests.support.jobs import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territories")]
PASSWORD = "une suite inventée de mots sans lien"
YESTERDAY = timezone.localdate() - dt.timedelta(days=1)


@pytest.fixture
def stranger() -> User:
    """Somebody whom only the 13 administers."""
    return make_user(Role.OPERATOR, Level.DEPARTEMENT, "13", "ailleurs@example.test")


def invite(by: User, email: str, **fields: Any) -> Invitation:
    values: dict[str, Any] = {
        "full_name": "Personne invitée",
        "organisation": organisation_get_or_create(name="Inventée", kind="association"),
        "role": Role.OBSERVER,
        "places": [(Level.DEPARTEMENT, "93")],
    }
    return invitation_create(by=by, scope=scope_for(by), email=email, **(values | fields))


class TestAnAccountConsents:
    def test_nothing_changes_until_it_has_accepted(self, admin_93: User, stranger: User) -> None:
        made = invite(admin_93, stranger.email)
        assert scope_for(stranger).reach().exact.departements == ("13",)
        with pytest.raises(NotFound):
            person_of(scope_for(admin_93), stranger.pk)
        assert [each.pk for each in role_offers(stranger)] == [made.pk]
        assert pending_invitations(stranger.email) == []
        role_accept(user=stranger, invitation_id=made.pk)
        assert person_of(scope_for(admin_93), stranger.pk) == stranger
        assert scope_for(stranger).reach().grid.departements == ("13", "93")
        with pytest.raises(NotFound):
            role_accept(user=stranger, invitation_id=made.pk)

    def test_refused_or_meant_for_another_it_gives_nothing(
        self, admin_93: User, stranger: User
    ) -> None:
        made = invite(admin_93, stranger.email)
        other = make_user(Role.OBSERVER, Level.DEPARTEMENT, "13")
        with pytest.raises(NotFound):
            role_accept(user=other, invitation_id=made.pk)
        role_decline(user=stranger, invitation_id=made.pk)
        assert role_offers(stranger) == []
        assert stranger.memberships.count() == 1
        with pytest.raises(NotFound):
            role_accept(user=stranger, invitation_id=made.pk)

    def test_by_mail_and_pages(
        self, client: Client, theme: str, admin_93: User, stranger: User
    ) -> None:
        made = invite(admin_93, stranger.email)
        run_jobs()
        (sent,) = mail.outbox
        path = f"/compte/roles-proposes/{made.pk}/"
        assert sent.to == [stranger.email]
        assert path in sent.body
        assert "/activation/" not in sent.body
        client.force_login(stranger)
        assert path in client.get("/compte/").content.decode()
        page = client.get(path).content.decode()
        assert admin_93.full_name in page
        assert "Seine-Saint-Denis (93)" in page
        assert client.post(path, {}).status_code == 200
        assert stranger.memberships.count() == 1
        assert client.post(path, {"answer": "accept"})["Location"] == "/compte/"
        assert stranger.memberships.count() == 2
        assert path not in client.get("/compte/").content.decode()
        assert client.get(path).status_code == 404

    def test_who_left_is_asked_again(self, admin_93: User) -> None:
        gone = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93")
        gone.memberships.update(ends_on=YESTERDAY)
        Membership.objects.create(user=gone, role=Role.OBSERVER, level="departement", code="13")
        with pytest.raises(Conflict):
            role_add(
                by=admin_93,
                scope=scope_for(admin_93),
                user_id=gone.pk,
                role=Role.OBSERVER,
                places=[("departement", "93")],
            )
        assert invite(admin_93, gone.email)


class TestReadsOfOnesOwnTerritories:
    def test_lines_about_sites_of_elsewhere_are_not_told(self, admin_93: User) -> None:
        both = make_user(Role.OPERATOR, Level.DEPARTEMENT, "93")
        Membership.objects.create(user=both, role=Role.OPERATOR, level="departement", code="13")
        here, there = make_site(), make_site(5.38, 43.31)

        def read(*ids: int) -> None:
            log_read(
                by=both,
                data_classes=[DataClass.HEALTH],
                route="site",
                object_ids=ids,
                purpose=ReadPurpose.CONSULT,
            )

        for ids in ((here.pk,), (there.pk,), (there.pk, here.pk), ()):
            read(*ids)
        told = [set(each.object_ids) for each in reads_by(scope_for(admin_93))]
        assert told == [{there.pk, here.pk}, {here.pk}]
        # What is about no site is told of who works nowhere else.
        both.memberships.filter(code="13").delete()
        assert [] in [each.object_ids for each in reads_by(scope_for(admin_93))]
        both.memberships.update(ends_on=YESTERDAY)
        assert list(reads_by(scope_for(admin_93))) == []


class TestRolesByOrganisation:
    @pytest.mark.parametrize("role", [Role.CORRESPONDENT, Role.LOCAL_ADMIN])
    def test_judicial_data_is_not_opened_by_a_role_to_an_association(
        self, admin_93: User, national_admin: User, role: str
    ) -> None:
        operator = make_user(Role.OPERATOR, Level.DEPARTEMENT, "93")
        Organisation.objects.update(type=OrganisationType.ASSOCIATION)
        what: dict[str, Any] = {
            "user_id": operator.pk,
            "role": role,
            "places": [("departement", "93")],
        }
        with pytest.raises(Forbidden, match="Préfecture"):
            role_add(by=admin_93, scope=scope_for(admin_93), **what)
        with pytest.raises(Forbidden):
            invite(admin_93, "nouvelle@example.test", role=role)
        # Not by naming another organisation for an account that has one.
        office = organisation_get_or_create(name="Préfecture inventée", kind="prefecture")
        with pytest.raises(Forbidden):
            invite(admin_93, operator.email, role=role, organisation=office)
        assert not scope_for(operator).reach(DataClass.JUDICIAL)
        assert role_add(by=national_admin, scope=scope_for(national_admin), **what)
        assert scope_for(operator).reach(DataClass.JUDICIAL)

    def test_a_prefecture_names_its_own(self, admin_93: User) -> None:
        office = organisation_get_or_create(name="Préfecture inventée", kind="prefecture")
        made = invite(
            admin_93, "nouvelle@example.test", role=Role.CORRESPONDENT, organisation=office
        )
        user = invitation_accept(invitation_id=made.pk, password=PASSWORD)
        assert scope_for(user).reach(DataClass.JUDICIAL)


class TestActsOfWhoLeft:
    @pytest.fixture
    def second(self, admin_93: User) -> User:
        office = organisation_get_or_create(name="Préfecture inventée", kind="prefecture")
        second = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", "second@example.test")
        User.objects.filter(pk=second.pk).update(organisation=office)
        return User.objects.get(pk=second.pk)

    def test_an_invitation_dies_with_its_sender_s_account(
        self, admin_93: User, second: User
    ) -> None:
        assert second.organisation is not None
        made = invite(
            second,
            "nouvelle@example.test",
            role=Role.LOCAL_ADMIN,
            organisation=second.organisation,
        )
        token = invitation_token(made)
        account_deactivate(by=admin_93, scope=scope_for(admin_93), user_id=second.pk)
        made.refresh_from_db()
        assert made.withdrawn_at is not None
        for call in (
            lambda: invitation_of(token),
            lambda: invitation_accept(invitation_id=made.pk, password=PASSWORD),
        ):
            with pytest.raises(NotFound):
                call()

    @pytest.mark.parametrize("service", [True, False])
    def test_it_dies_with_its_sender_s_role(
        self, admin_93: User, second: User, stranger: User, *, service: bool
    ) -> None:
        made = invite(second, "nouvelle@example.test")
        offered = invite(second, stranger.email)
        Membership.objects.create(user=second, role=Role.OBSERVER, level="departement", code="93")
        role = second.memberships.get(role=Role.LOCAL_ADMIN)
        if service:
            role_remove(
                by=admin_93,
                scope=scope_for(admin_93),
                user_id=second.pk,
                membership_id=role.pk,
            )
            assert not Invitation.objects.waiting().exists()
        else:
            # By itself, on its last day: nothing was withdrawn, and nothing opens.
            Membership.objects.filter(pk=role.pk).update(ends_on=YESTERDAY)
            with pytest.raises(NotFound):
                invitation_of(invitation_token(made))
        assert role_offers(stranger) == []
        for call in (
            lambda: role_accept(user=stranger, invitation_id=offered.pk),
            lambda: invitation_accept(invitation_id=made.pk, password=PASSWORD),
        ):
            with pytest.raises(NotFound):
                call()

    def test_a_judicial_access_asked_by_who_was_demoted_is_not_approved(
        self, admin_93: User, national_admin: User
    ) -> None:
        partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        terms = Terms("commune", "93066", "essai", tomorrow(30))
        option = OptionKind.ACCESS_JUDICIAL
        given = option_grant(
            by=admin_93, scope=scope_for(admin_93), user=partner, option=option, terms=terms
        )
        admin_93.memberships.update(role=Role.OBSERVER)
        assert not scope_for(admin_93).where(Verb.ADMINISTER)
        national: dict[str, Any] = {"by": national_admin, "scope": scope_for(national_admin)}
        with pytest.raises(Conflict):
            option_approve(grant_id=given.pk, **national)
        assert not scope_for(partner).reach(DataClass.JUDICIAL)
        admin_93.memberships.update(role=Role.LOCAL_ADMIN)
        option_approve(grant_id=given.pk, **national)
        assert scope_for(partner).reach(DataClass.JUDICIAL)
