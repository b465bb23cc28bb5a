"""Granting: within one's own rights and areas, with a reason and an end; the judicial by two."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from geo.accounts.enums import GrantKind, Level, OptionKind, OrganisationType, Role
from geo.accounts.granting import (
    Terms,
    exception_grant,
    grant_revoke,
    option_approve,
    option_grant,
    options_for,
    organisation_grant,
    rights_refuse,
)
from geo.accounts.models import Grant, Membership, Organisation, User
from geo.accounts.scopes import scope_for, scopes_for
from geo.core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from geo.core.scope import Areas, DataClass, Verb
from tests.geo.accounts.grants import make_grant, tomorrow
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territories")]
D93 = Areas.of("departement", ["93"])
COMMUNE = Areas.of("commune", ["93066"])


def terms(level: str = "departement", code: str = "93", **fields: Any) -> Terms:
    values: dict[str, Any] = {"reason": "Suivi des procédures", "ends_on": tomorrow(90)}
    return Terms(level, code, **(values | fields))


@pytest.fixture
def partner() -> User:
    """A partner of one commune of the Seine-Saint-Denis."""
    return make_user(Role.PARTNER, Level.COMMUNE, "93066")


@pytest.fixture
def dihal() -> User:
    """A national administrator."""
    return make_user(Role.NATIONAL_ADMIN, email="dihal@example.test")


def grant(by: User, user: User, option: str, place: Terms | None = None) -> Grant:
    return option_grant(
        by=by, scope=scope_for(by), user=user, option=option, terms=place or terms()
    )


class TestOptions:
    def test_an_option_gives_its_right_in_the_common_part_of_both_areas(
        self, admin_93: User, partner: User
    ) -> None:
        grant(admin_93, partner, OptionKind.CREATE_SITE)
        grant(admin_93, partner, OptionKind.ACCESS_OWNER)
        scope = scope_for(partner)
        assert scope.where(Verb.CREATE) == COMMUNE
        assert not scope.where(Verb.CLOSE)
        assert scope.reach(DataClass.OWNER).exact == COMMUNE
        assert not scope.where(Verb.UPDATE, DataClass.OWNER)

    def test_it_ends_by_itself_at_the_end_of_its_last_day(
        self, partner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        last = timezone.localdate() + dt.timedelta(days=2)
        make_grant(user=partner, option=OptionKind.CLOSE_SITE, ends_on=last)
        for today, expected in ((last, COMMUNE), (last + dt.timedelta(days=1), Areas())):
            monkeypatch.setattr(timezone, "localdate", lambda day=today: day)
            assert scope_for(partner).where(Verb.CLOSE) == expected

    def test_withdrawn_it_gives_nothing_at_the_next_request(
        self, admin_93: User, partner: User
    ) -> None:
        given = grant(admin_93, partner, OptionKind.CLOSE_SITE)
        scope = scope_for(admin_93)
        with pytest.raises(InvalidInput) as error:
            grant_revoke(by=admin_93, scope=scope, grant_id=given.pk, reason="  ")
        assert error.value.field == "reason"
        assert scope_for(partner).where(Verb.CLOSE)
        grant_revoke(by=admin_93, scope=scope, grant_id=given.pk, reason="Fin de mission")
        assert not scope_for(partner).where(Verb.CLOSE)
        given.refresh_from_db()
        assert (given.revoked_by, given.revoked_reason) == (admin_93, "Fin de mission")
        with pytest.raises(NotFound):
            grant_revoke(by=admin_93, scope=scope, grant_id=given.pk, reason="encore")

    def test_an_option_that_completes_no_role_is_refused(self, admin_93: User) -> None:
        observer = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93")
        elsewhere = make_user(Role.PARTNER, Level.DEPARTEMENT, "13")
        for user in (observer, elsewhere):
            assert options_for(user, D93) == []
            with pytest.raises(InvalidInput) as error:
                grant(admin_93, user, OptionKind.ACCESS_OWNER)
            assert error.value.field == "option"
        assert not Grant.objects.exists()

    def test_options_offered_are_those_of_the_role(self, partner: User) -> None:
        assert options_for(partner, D93) == list(OptionKind)
        central = make_user(Role.NATIONAL_PARTNER)
        nation = Areas(nation=True)
        assert options_for(central, nation) == [OptionKind.ACCESS_ACTION_FINANCES]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"reason": " "}, "reason"),
            ({"reason": "x" * 501}, "reason"),
            ({"ends_on": tomorrow(0)}, "ends_on"),
            ({"ends_on": tomorrow(366)}, "ends_on"),
            ({"level": "canton"}, "level"),
            ({"code": "99"}, "code"),
        ],
    )
    def test_terms_at_fault_are_named(
        self, admin_93: User, partner: User, fields: dict[str, Any], field: str
    ) -> None:
        place = {"level": "departement", "code": "93"} | fields
        with pytest.raises(InvalidInput) as error:
            grant(admin_93, partner, OptionKind.CREATE_SITE, terms(**place))
        assert error.value.field == field
        assert not Grant.objects.exists()

    def test_the_longest_life_is_accepted_and_twice_the_same_is_a_conflict(
        self, admin_93: User, partner: User
    ) -> None:
        longest = terms(ends_on=tomorrow(365))
        grant(admin_93, partner, OptionKind.CREATE_SITE, longest)
        with pytest.raises(Conflict):
            grant(admin_93, partner, OptionKind.CREATE_SITE)

    def test_only_who_administers_the_territory_grants_and_never_to_oneself(
        self, admin_93: User, partner: User
    ) -> None:
        stranger = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13")
        correspondent = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
        town = make_user(Role.LOCAL_ADMIN, Level.COMMUNE, "93066", "town@example.test")
        for by in (stranger, correspondent, partner, town):
            with pytest.raises(Forbidden):
                grant(by, partner, OptionKind.CREATE_SITE)
        grant(town, partner, OptionKind.CREATE_SITE, terms("commune", "93066"))
        Membership.objects.create(user=admin_93, role=Role.PARTNER, level="departement", code="93")
        with pytest.raises(Forbidden):
            grant(admin_93, admin_93, OptionKind.CREATE_SITE)

    def test_what_the_granter_has_lost_cannot_be_given(self, admin_93: User, partner: User) -> None:
        make_grant(
            kind=GrantKind.EXCEPTION,
            user=admin_93,
            data_class="owner",
            letters="V",
            refused=True,
            level="nation",
            code="",
        )
        with pytest.raises(Forbidden):
            grant(admin_93, partner, OptionKind.ACCESS_OWNER)
        grant(admin_93, partner, OptionKind.ACCESS_ACTION_FINANCES)


class TestJudicial:
    def test_it_opens_at_the_second_approval_only(
        self, admin_93: User, partner: User, dihal: User
    ) -> None:
        given = grant(admin_93, partner, OptionKind.ACCESS_JUDICIAL)
        assert given.pending
        assert list(Grant.objects.awaiting()) == [given]
        assert not scope_for(partner).reach(DataClass.JUDICIAL)
        option_approve(by=dihal, scope=scope_for(dihal), grant_id=given.pk)
        assert scope_for(partner).reach(DataClass.JUDICIAL).exact == COMMUNE
        assert not scope_for(partner).where(Verb.EXPORT, DataClass.JUDICIAL)
        assert not Grant.objects.awaiting().exists()
        with pytest.raises(Conflict):
            option_approve(by=dihal, scope=scope_for(dihal), grant_id=given.pk)

    def test_two_people_sign_and_neither_is_the_holder(
        self, admin_93: User, partner: User, dihal: User
    ) -> None:
        of_nation = grant(dihal, partner, OptionKind.ACCESS_JUDICIAL)
        with pytest.raises(Forbidden):
            option_approve(by=dihal, scope=scope_for(dihal), grant_id=of_nation.pk)
        with pytest.raises(Forbidden):
            option_approve(by=admin_93, scope=scope_for(admin_93), grant_id=of_nation.pk)
        Membership.objects.create(user=partner, role=Role.NATIONAL_ADMIN, level="nation")
        with pytest.raises(Forbidden):
            option_approve(by=partner, scope=scope_for(partner), grant_id=of_nation.pk)
        with pytest.raises(IntegrityError), transaction.atomic():
            make_grant(
                user=partner,
                option=OptionKind.ACCESS_JUDICIAL,
                granted_by=dihal,
                approved_by=dihal,
                code="13",
            )

    def test_an_approval_can_be_refused_with_a_reason(
        self, admin_93: User, partner: User, dihal: User
    ) -> None:
        given = grant(admin_93, partner, OptionKind.ACCESS_JUDICIAL)
        grant_revoke(by=dihal, scope=scope_for(dihal), grant_id=given.pk, reason="Sans lien")
        with pytest.raises(NotFound):
            option_approve(by=dihal, scope=scope_for(dihal), grant_id=given.pk)

    def test_neither_an_exception_nor_an_organisation_opens_it(
        self, dihal: User, partner: User
    ) -> None:
        scope = scope_for(dihal)
        what: dict[str, Any] = {"data_class": "judicial", "letters": "V", "terms": terms()}
        with pytest.raises(InvalidInput):
            exception_grant(by=dihal, scope=scope, user=partner, **what)
        with pytest.raises(InvalidInput):
            organisation_grant(by=dihal, scope=scope, organisation=partner.organisation, **what)
        for holder in (
            {"kind": GrantKind.EXCEPTION, "user": partner},
            {"kind": GrantKind.ORGANISATION, "organisation": partner.organisation},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                make_grant(data_class="judicial", letters="V", **holder)


class TestOrganisations:
    def test_health_goes_to_the_people_of_an_agency_and_no_other(
        self, admin_93: User, partner: User
    ) -> None:
        organisation = partner.organisation
        assert organisation is not None
        what: dict[str, Any] = {
            "by": admin_93,
            "scope": scope_for(admin_93),
            "organisation": organisation,
            "data_class": "health",
            "letters": "VU",
            "terms": terms(),
        }
        with pytest.raises(InvalidInput) as error:  # only operators, of no kind of organisation
            organisation_grant(**(what | {"letters": "VUE"}))
        assert error.value.field == "organisation"
        organisation_grant(**what)
        assert not scope_for(partner).reach(DataClass.HEALTH)
        organisation.type = OrganisationType.ARS
        organisation.save()
        agency = scope_for(User.objects.get(pk=partner.pk))
        assert agency.reach(DataClass.HEALTH).exact == COMMUNE
        assert agency.where(Verb.UPDATE, DataClass.HEALTH) == COMMUNE
        assert not agency.where(Verb.EXPORT, DataClass.HEALTH)

    def test_it_stays_in_the_granters_areas(self, admin_93: User, partner: User) -> None:
        with pytest.raises(Forbidden):
            organisation_grant(
                by=admin_93,
                scope=scope_for(admin_93),
                organisation=partner.organisation,
                data_class="health",
                letters="V",
                terms=terms(code="13"),
            )


class TestPrecedence:
    """Exception over option over organisation over role; the first that speaks wins."""

    def test_an_exception_gives_what_the_role_does_not_in_its_own_areas(
        self, admin_93: User
    ) -> None:
        observer = make_user(Role.OBSERVER, Level.COMMUNE, "93066")
        exception_grant(
            by=admin_93,
            scope=scope_for(admin_93),
            user=observer,
            data_class="general",
            letters="U",
            terms=terms("commune", "93008"),
        )
        scope = scope_for(observer)
        there = Areas.of("commune", ["93008"])
        assert scope.reach().exact == there  # what may be changed is read exactly
        assert scope.reach().grid == D93 | COMMUNE
        assert scope.where(Verb.UPDATE) == there

    def test_an_exception_against_silences_option_and_role(
        self, admin_93: User, partner: User, dihal: User
    ) -> None:
        correspondent = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
        grant(admin_93, partner, OptionKind.ACCESS_OWNER)
        for user in (partner, correspondent):
            assert scope_for(user).reach(DataClass.OWNER)
            rights_refuse(
                by=admin_93,
                scope=scope_for(admin_93),
                holder=user,
                data_class="owner",
                letters="V",
                reason="Lien avec un propriétaire",
                ends_on=tomorrow(30),
            )
            scope = scope_for(user)
            assert not scope.reach(DataClass.OWNER)
            assert not scope.where(Verb.UPDATE, DataClass.OWNER)
        assert scope_for(correspondent).reach(DataClass.HEALTH).exact == D93

    def test_an_organisation_against_silences_the_role_and_not_the_option(
        self, admin_93: User, partner: User, dihal: User
    ) -> None:
        correspondent = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
        theirs = Organisation.objects.create(name="Organisme inventé 2", type="other")
        User.objects.filter(pk__in=[partner.pk, correspondent.pk]).update(organisation=theirs)
        partner.refresh_from_db()
        correspondent.refresh_from_db()
        refusal: dict[str, Any] = {
            "holder": theirs,
            "data_class": "owner",
            "letters": "V",
            "reason": "Convention échue",
            "ends_on": tomorrow(30),
        }
        with pytest.raises(Forbidden):  # its people work elsewhere too
            rights_refuse(by=admin_93, scope=scope_for(admin_93), **refusal)
        rights_refuse(by=dihal, scope=scope_for(dihal), **refusal)
        grant(admin_93, partner, OptionKind.ACCESS_OWNER)
        assert scope_for(partner).reach(DataClass.OWNER).exact == COMMUNE
        assert not scope_for(correspondent).reach(DataClass.OWNER)

    def test_who_is_refused_something_does_not_lift_it(self, admin_93: User, dihal: User) -> None:
        colleague = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", "other@example.test")
        refused = rights_refuse(
            by=dihal,
            scope=scope_for(dihal),
            holder=colleague,
            data_class="health",
            letters="V",
            reason="Enquête",
            ends_on=tomorrow(30),
        )
        with pytest.raises(Forbidden):
            grant_revoke(
                by=colleague, scope=scope_for(colleague), grant_id=refused.pk, reason="non"
            )
        national = scope_for(dihal)
        grant_revoke(by=dihal, scope=national, grant_id=refused.pk, reason="Enquête close")
        assert scope_for(colleague).reach(DataClass.HEALTH).exact == D93

    def test_an_administrator_does_not_refuse_beyond_their_territory(self, admin_93: User) -> None:
        both = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
        Membership.objects.create(user=both, role=Role.OBSERVER, level="departement", code="13")
        with pytest.raises(Forbidden):
            rights_refuse(
                by=admin_93,
                scope=scope_for(admin_93),
                holder=both,
                data_class="owner",
                letters="V",
                reason="essai",
                ends_on=tomorrow(30),
            )

    @pytest.mark.parametrize(
        ("data_class", "letters"),
        [("police", "V"), ("owner", ""), ("owner", "VZ"), ("owner", "C"), ("general", "D")],
    )
    def test_unknown_classes_and_letters_are_refused(
        self, dihal: User, partner: User, data_class: str, letters: str
    ) -> None:
        with pytest.raises(DomainError) as error:
            exception_grant(
                by=dihal,
                scope=scope_for(dihal),
                user=partner,
                data_class=data_class,
                letters=letters,
                terms=terms(),
            )
        assert error.value.field in {"data_class", "letters"}


def test_everybodys_rights_are_resolved_in_a_bounded_number_of_queries(
    partner: User, dihal: User, admin_93: User, django_assert_max_num_queries: Any
) -> None:
    people = [partner, dihal, admin_93]
    for i in range(12):
        level, code = [("commune", "93008"), ("epci", "200054807"), ("region", "11")][i % 3]
        role = [Role.OPERATOR, Role.OBSERVER, Role.INTERVENER, Role.PARTNER][i % 4]
        user = make_user(role, level, code, f"many{i}@example.test")
        make_grant(user=user, option=OptionKind.CREATE_SITE, level="region", code="93")
        people.append(user)
    with django_assert_max_num_queries(8):
        together = scopes_for(people)
    assert together == {user.pk: scope_for(user) for user in people}
