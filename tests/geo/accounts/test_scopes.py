"""From memberships to what is seen: widening, union, arrondissements, named sites, tokens."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.gis.geos import Point

from geo.accounts.enums import GrantKind, Level, Role
from geo.accounts.models import Grant, Membership, User
from geo.accounts.scopes import scope_for
from geo.accounts.tokens import token_create, token_from_header
from geo.core.errors import Forbidden, InvalidInput
from geo.core.scope import DataClass, Scope, Verb
from geo.sites.actors import site_actor_name, site_actor_remove
from geo.sites.models import Site, SiteLocation
from geo.territories.models import Commune, Epci
from tests.support.factories import make_site, make_user, square

pytestmark = [pytest.mark.django_db]
NATION = Scope.nation()


@pytest.fixture
def sites(territories: Any) -> dict[str, Site]:
    """One site in each commune, by the code of the commune."""
    places = {
        "93066": (2.35, 48.93),
        "93008": (2.45, 48.93),
        "13055": (5.4, 43.3),
        "13001": (5.4, 43.5),
    }
    return {code: make_site(*place) for code, place in places.items()}


def seen(scope: Scope, sites: dict[str, Site]) -> set[str]:
    found = set(Site.objects.visible_to(scope).values_list("pk", flat=True))
    return {code for code, site in sites.items() if site.pk in found}


def exact(scope: Scope, sites: dict[str, Site]) -> set[str]:
    found = set(SiteLocation.objects.visible_to(scope).values_list("pk", flat=True))
    return {code for code, site in sites.items() if site.pk in found}


@pytest.mark.parametrize(
    ("role", "place", "sees", "exactly"),
    [
        (Role.LOCAL_ADMIN, "departement 93", {"93066", "93008"}, {"93066", "93008"}),
        (Role.CORRESPONDENT, "commune 93066", {"93066"}, {"93066"}),
        (Role.PARTNER, "commune 93066", {"93066", "93008"}, {"93066"}),
        (Role.OPERATOR, "epci 200054807", {"13055", "13001"}, {"13055", "13001"}),
        (Role.PARTNER, "region 93", {"13055", "13001"}, {"13055", "13001"}),
        (Role.OBSERVER, "commune 93066", {"93066", "93008"}, set()),
        (Role.API_TOKEN, "departement 13", {"13055", "13001"}, set()),
        (Role.INTERVENER, "departement 93", set(), set()),
    ],
)
def test_reading_by_role_and_territory(
    sites: dict[str, Site], role: str, place: str, sees: set[str], exactly: set[str]
) -> None:
    level, code = place.split()
    scope = scope_for(make_user(role, level, code))
    assert seen(scope, sites) == sees
    assert exact(scope, sites) == exactly


def test_national_roles_see_the_country_each_at_its_precision(sites: dict[str, Site]) -> None:
    admin, partner = (
        scope_for(make_user(role)) for role in (Role.NATIONAL_ADMIN, Role.NATIONAL_PARTNER)
    )
    assert seen(admin, sites) == exact(admin, sites) == set(sites)
    assert seen(partner, sites) == set(sites)
    assert exact(partner, sites) == set()
    assert partner.reach().commune.nation
    assert not partner.reach().grid


def test_an_epci_over_two_departements_widens_to_both(sites: dict[str, Site]) -> None:
    Epci.objects.filter(code="200054781").update(departements=["93", "13"])
    scope = scope_for(make_user(Role.PARTNER, Level.EPCI, "200054781"))
    assert seen(scope, sites) == set(sites)
    assert exact(scope, sites) == {"93066", "93008"}
    assert scope.can(Verb.UPDATE, sites["93008"])
    assert not scope.can(Verb.UPDATE, sites["13055"])


def test_a_main_commune_covers_its_arrondissements(sites: dict[str, Site]) -> None:
    whole = Commune.objects.get(code="13055")
    Commune.objects.create(
        code="13201",
        name="Marseille 1er Arrondissement",
        departement_id="13",
        region_id="93",
        epci_id=whole.epci_id,
        main_commune=whole,
        contour=square(5.30, 43.20, 5.36, 43.30),
        point=Point(5.33, 43.25, srid=4326),
        millesime="test",
        source="contours inventés",
    )
    inside = make_site(5.33, 43.25)
    assert inside.commune_id == "13201"
    scope = scope_for(make_user(Role.CORRESPONDENT, Level.COMMUNE, "13055"))
    assert exact(scope, {"13201": inside} | sites) == {"13201", "13055"}
    of_part = scope_for(make_user(Role.CORRESPONDENT, Level.COMMUNE, "13201"))
    assert exact(of_part, {"13201": inside} | sites) == {"13201"}


def test_roles_of_one_person_add_up(sites: dict[str, Site]) -> None:
    user = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93")
    Membership.objects.create(user=user, role=Role.LOCAL_ADMIN, level="departement", code="13")
    scope = scope_for(user)
    assert seen(scope, sites) == set(sites)
    assert exact(scope, sites) == {"13055", "13001"}
    assert not scope.can(Verb.EXPORT, sites["93066"])
    assert scope.can(Verb.EXPORT, sites["13001"])


def test_a_token_gives_what_its_owner_may_export_and_no_more(sites: dict[str, Site]) -> None:
    user = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93")
    with pytest.raises(Forbidden):
        token_create(user=user, name="essai", purpose="essai")
    Membership.objects.create(user=user, role=Role.PARTNER, level="commune", code="13055")
    _, clear = token_create(user=user, name="essai", purpose="essai")
    token = token_from_header(f"Bearer {clear}")
    assert token is not None
    scope = scope_for(user, token)
    assert seen(scope, sites) == {"13055", "13001"}
    assert exact(scope, sites) == {"13055"}
    assert not scope.where(Verb.UPDATE)
    user.memberships.filter(role=Role.PARTNER).delete()
    assert not scope_for(User.objects.get(pk=user.pk), token).sees_sites


def test_an_account_that_ended_sees_nothing(sites: dict[str, Site], admin_93: User) -> None:
    assert scope_for(admin_93).sees_sites
    admin_93.is_active = False
    assert scope_for(admin_93) == Scope.public()
    assert seen(Scope.public(), sites) == set()


def test_an_intervener_reads_the_sites_that_name_them_exactly(
    sites: dict[str, Site], admin_93: User
) -> None:
    person = make_user(Role.INTERVENER, Level.DEPARTEMENT, "93")
    rights = scope_for(admin_93)
    asked: dict[str, Any] = {"by": admin_93, "scope": rights, "user": person}
    actor = site_actor_name(**asked, site_id=sites["93066"].pk, themes=["school", "health"])
    assert actor.themes == ["health", "school"]
    assert site_actor_name(**asked, site_id=sites["93066"].pk, themes=["work"]).pk == actor.pk
    scope = scope_for(person)
    assert seen(scope, sites) == exact(scope, sites) == {"93066"}
    assert not any(scope.can(verb, sites["93066"]) for verb in Verb)
    assert site_actor_remove(scope=rights, site_id=sites["93066"].pk, user=person)
    assert seen(scope_for(person), sites) == set()


def test_naming_someone_stays_in_the_writers_areas(sites: dict[str, Site], admin_93: User) -> None:
    person = make_user(Role.INTERVENER, Level.DEPARTEMENT, "13")
    with pytest.raises(Site.DoesNotExist):
        site_actor_name(
            by=admin_93,
            scope=scope_for(admin_93),
            site_id=sites["13055"].pk,
            user=person,
            themes=[],
        )
    with pytest.raises(InvalidInput) as error:
        site_actor_name(
            by=admin_93,
            scope=scope_for(admin_93),
            site_id=sites["93066"].pk,
            user=person,
            themes=["surveillance"],
        )
    assert error.value.field == "themes"
    assert seen(scope_for(person), sites) == set()
    # Being named gives nothing to someone who is no intervener.
    observer = make_user(Role.OBSERVER, Level.DEPARTEMENT, "13")
    site_actor_name(by=None, scope=NATION, site_id=sites["93066"].pk, user=observer, themes=[])
    assert seen(scope_for(observer), sites) == {"13055", "13001"}


def exception(user: User, code: str, **fields: Any) -> Grant:
    return Grant.objects.create(
        kind=GrantKind.EXCEPTION,
        user=user,
        level="departement" if code else "nation",
        code=code,
        reason="essai",
        granted_by=make_user(Role.NATIONAL_ADMIN),
        ends_on=dt.date(2999, 12, 31),
        **fields,
    )


def test_general_data_refused_is_read_no_more_by_page_or_token(
    sites: dict[str, Site], admin_93: User
) -> None:
    _, clear = token_create(user=admin_93, name="essai", purpose="essai")
    token = token_from_header(f"Bearer {clear}")
    assert token is not None
    assert scope_for(admin_93, token).sees_sites
    exception(admin_93, "", data_class=DataClass.GENERAL, letters="V", refused=True)
    assert not scope_for(admin_93).sees_sites
    assert not scope_for(admin_93, token).sees_sites


@pytest.mark.parametrize("data_class", [DataClass.GENERAL, DataClass.OWNER])
def test_what_may_not_be_read_is_not_taken_out(
    sites: dict[str, Site], admin_93: User, data_class: DataClass
) -> None:
    """A right to export alone, elsewhere, gives a token nothing there."""
    _, clear = token_create(user=admin_93, name="essai", purpose="essai")
    token = token_from_header(f"Bearer {clear}")
    assert token is not None
    token.classes = [DataClass.OWNER]
    exception(admin_93, "13", data_class=data_class, letters="E")
    reach = scope_for(admin_93, token).reach(data_class)
    assert reach.exact.departements == ("93",)
