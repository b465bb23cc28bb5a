"""The page of reads and the history of an account: for who administers the person, nobody else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from geo.accounts.enums import GrantKind, Level, OptionKind, Role
from geo.accounts.models import Grant, Membership, ReadAlert, ReadPurpose, User
from geo.accounts.readlog import log_read
from geo.core.scope import DataClass
from tests.support.factories import make_site, make_user
from web.accounts.life import reads

pytestmark = pytest.mark.django_db
PAGE = "/compte/administration/lectures/"
PERSON = "/compte/administration/personnes"


def read(by: User, *ids: int, purpose: Any = ReadPurpose.CONSULT) -> None:
    log_read(by=by, data_classes=[DataClass.HEALTH], route="site", object_ids=ids, purpose=purpose)


def person_in(code: str, name: str) -> User:
    user = make_user(Role.OPERATOR, Level.DEPARTEMENT, code, f"{name}@example.test")
    User.objects.filter(pk=user.pk).update(full_name=name)
    user.refresh_from_db()
    return user


@pytest.fixture
def here(territories: Any) -> User:
    return person_in("93", "Icicanari")


@pytest.fixture
def elsewhere(territories: Any) -> User:
    return person_in("13", "Ailleurscanari")


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def test_an_administrator_reads_the_lines_of_their_people(
    client: Client, theme: str, admin_93: User, here: User, elsewhere: User
) -> None:
    mine, far = make_site(reference="S-ICI"), make_site(5.38, 43.31, reference="S-LOIN")
    read(here, mine.pk, far.pk)
    read(elsewhere, mine.pk)
    ReadAlert.objects.create(user=elsewhere, day="2026-01-02", kind="sheets", count=777)
    ReadAlert.objects.create(user=here, day="2026-01-02", kind="export", count=888)
    client.force_login(admin_93)
    text = page(client)
    assert "Icicanari" in text
    assert "Ailleurscanari" not in text
    assert "888 lignes" in text
    assert "777 fiches" not in text
    assert f'href="/sites/{mine.pk}/">S-ICI</a>' in text
    assert "S-LOIN" not in text
    assert f"/sites/{far.pk}/" not in text
    assert "Ce que Icicanari a lu" in page(client, f"?personne={here.pk}")
    assert client.get(f"{PAGE}?personne={elsewhere.pk}").status_code == 404


def test_the_nation_reads_every_line(
    client: Client, national_admin: User, here: User, elsewhere: User
) -> None:
    read(here, 1)
    read(elsewhere, 2, 3, purpose=ReadPurpose.EXPORT)
    client.force_login(national_admin)
    text = page(client)
    assert "Icicanari" in text
    assert "Ailleurscanari" in text
    assert "<td>2</td>" in text


@pytest.mark.parametrize("query", ["personne=x", "personne=-1", "avant=1e3", f"avant={10**30}"])
def test_a_wrong_number_is_told(client: Client, admin_93: User, query: str) -> None:
    client.force_login(admin_93)
    answer = client.get(f"{PAGE}?{query}")
    assert answer.status_code == 400
    assert query.split("=", maxsplit=1)[0] in answer.content.decode()


def test_pages_follow_one_another_at_a_constant_cost(
    client: Client, admin_93: User, here: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(admin_93)
    monkeypatch.setattr(reads, "PAGE", 2)
    sites = [make_site(reference=f"S-{number}").pk for number in range(5)]
    read(here, sites[0])
    with CaptureQueriesContext(
        connection,
    ) as one:
        page(client)
    for each in sites[1:]:
        read(here, each)
    with CaptureQueriesContext(connection) as many:
        text = page(client)
    assert len(many) <= len(one) + 1
    seen = []
    while True:
        seen += [number for number in range(5) if f">S-{number}</a>" in text]
        if "Plus ancien" not in text:
            break
        text = page(client, "?" + text.split('href="?')[1].split('"')[0].replace("&amp;", "&"))
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_the_history_of_an_account_is_sentences(
    client: Client, theme: str, admin_93: User, here: User, elsewhere: User
) -> None:
    client.force_login(admin_93)
    answer = client.post(f"{PERSON}/{here.pk}/desactiver/", follow=True)
    assert "Historique" in answer.content.decode()
    Membership.objects.filter(user=here).update(role=Role.INTERVENER, ends_on="2031-02-03")
    text = client.get(f"{PERSON}/{here.pk}/historique/").content.decode()
    assert "Compte créé" in text
    assert "hors de l’application" in text
    labels = f"{Role.OPERATOR.label} → {Role.INTERVENER.label}, jusqu’au 03/02/2031"
    assert labels.replace("'", "&#x27;") in text
    assert "Rôle donné" in text
    assert "Nom changé" in text
    assert client.get(f"{PERSON}/{elsewhere.pk}/historique/").status_code == 404


def test_who_changed_an_account_is_named(client: Client, here: User, admin_93: User) -> None:
    from geo.core import tracing

    with tracing.acting(tracing.Act("web", "x", who=lambda: tracing.Person(admin_93.pk))):
        User.objects.filter(pk=here.pk).update(is_active=False)
    with tracing.acting(tracing.Act("job", "retention")):
        User.objects.filter(pk=here.pk).update(is_active=True)
    client.force_login(admin_93)
    text = client.get(f"{PERSON}/{here.pk}/historique/").content.decode()
    assert "Compte désactivé" in text
    assert f"par {admin_93.full_name}" in text
    assert "Compte réactivé" in text
    assert "tâche de fond retention" in text


def test_the_history_of_rights_says_which_right_where_and_why(
    client: Client, here: User, admin_93: User, national_admin: User
) -> None:
    common: dict[str, Any] = {"granted_by": national_admin, "ends_on": dt.date(2031, 2, 3)}
    at_home: dict[str, Any] = {"level": Level.COMMUNE, "code": "93066"}
    Grant.objects.create(
        kind=GrantKind.EXCEPTION,
        user=here,
        data_class=DataClass.OWNER,
        letters="VE",
        reason="Relogement",
        **common,
        **at_home,
    )
    Grant.objects.create(
        kind=GrantKind.EXCEPTION,
        user=here,
        data_class=DataClass.HEALTH,
        letters="U",
        refused=True,
        level=Level.NATION,
        reason="Fin de mission",
        **common,
    )
    option = Grant.objects.create(
        kind=GrantKind.OPTION,
        user=here,
        option=OptionKind.CLOSE_SITE,
        reason="Été",
        **common,
        **at_home,
    )
    Grant.objects.filter(pk=option.pk).update(
        revoked_by=national_admin, revoked_at=timezone.now(), revoked_reason="Été fini"
    )
    Grant.objects.create(
        kind=GrantKind.ORGANISATION,
        organisation=here.organisation,
        data_class=DataClass.FINANCE,
        letters="V",
        reason="Convention",
        **common,
        **at_home,
    )
    client.force_login(admin_93)
    text = client.get(f"{PERSON}/{here.pk}/historique/").content.decode().replace("&#x27;", "'")
    until = "jusqu’au 03/02/2031"
    closing = f"{OptionKind.CLOSE_SITE.label[0].lower()}{OptionKind.CLOSE_SITE.label[1:]}"
    health = f"ne peut plus modifier : veille sanitaire, partout, {until}"
    for sentence in (
        f"Exception accordée : peut lire et exporter : propriétaires, Saint-Denis (93066), {until}",
        "motif : « Relogement »",
        f"Droit refusé : {health} ; motif : « Fin de mission »",
        f"Droit accordé : {closing}, Saint-Denis (93066), {until} ; motif : « Été »",
        f"Droit retiré : {closing}, Saint-Denis (93066) ; motif : « Été fini »",
        f"Droit accordé à l’organisme : peut lire : coûts, Saint-Denis (93066), {until}",
    ):
        assert sentence in text, sentence


def test_one_opened_sheet_is_one_line_and_an_export_leads_to_its_sites(
    client: Client, national_admin: User, here: User
) -> None:
    sites = [make_site(reference=f"S-{number}").pk for number in range(7)]
    log_read(
        by=here,
        data_classes=[DataClass.GENERAL, DataClass.OWNER, DataClass.HEALTH],
        route="site",
        object_ids=sites[:1],
        purpose=ReadPurpose.CONSULT,
        request_id="r1",
    )
    log_read(
        by=here,
        data_classes=[DataClass.GENERAL, DataClass.JUDICIAL],
        route="exports",
        object_ids=sites,
        purpose=ReadPurpose.EXPORT,
        request_id="r2",
    )
    client.force_login(national_admin)
    text = page(client)
    assert text.count('<th scope="row"') == 2
    assert "Informations générales, Propriétaires, Veille sanitaire" in text
    exported = text.split("<tbody>")[1].split("</tr>")[0]
    assert exported.count('href="/sites/') == 5
    assert "et 2 autres" in exported


def test_opening_many_sheets_is_told_restricted_or_not(
    client: Client, settings: Any, territories: Any
) -> None:
    settings.READ_ALERT_SHEETS = 3
    reader = make_user(Role.PARTNER, Level.DEPARTEMENT, "93")
    client.force_login(reader)
    sites = [make_site().pk for _ in range(4)]
    for path in (
        f"/sites/{sites[0]}/",
        f"/sites/{sites[0]}/",
        f"/sites/{sites[1]}/?fragment=1",
        f"/sites/{sites[2]}/historique/",
    ):
        assert client.get(path).status_code == 200
    assert not ReadAlert.objects.exists()
    assert client.get(f"/sites/{sites[3]}/modifier/").status_code == 200
    assert list(ReadAlert.objects.values_list("user", "kind", "count")) == [
        (reader.pk, "sheets", 4)
    ]
