"""A grant completes a role: it ends with it, and with what its giver held; who may refuse."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from geo.accounts.enums import GrantKind, Level, OptionKind, Role
from geo.accounts.granted import grants_of_people
from geo.accounts.granting import (
    Terms,
    exception_grant,
    grant_revoke,
    option_grant,
    rights_refuse,
)
from geo.accounts.life.people import role_add
from geo.accounts.models import Grant, Membership, User
from geo.accounts.readers import readers_of
from geo.accounts.scopes import grants_acting, scope_for
from geo.core.errors import Forbidden, InvalidInput
from geo.core.scope import Areas, DataClass, Precision, Scope, Verb
from geo.sites.models import Site
from geo.sites.restricted.policies import precision_read
from tests.geo.accounts.grants import make_grant, tomorrow
from tests.support.factories import make_site, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territories")]
D93 = Areas.of("departement", ["93"])
YESTERDAY = timezone.localdate() - dt.timedelta(days=1)


def exception(user: User, data_class: DataClass, letters: str, code: str = "93") -> Grant:
    return make_grant(
        kind=GrantKind.EXCEPTION, user=user, data_class=data_class, letters=letters, code=code
    )


def names(site: Site, data_class: DataClass) -> set[str]:
    def how(scope: Scope) -> Precision | None:
        return precision_read(scope, data_class, site)

    return {each.user.email for each in readers_of(site.pk, site, data_class, how)}


class TestExceptionsEndWithTheRole:
    def test_a_role_that_ended_takes_its_exceptions_along(self, admin_93: User) -> None:
        observer = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93")
        exception(observer, DataClass.OWNER, "V")
        exception(observer, DataClass.GENERAL, "VC")
        scope = scope_for(observer)
        assert scope.reach(DataClass.OWNER).exact == scope.where(Verb.CREATE) == D93
        site = make_site()
        assert observer.email in names(site, DataClass.OWNER)
        observer.memberships.update(ends_on=YESTERDAY)
        assert scope_for(observer) == Scope.public()
        assert observer.email not in names(site, DataClass.OWNER)

    def test_a_role_taken_back_here_leaves_nothing_here(self, admin_93: User) -> None:
        operator = make_user(Role.OPERATOR, Level.DEPARTEMENT, "13")
        here = Membership.objects.create(
            user=operator, role=Role.OPERATOR, level="departement", code="93"
        )
        for data_class, letters in ((DataClass.OWNER, "V"), (DataClass.GENERAL, "VU")):
            exception(operator, data_class, letters)
        assert scope_for(operator).reach(DataClass.OWNER).exact == D93
        here.delete()
        scope = scope_for(operator)
        assert not scope.reach(DataClass.OWNER)
        assert scope.where(Verb.UPDATE).departements == ("13",)
        assert "93" not in str(scope.reach())

    def test_one_is_given_where_there_is_a_role_alone(self, national_admin: User) -> None:
        town = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        system = make_user(Role.API_TOKEN, Level.DEPARTEMENT, "93")
        given: dict[str, Any] = {
            "by": national_admin,
            "scope": scope_for(national_admin),
            "data_class": "owner",
            "letters": "V",
        }

        def terms(code: str) -> Terms:
            return Terms("departement", code, "essai", tomorrow(9))

        for user, code in ((town, "13"), (system, "93")):
            with pytest.raises(InvalidInput) as error:
                exception_grant(user=user, terms=terms(code), **given)
            assert error.value.field == "level"
        # Beside its own areas too, where it reads.
        exception_grant(user=town, terms=terms("93"), **given)
        assert scope_for(town).reach(DataClass.OWNER).exact.departements == ("93",)

    def test_a_system_writes_nothing_whatever_was_given(self) -> None:
        system = make_user(Role.API_TOKEN, Level.DEPARTEMENT, "93")
        exception(system, DataClass.GENERAL, "VCUXE")
        scope = scope_for(system)
        assert not scope.verbs
        assert not scope.reach().exact

    def test_they_are_listed_by_the_place_of_the_grant(self, admin_93: User) -> None:
        gone = make_user(Role.OBSERVER, Level.DEPARTEMENT, "13", "parti@example.test")
        lost = exception(gone, DataClass.OWNER, "V", code="93")
        here = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        kept = make_grant(user=here, option=OptionKind.CREATE_SITE)
        elsewhere = exception(gone, DataClass.OWNER, "V", code="13")
        listed = grants_of_people(scope_for(admin_93))
        assert {each.pk for each in listed} == {lost.pk, kept.pk}
        assert grants_acting([gone, here]) == {kept.pk, elsewhere.pk}
        admin_13 = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13")
        assert {each.pk for each in grants_of_people(scope_for(admin_13))} == {elsewhere.pk}
        assert grants_of_people(scope_for(here)) == []

    def test_the_page_lists_them_and_takes_them_back(self, client: Client, admin_93: User) -> None:
        gone = make_user(Role.OBSERVER, Level.DEPARTEMENT, "13", "parti@example.test")
        lost = exception(gone, DataClass.OWNER, "V", code="93")
        client.force_login(admin_93)
        page = client.get("/compte/administration/exceptions/").content.decode()
        assert gone.full_name in page
        assert "Sans effet aujourd’hui" in page
        assert f"/personnes/{gone.pk}/" not in page
        address = f"/compte/administration/droits/{lost.pk}/retirer/"
        assert client.get(address).status_code == 200
        done = client.post(address, {"reason": "Plus de rôle ici"})
        assert done["Location"] == "/compte/administration/exceptions/"
        assert "Aucune : sur vos territoires" in client.get(done["Location"]).content.decode()


class TestNobodyGivesForLongerThanTheyHold:
    def test_an_option_ends_with_its_giver_at_the_latest(self, admin_93: User) -> None:
        partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        admin_93.memberships.update(ends_on=tomorrow(2))

        def give(days: int) -> Grant:
            terms = Terms("departement", "93", "essai", tomorrow(days))
            scope = scope_for(admin_93)
            return option_grant(
                by=admin_93, scope=scope, user=partner, option="close_site", terms=terms
            )

        with pytest.raises(InvalidInput, match=f"{tomorrow(2):%d/%m/%Y}") as error:
            give(3)
        assert error.value.field == "ends_on"
        assert give(2).ends_on == tomorrow(2)

    @pytest.mark.parametrize("asked", [None, 3])
    def test_a_role_too(self, admin_93: User, asked: int | None) -> None:
        partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        admin_93.memberships.update(ends_on=tomorrow(2))
        given: dict[str, Any] = {
            "by": admin_93,
            "scope": scope_for(admin_93),
            "user_id": partner.pk,
            "role": Role.OBSERVER,
            "places": [("departement", "93")],
        }
        with pytest.raises(InvalidInput) as error:
            role_add(**given, ends_on=None if asked is None else tomorrow(asked))
        assert error.value.field == "ends_on"
        assert role_add(**given, ends_on=tomorrow(2))

    def test_who_holds_it_twice_gives_until_the_longer(self, admin_93: User) -> None:
        partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        admin_93.memberships.update(ends_on=tomorrow(2))
        Membership.objects.create(
            user=admin_93, role=Role.LOCAL_ADMIN, level="region", code="11", ends_on=tomorrow(60)
        )
        terms = Terms("departement", "93", "essai", tomorrow(50))
        scope = scope_for(admin_93)
        assert option_grant(
            by=admin_93, scope=scope, user=partner, option="close_site", terms=terms
        )


class TestARefusal:
    def refuse(self, by: User, user: User) -> Grant:
        return rights_refuse(
            by=by,
            scope=scope_for(by),
            holder=user,
            data_class="owner",
            letters="V",
            reason="essai",
            ends_on=tomorrow(9),
        )

    def test_it_reaches_no_further_than_its_author(self, admin_93: User) -> None:
        person = make_user(Role.PARTNER, Level.DEPARTEMENT, "93")
        made = self.refuse(admin_93, person)
        grant_revoke(by=admin_93, scope=scope_for(admin_93), grant_id=made.pk, reason="essai")
        # What the administrators of the 13 have granted is theirs too.
        exception(person, DataClass.OWNER, "V", code="13")
        with pytest.raises(Forbidden):
            self.refuse(admin_93, person)

    def test_of_somebody_without_a_role_it_is_the_nation_s(
        self, admin_93: User, national_admin: User
    ) -> None:
        person = make_user(Role.PARTNER, Level.DEPARTEMENT, "93")
        person.memberships.update(ends_on=YESTERDAY)
        with pytest.raises(Forbidden):
            self.refuse(admin_93, person)
        made = self.refuse(national_admin, person)
        with pytest.raises(Forbidden):
            grant_revoke(by=admin_93, scope=scope_for(admin_93), grant_id=made.pk, reason="x")
        scope = scope_for(national_admin)
        assert grant_revoke(by=national_admin, scope=scope, grant_id=made.pk, reason="x")
