"""The demonstration's accounts: one for each role, and each sees what its role may, no more."""

from __future__ import annotations

import base64
import json
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from geo.accounts.enums import Role
from geo.accounts.models import FeedToken, User
from geo.accounts.scopes import scope_for
from geo.accounts.tokens import token_from_header
from geo.core.scope import Verb
from geo.sites.models import Site, SiteLocation
from tests.demo.conftest import demo_data

pytestmark = pytest.mark.usefixtures("demo")
DEMO_ARGUMENTS = ("--departements", "93", "13", "92")
KEYS = {"email", "password", "totp", "token", "role", "territory"}
LOCAL = set(Role.values) - {Role.NATIONAL_ADMIN, Role.NATIONAL_PARTNER}
WITHOUT_EXPORT = {Role.INTERVENER, Role.OBSERVER}


def accounts(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    call_command("demo_accounts", "--json")
    return list(json.loads(capsys.readouterr().out))


def test_the_list_has_the_shape_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    found = accounts(capsys)
    assert all(set(account) == KEYS for account in found)
    assert {account["role"] for account in found} == set(Role.values)
    for role in LOCAL:
        territories = {account["territory"] for account in found if account["role"] == role}
        assert territories >= {"93", "13"}, role
    for account in found:
        assert (account["token"] is None) == (account["role"] in WITHOUT_EXPORT), account["role"]
        assert re.fullmatch(r"[A-Z2-7]{32}", account["totp"])
    assert len({account["email"] for account in found}) == len(found)


def test_passwords_and_tokens_open_and_only_hashes_are_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for account in accounts(capsys):
        user = User.objects.get(email=account["email"])
        assert user.check_password(account["password"])
        assert len(account["password"]) >= 16
        if account["token"] is None:
            continue
        token = token_from_header(f"Bearer {account['token']}")
        assert token is not None
        assert token.user == user
        basic = base64.b64encode(f":{account['token']}".encode()).decode()
        assert token_from_header(f"Basic {basic}") == token
        secret = account["token"].partition(".")[2]
        stored = FeedToken.objects.filter(pk=token.pk).values().get()
        assert secret not in repr(stored)


def test_the_file_is_for_its_owner_only(demo: Path) -> None:
    path = demo / "demo_accounts.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    path.write_text("[]")
    demo_data(*DEMO_ARGUMENTS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_lost_file_or_a_changed_password_gives_new_ones(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {account["email"]: account for account in accounts(capsys)}
    (demo / "demo_accounts.json").unlink()
    with pytest.raises(CommandError, match="demo_data"):
        call_command("demo_accounts", "--json")
    ids = set(User.objects.values_list("pk", flat=True))
    assert f"comptes : {len(before)} écrits" in demo_data(*DEMO_ARGUMENTS)
    assert set(User.objects.values_list("pk", flat=True)) == ids
    after = {account["email"]: account for account in accounts(capsys)}
    assert set(after) == set(before)
    for email, account in after.items():
        assert account["password"] != before[email]["password"]
        assert User.objects.get(email=email).check_password(account["password"])
        if account["token"]:
            assert token_from_header(f"Bearer {before[email]['token']}") is None
            assert token_from_header(f"Bearer {account['token']}") is not None
    user = User.objects.get(email=email)
    user.set_password("une autre phrase de passe")
    user.save()
    assert "écrits" in demo_data(*DEMO_ARGUMENTS)
    latest = {account["email"]: account for account in accounts(capsys)}[email]
    assert User.objects.get(email=email).check_password(latest["password"])


@dataclass(frozen=True)
class Expected:
    """What an account of a role must reach: `exact` and `seen` are « all », « own », « named »,
    « departement » or « none »; the verbs are those of the rights reference."""

    exact: str
    seen: str
    precision: str
    verbs: str = ""


# Typed from the rights reference, §6, not from the code: V is the reading, C create, U update,
# X close, D delete, E export.
MATRIX = {
    ("national_admin", "nation"): Expected("all", "all", "exact", "CUXDE"),
    ("national_partner", "nation"): Expected("none", "all", "commune", "E"),
    ("local_admin", "93"): Expected("own", "own", "exact", "CUXE"),
    ("local_admin", "13"): Expected("own", "own", "exact", "CUXE"),
    ("correspondent", "93"): Expected("own", "own", "exact", "CUXE"),
    ("partner", "93"): Expected("own", "own", "exact", "UE"),
    ("partner", "93066"): Expected("own", "departement", "500m", "UE"),
    ("operator", "13"): Expected("own", "own", "exact", "UE"),
    ("operator", "13055"): Expected("own", "departement", "500m", "UE"),
    ("intervener", "93"): Expected("named", "named", "exact"),
    ("intervener", "13"): Expected("named", "named", "exact"),
    ("observer", "93"): Expected("none", "own", "500m"),
    ("observer", "13"): Expected("none", "own", "500m"),
    ("api_token", "93"): Expected("none", "own", "commune"),
}
VERBS = {"C": Verb.CREATE, "U": Verb.UPDATE, "X": Verb.CLOSE, "D": Verb.DELETE, "E": Verb.EXPORT}


def ids(words: str, territory: str, user: User) -> set[int]:
    """The sites that a word of `Expected` means for an account."""
    sites = Site.objects.all()
    if words == "none":
        return set()
    if words == "named":
        return set(user.worked_sites.values_list("site_id", flat=True))
    if words == "departement" or len(territory) == 2:
        sites = sites.filter(departement_id=territory[:2])
    elif territory == "13055":
        sites = sites.filter(commune__main_commune_id="13055")
    elif territory != "nation":
        sites = sites.filter(commune_id=territory)
    return set(sites.values_list("pk", flat=True))


@pytest.mark.parametrize(("role", "territory"), MATRIX)
def test_each_account_reads_what_its_role_may(
    role: str, territory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = MATRIX[role, territory]
    (account,) = [
        one for one in accounts(capsys) if (one["role"], one["territory"]) == (role, territory)
    ]
    user = User.objects.get(email=account["email"])
    scope = scope_for(user)
    seen = set(Site.objects.visible_to(scope).values_list("pk", flat=True))
    exact = set(SiteLocation.objects.visible_to(scope).values_list("pk", flat=True))
    assert seen == ids(expected.seen, territory, user)
    assert exact == ids(expected.exact, territory, user)
    assert seen, "an account that sees nothing proves nothing"
    if expected.seen != "all":
        assert len(seen) < Site.objects.count()
    own = Site.objects.filter(pk__in=exact or seen).first()
    other = Site.objects.exclude(pk__in=exact or seen).first()
    for letter, verb in VERBS.items():
        assert scope.can(verb, own) == (letter in expected.verbs), verb
        if other is not None:
            assert not scope.can(verb, other)


@pytest.mark.parametrize(("role", "territory"), MATRIX)
def test_the_feed_shows_no_more_than_the_role_may(
    role: str, territory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = MATRIX[role, territory]
    (account,) = [
        one for one in accounts(capsys) if (one["role"], one["territory"]) == (role, territory)
    ]
    user = User.objects.get(email=account["email"])
    client, headers = Client(), {}
    if account["token"]:
        headers["Authorization"] = f"Bearer {account['token']}"
    else:
        client.force_login(user)
    address = "/ogc/collections/sites/items?limit=10000"
    answer = client.get(address, headers=headers)
    if role in WITHOUT_EXPORT:
        # Through the session: the map, the sheets and the prints are theirs, the feed is not.
        assert answer.status_code == 403
        return
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    features = json.loads(body)["features"]
    exact = ids(expected.exact, territory, user)
    assert {feature["id"] for feature in features} == ids(expected.seen, territory, user)
    for feature in features:
        properties = feature["properties"]
        wanted = "exact" if feature["id"] in exact else expected.precision
        assert properties["precision"] == wanted
        hidden = {"name", "address", "location_accuracy"}
        assert hidden <= set(properties) if wanted == "exact" else not hidden & set(properties)


def test_a_token_gives_no_verb_but_export(capsys: pytest.CaptureFixture[str]) -> None:
    account = next(one for one in accounts(capsys) if one["role"] == Role.NATIONAL_ADMIN)
    token = token_from_header(f"Bearer {account['token']}")
    assert token is not None
    scope = scope_for(token.user, token)
    assert {verb for verb, _ in scope.verbs} == {Verb.EXPORT}


def test_nobody_sees_a_site() -> None:
    answer = Client().get("/ogc/collections/sites/items")
    assert answer.status_code == 404


def test_the_table_tells_roles_in_french_and_no_token(capsys: pytest.CaptureFixture[str]) -> None:
    found = accounts(capsys)
    call_command("demo_accounts")
    told = capsys.readouterr().out
    for account in found:
        assert f"{Role(account['role']).label} ({account['role']})" in told
        assert account["password"] in told
        assert account["token"] is None or account["token"] not in told
