"""Changing a password, losing it, and what makes one acceptable."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from geo.accounts.enums import Role
from geo.accounts.models import User
from geo.accounts.passwords import TOKENS, is_breached, password_check, reset_address
from geo.accounts.tasks import password_mail, security_mail
from geo.accounts.throttle import ACCOUNT
from geo.core.errors import InvalidInput
from tests.support import signing
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
FRESH = "girafe lente sous un parapluie"


@pytest.fixture
def person(admin_93: User) -> User:
    admin_93.full_name = "Clémence Inventée-Durand"
    admin_93.save()
    return admin_93


@pytest.mark.parametrize(
    "password",
    [
        "trop court",
        "x" * 129,
        "azertyuiopqsdfghjklm",
        "AZERTYUIOP0123456789",
        "aaaaaaaaaaaaaaaaaaaa",
        "soleilsoleilsoleilsoleil",
        "Clemence Inventee Durand",
        "clémence.inventée.2026",
        "Organisme inventé 2026",
        "PréfectureRésorption2026",
        "motdepassemotdepasse",
        "Administrateur-Atlas",
        "9876543210987654321",
    ],
)
def test_what_is_guessed_is_refused(person: User, password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        password_check(password, person)
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "password",
    [
        FRESH,
        "correct horse battery",
        "Gkq7!zP0vbN2mXw4",
        "é" * 3 + "un chemin vers la mer",
        "x7-" + "lune bleue " * 11,
    ],
)
def test_length_is_enough(person: User, password: str) -> None:
    password_check(password, person)


def test_a_leaked_password_is_found_in_the_installed_file(
    person: User, tmp_path: Path, settings: Any
) -> None:
    leaked = [f"phrase inventee numero {n}" for n in range(500)]
    lines = sorted(hashlib.sha1(text.encode()).hexdigest().upper() for text in leaked)
    for end in ("\n", ""):
        path = tmp_path / f"leaks{len(end)}.txt"
        path.write_text("\n".join(f"{line}:{n}" for n, line in enumerate(lines)) + end)
        settings.BREACHED_PASSWORDS = path
        assert all(is_breached(text) for text in leaked)
        assert not any(is_breached(f"{text}!") for text in leaked)
    with pytest.raises(InvalidInput, match="connu"):
        password_check(leaked[7], person)
    settings.BREACHED_PASSWORDS = tmp_path / "absent.txt"
    assert not is_breached(leaked[7])


def test_production_hashes_with_argon2() -> None:
    script = "import config.settings.base as s; print(s.PASSWORD_HASHERS)"
    shown = subprocess.run(
        [sys.executable, "-c", script],
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Argon2" in shown.stdout
    assert "MD5" not in shown.stdout


def test_changing_it_ends_the_other_sessions(person: User) -> None:
    here, there = Client(), Client()
    signing.sign_in(here, person)
    signing.sign_in(there, person)
    short = here.post("/compte/securite/mot-de-passe/", {"password": "court", "again": "court"})
    assert short.status_code == 422
    differing = {"password": FRESH, "again": PASSWORD}
    assert here.post("/compte/securite/mot-de-passe/", differing).status_code == 422
    assert there.get("/compte/").status_code == 200
    done = here.post("/compte/securite/mot-de-passe/", {"password": FRESH, "again": FRESH})
    assert done["Location"] == "/compte/securite/"
    assert here.get("/compte/").status_code == 200
    assert there.get("/compte/").status_code == 302
    person.refresh_from_db()
    assert person.check_password(FRESH)
    security_mail(person.pk, "password_changed")
    assert "vient de changer" in mail.outbox[-1].body


def test_changing_it_needs_a_recent_proof(client: Client, person: User) -> None:
    signing.sign_in(client, person)
    signing.mark_proved(client, person, seconds_ago=700)
    answer = client.post("/compte/securite/mot-de-passe/", {"password": FRESH, "again": FRESH})
    assert answer["Location"].startswith("/compte/confirmer/")
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_a_lost_password_gives_the_same_answer_to_all(client: Client, person: User) -> None:
    answers = set()
    for email in (person.email.upper(), "personne@example.test"):
        answer = client.post("/connexion/mot-de-passe/", {"email": email})
        assert answer.status_code == 200
        answers.add(re.sub(r'value="[^"]*"', "", answer.content.decode()))
    assert len(answers) == 1
    # The same work is queued for both; only ids are written there.
    jobs = ProcrastinateJob.objects.filter(task_name="accounts.password_mail")
    assert sorted(job.args["user_id"] for job in jobs) == sorted([0, person.pk])
    for job in jobs:
        password_mail(**job.args)
    assert [message.to for message in mail.outbox] == [[person.email]]


def link(person: User) -> str:
    password_mail(person.pk)
    found = re.search(r"https?://[^/]+(/connexion/mot-de-passe/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_the_link_serves_once_and_the_second_factor_stays(person: User) -> None:
    signed_in, reader = Client(), Client()
    signing.sign_in(signed_in, person)
    path = link(person)
    assert person.email in reader.get(path).content.decode()
    refused = reader.post(
        path, {"password": "azertyuiopqsdfghjklm", "again": "azertyuiopqsdfghjklm"}
    )
    assert refused.status_code == 422
    done = reader.post(path, {"password": FRESH, "again": FRESH})
    assert done["Location"] == "/connexion/"
    assert signed_in.get("/compte/").status_code == 302
    assert reader.get("/compte/").status_code == 302
    assert reader.get(path).status_code == 410
    again = reader.post("/connexion/", {"email": person.email, "password": FRESH})
    assert again["Location"] == "/connexion/second-facteur/"


def test_a_dead_link_says_so(client: Client, person: User, settings: Any) -> None:
    path = link(person)
    other = make_user(Role.OBSERVER, email="autre@example.test")
    theirs = reset_address(other).rpartition("mot-de-passe/")[2].split("/")
    ours = path.rstrip("/").split("/")
    wrong = [
        f"/connexion/mot-de-passe/{theirs[0]}/{ours[-1]}/",
        f"/connexion/mot-de-passe/{ours[-2]}/{theirs[1]}/",
        f"/connexion/mot-de-passe/!!/{ours[-1]}/",
        f"/connexion/mot-de-passe/{ours[-2]}/x/",
    ]
    for address in wrong:
        assert client.get(address).status_code == 410, address
    assert client.get(path).status_code == 200
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert client.get(path).status_code == 410
    settings.PASSWORD_RESET_TIMEOUT = 3600
    person.is_active = False
    person.save()
    assert client.get(path).status_code == 410
    assert TOKENS.check_token(person, ours[-1])


def test_an_account_without_password_is_sent_no_link(client: Client, person: User) -> None:
    person.set_unusable_password()
    person.save()
    client.post("/connexion/mot-de-passe/", {"email": person.email})
    job = ProcrastinateJob.objects.get(task_name="accounts.password_mail")
    assert job.args == {"user_id": 0}


def test_a_mailbox_is_not_flooded(client: Client, person: User) -> None:
    codes = [
        client.post("/connexion/mot-de-passe/", {"email": person.email}).status_code
        for _ in range(ACCOUNT.free + 1)
    ]
    assert codes == [200] * ACCOUNT.free + [429]
