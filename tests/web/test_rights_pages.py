"""Pages of rights: given, approved, withdrawn, told in words; who can read is what is enforced."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from geo.accounts.enums import Level, OptionKind, OrganisationType, Role
from geo.accounts.models import Grant, Organisation, User
from geo.accounts.readers import readers_of
from geo.accounts.scopes import scope_for
from geo.core import rls
from geo.core.scope import DataClass, Precision, Scope
from geo.sites.models import Site, SiteLocation
from geo.sites.restricted.policies import precision_read
from tests.support import signing
from tests.support.canaries import World, make_reader, make_world
from tests.support.factories import make_user
from tests.support.rights import BY_NAME, PLACES, READERS

pytestmark = pytest.mark.django_db
OWNERS = OptionKind.ACCESS_OWNER.value
SOON = timezone.localdate() + dt.timedelta(days=60)
TERMS = {
    "territory": "departement:93",
    "precise": "93066",
    "reason": "Un motif inventé",
    "ends_on": SOON.isoformat(),
}


def page(user: User) -> str:
    return f"/compte/administration/personnes/{user.pk}/droits/"


def posted(name: str, **values: str) -> dict[str, str]:
    """What the form of that name sends."""
    return {"form": name} | {f"{name}-{key}": value for key, value in (TERMS | values).items()}


@pytest.fixture
def partner(territories: Any) -> User:
    return make_user(Role.PARTNER, Level.COMMUNE, "93066", "partenaire@example.test")


def test_a_local_administrator_gives_an_option_and_takes_it_back(
    client: Client, admin_93: User, partner: User
) -> None:
    client.force_login(admin_93)
    shown = client.get(page(partner)).content.decode()
    assert "Voir les sites et leur lieu exact" in shown
    assert "Accès aux données des propriétaires" in shown
    given = client.post(page(partner), posted("option", option=OptionKind.ACCESS_OWNER))
    assert given.status_code == 302
    grant = Grant.objects.get()
    assert (grant.user, grant.option, grant.level, grant.code) == (
        partner,
        OptionKind.ACCESS_OWNER,
        "commune",
        "93066",
    )
    assert scope_for(partner).reach(DataClass.OWNER).exact.communes == ("93066",)
    told = client.get(page(partner)).content.decode()
    assert "Un motif inventé" in told
    assert "Lire : propriétaires" in told
    address = f"/compte/administration/droits/{grant.pk}/retirer/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Plus besoin"}).status_code == 302
    assert not scope_for(partner).reach(DataClass.OWNER)
    assert client.get(address).status_code == 404


def test_a_role_is_told_until_its_last_day_and_no_longer(
    client: Client, admin_93: User, partner: User
) -> None:
    client.force_login(admin_93)
    held = partner.memberships.get()
    held.ends_on = SOON
    held.save()
    assert f"jusqu’au {SOON:%d/%m/%Y}" in client.get(page(partner)).content.decode()
    client.force_login(partner)
    assert f"jusqu’au {SOON:%d/%m/%Y}" in client.get("/compte/").content.decode()
    held.ends_on = timezone.localdate() - dt.timedelta(days=1)
    held.save()
    assert "Partenaire (ARS" not in client.get("/compte/").content.decode()


def test_rights_change_only_just_after_a_second_factor(
    client: Client, admin_93: User, partner: User
) -> None:
    client.force_login(admin_93)
    signing.mark_proved(client, admin_93, seconds_ago=700)
    assert client.get(page(partner)).status_code == 200
    sent = client.post(page(partner), posted("option", option=OWNERS))
    assert sent["Location"].startswith("/compte/confirmer/")
    assert not Grant.objects.exists()


def test_the_judicial_waits_for_another_national_administrator(
    client: Client, admin_93: User, partner: User, national_admin: User
) -> None:
    client.force_login(admin_93)
    client.post(page(partner), posted("option", option=OptionKind.ACCESS_JUDICIAL))
    grant = Grant.objects.get()
    assert (
        "Attend l’accord de l’administration nationale"
        in client.get(page(partner)).content.decode()
    )
    assert not scope_for(partner).reach(DataClass.JUDICIAL)
    address = f"/compte/administration/droits/{grant.pk}/approuver/"
    assert client.post(address).status_code == 403
    client.force_login(national_admin)
    assert "Un motif inventé" in client.get("/compte/administration/droits/").content.decode()
    assert client.post(address).status_code == 302
    assert scope_for(partner).reach(DataClass.JUDICIAL)
    assert client.post(address).status_code == 302
    grant.refresh_from_db()
    assert grant.approved_by == national_admin


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (posted("option", option="inconnue"), 'href="#id_option-option"'),
        (posted("option", option=OWNERS, ends_on="2020-01-01"), 'href="#id_option-ends_on"'),
        (posted("option", option=OWNERS, reason=" "), 'href="#id_option-reason"'),
        (posted("option", option=OWNERS, precise="x"), 'href="#id_option-precise"'),
        (posted("option", option=OWNERS, precise="13001"), "administrez pas tout ce territoire"),
        (posted("plus", data_class="owner", letters="VC"), 'href="#id_plus-letters"'),
        (posted("plus", data_class="judicial", letters="V"), 'href="#id_plus-data_class"'),
        (posted("moins", data_class="general", letters="V"), 'href="#id_moins-letters"'),
    ],
)
def test_a_refusal_is_told_beside_its_field_and_writes_nothing(
    client: Client, admin_93: User, partner: User, sent: dict[str, str], said: str
) -> None:
    client.force_login(admin_93)
    answer = client.post(page(partner), sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Grant.objects.exists()


def test_an_exception_gives_and_a_refusal_takes_away(
    client: Client, admin_93: User, partner: User
) -> None:
    client.force_login(admin_93)
    assert (
        client.post(page(partner), posted("plus", data_class="finance", letters="V")).status_code
        == 302
    )
    assert scope_for(partner).reach(DataClass.FINANCE).exact.communes == ("93066",)
    assert (
        client.post(page(partner), posted("moins", data_class="general", letters="U")).status_code
        == 302
    )
    told = client.get(page(partner)).content.decode()
    assert "Ne peut plus modifier : informations générales" in told
    assert "Modifier les sites" not in told


def test_nobody_reaches_the_rights_of_another_territory_or_their_own(
    client: Client, admin_93: User, partner: User
) -> None:
    admin_13 = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13")
    client.force_login(admin_13)
    assert client.get(page(partner)).status_code == 404
    assert client.post(page(partner), posted("option", option="access_owner")).status_code == 404
    client.force_login(partner)
    assert client.get(page(partner)).status_code == 403
    client.force_login(admin_93)
    own = client.post(page(admin_93), posted("plus", data_class="finance", letters="V"))
    assert own.status_code in {403, 422}
    assert not Grant.objects.exists()


def test_an_organisation_receives_health_where_its_people_are(
    client: Client, national_admin: User, territories: Any
) -> None:
    agency = Organisation.objects.create(name="Agence inventée", type=OrganisationType.ARS)
    person = make_user(Role.PARTNER, Level.COMMUNE, "93066", "sante@example.test")
    User.objects.filter(pk=person.pk).update(organisation=agency)
    client.force_login(national_admin)
    values = TERMS | {"precise": "", "organisation": str(agency.pk), "data_class": "health"}
    given = client.post("/compte/administration/droits/", values | {"letters": "VU"})
    assert given.status_code == 302
    assert scope_for(User.objects.get(pk=person.pk)).reach(DataClass.HEALTH).exact.communes == (
        "93066",
    )
    told = client.get("/compte/administration/droits/").content.decode()
    assert "Agence inventée" in told
    wrong = client.post(
        "/compte/administration/droits/", values | {"letters": "V", "data_class": "x"}
    )
    assert wrong.status_code == 422


@pytest.mark.parametrize("data_class", list(DataClass))
def test_who_can_read_is_exactly_who_reads(territories: Any, data_class: DataClass) -> None:
    world = make_world()
    users = {
        make_reader(reader, world, f"lecteur{number}@example.test").pk: reader
        for number, reader in enumerate(READERS)
    }
    for code in PLACES:
        site = Site.objects.get(pk=world.site(code))

        def how(scope: Scope, at: Site = site) -> Precision | None:
            return precision_read(scope, data_class, at)

        readers = readers_of(site.pk, site, data_class, how)
        told = {each.user.pk: each.precision.value for each in readers}
        for pk, reader in users.items():
            user = User.objects.get(pk=pk)
            assert _really(user, site, data_class) == told.get(pk), reader.name


def _really(user: User, site: Site, data_class: DataClass) -> str | None:
    """How the database itself shows this class of a site to an account."""
    scope = scope_for(user)
    with rls.reading(scope):
        if data_class != DataClass.GENERAL:
            model = {
                DataClass.JUDICIAL: "judicials",
                DataClass.OWNER: "owners",
                DataClass.HEALTH: "health_watches",
                DataClass.FINANCE: "cost_estimates",
            }[data_class]
            relation = Site._meta.get_field(model).related_model
            return "exact" if relation.objects.filter(site_id=site.pk).exists() else None
        if SiteLocation.objects.filter(pk=site.pk).exists():
            return "exact"
        if not Site.objects.filter(pk=site.pk).exists():
            return None
        return "500m" if scope.reach().grid.covers(site) else "commune"


def test_the_page_is_for_who_reads_and_the_reads_for_administrators(
    client: Client, world_93: World
) -> None:
    site = world_93.site("93066")
    address = f"/sites/{site}/lecteurs/judicial/"
    client.force_login(make_reader(BY_NAME["partner with every option"], world_93))
    shown = client.get(address)
    assert shown.status_code == 200
    assert "Accès aux données judiciaires" in shown.content.decode()
    assert "Qui les a lues" not in shown.content.decode()
    assert client.get(f"/sites/{site}/lecteurs/health/").status_code == 404
    assert client.get(f"/sites/{site}/lecteurs/inconnue/").status_code == 404
    client.get(f"/sites/{site}/")
    admin = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", "admin@example.test")
    client.force_login(admin)
    told = client.get(address).content.decode()
    assert "Qui les a lues" in told
    assert "Consultation" in told


@pytest.fixture
def world_93(territories: Any) -> World:
    return make_world()


def test_permissions_by_default_are_told_to_everybody_signed_in(
    client: Client, partner: User
) -> None:
    assert client.get("/compte/permissions/").status_code == 302
    client.force_login(partner)
    told = client.get("/compte/permissions/").content.decode()
    for role in Role:
        assert role.label in told
    assert "sur option" in told


def test_who_is_not_told_the_place_reads_no_owner(
    client: Client, admin_93: User, world_93: World
) -> None:
    """An exception does not make one: what names people of the place goes with the place."""
    blurred = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", "flou@example.test")
    client.force_login(admin_93)
    given = client.post(page(blurred), posted("plus", data_class="owner", letters="V", precise=""))
    assert given.status_code == 302
    site = Site.objects.get(pk=world_93.site("93066"))
    assert _really(blurred, site, DataClass.OWNER) is None
    told = client.get(f"/sites/{site.pk}/lecteurs/owner/").content.decode()
    assert blurred.full_name not in told


def test_each_right_says_its_last_day(client: Client, admin_93: User, partner: User) -> None:
    def lines(reader: Client, path: str = "/compte/") -> dict[str, tuple[Any, bool]]:
        found = reader.get(path).context["rights"]
        return {each.what: (each.until, each.partly) for each in found}

    exact, owners = "Voir les sites et leur lieu exact", "Lire : propriétaires"
    own = Client()
    own.force_login(partner)
    assert lines(own)[exact] == (None, False)
    client.force_login(admin_93)
    assert client.post(page(partner), posted("option", option=OWNERS)).status_code == 302
    assert lines(own)[owners] == (SOON, False)
    assert lines(own)[exact] == (None, False)
    # A role that ends takes its part; another keeps the rest.
    first = SOON - dt.timedelta(days=30)
    partner.memberships.create(role=Role.PARTNER, level="commune", code="93008", ends_on=first)
    assert lines(own)[exact] == (first, True)
    assert lines(own)[owners] == (SOON, False)
    partner.memberships.update(ends_on=first)
    assert lines(own)[exact] == lines(own)[owners] == (first, False)
    text = own.get("/compte/").content.decode()
    assert f"{first:%d/%m/%Y}" in text
    assert lines(client, page(partner))[exact] == (first, False)
    # What is taken away for a while comes back: it does not end what is left.
    partner.memberships.update(ends_on=None)
    taken = posted("moins", data_class="general", letters="E")
    assert client.post(page(partner), taken).status_code == 302
    assert lines(own)[exact] == (None, False)
    assert "Sans date de fin" in own.get("/compte/").content.decode()
