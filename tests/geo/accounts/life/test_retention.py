"""The rules of retention with a frozen time: the day before, the day, once, and a dry run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connections
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.life import people
from geo.accounts.models import (
    AccessRequest,
    FeedToken,
    Invitation,
    Organisation,
    ReadAlert,
    ReadLog,
    SignInFailure,
    User,
)
from geo.accounts.scopes import scope_for
from geo.core import retention
from geo.core.errors import Conflict
from geo.core.models import MailSent
from geo.core.scope import Scope
from tests.support.factories import make_user
from tests.support.jobs import run_jobs

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=number)


def done(code: str, now: dt.datetime, *, dry_run: bool = False) -> int:
    (found,) = [each for each in retention.run(now=now, dry_run=dry_run) if each.rule.code == code]
    assert not found.failed
    return found.rows


def meets_its_term(code: str, term: dt.datetime) -> None:
    """Nothing just before; at the term told by a dry run, done once, then nothing is left."""
    assert done(code, term - dt.timedelta(minutes=1)) == 0
    after = term + dt.timedelta(minutes=1)
    assert done(code, after, dry_run=True) == 1
    assert done(code, after, dry_run=True) == 1
    assert done(code, after) == 1
    assert done(code, after) == 0


@pytest.fixture
def sleeper(territories: Any, national_admin: User) -> User:
    """Somebody who signed in a year ago for the last time."""
    user = make_user(Role.PARTNER, Level.DEPARTEMENT, "93", email="dormeuse@example.test")
    User.objects.update(joined_at=NOW - days(800), last_login=NOW + days(5000))
    User.objects.filter(pk=user.pk).update(last_login=NOW)
    user.refresh_from_db()
    return user


def test_an_account_sleeps_is_told_closes_and_loses_its_name(sleeper: User, settings: Any) -> None:
    idle, notice = settings.ACCOUNT_IDLE_DAYS, settings.ACCOUNT_NOTICE_DAYS
    meets_its_term("account_idle", NOW + days(idle))
    run_jobs()
    assert [sent.to for sent in mail.outbox] == [[sleeper.email]]
    sleeper.refresh_from_db()
    told = sleeper.warned_at
    assert told is not None
    FeedToken.objects.create(
        user=sleeper, name="x", purpose="x", prefix="p", digest="d", expires_at=NOW + days(9999)
    )
    meets_its_term("account_deactivated", told + days(notice))
    sleeper.refresh_from_db()
    assert not sleeper.is_active
    assert sleeper.tokens.get().revoked_at is not None
    closed = sleeper.deactivated_at
    assert closed is not None
    meets_its_term("account_anonymised", closed + days(settings.ACCOUNT_ANONYMISED_DAYS))
    sleeper.refresh_from_db()
    assert "dormeuse" not in sleeper.email
    assert "inventée" not in sleeper.full_name
    assert not sleeper.has_usable_password()
    assert not sleeper.memberships.exists()
    assert not sleeper.tokens.exists()
    assert scope_for(sleeper) == Scope.public()


def test_signing_in_after_the_notice_keeps_the_account(sleeper: User, settings: Any) -> None:
    first = NOW + days(settings.ACCOUNT_IDLE_DAYS + 1)
    assert done("account_idle", first) == 1
    User.objects.filter(pk=sleeper.pk).update(last_login=first + days(1))
    assert done("account_deactivated", first + days(100)) == 0
    # The clock starts again, with a new notice.
    assert done("account_idle", first + days(settings.ACCOUNT_IDLE_DAYS + 2)) == 1


def test_who_never_signed_in_counts_from_their_arrival(sleeper: User, settings: Any) -> None:
    User.objects.filter(pk=sleeper.pk).update(last_login=None, joined_at=NOW)
    meets_its_term("account_idle", NOW + days(settings.ACCOUNT_IDLE_DAYS))


def test_the_return_of_an_account_starts_the_clock_again(sleeper: User, settings: Any) -> None:
    admin = User.objects.get(memberships__role=Role.NATIONAL_ADMIN)
    scope = scope_for(admin)
    people.account_deactivate(by=admin, scope=scope, user_id=sleeper.pk)
    with pytest.raises(Conflict):
        people.account_deactivate(by=admin, scope=scope, user_id=sleeper.pk)
    User.objects.filter(pk=sleeper.pk).update(last_login=NOW - days(400))
    people.account_reactivate(by=admin, scope=scope, user_id=sleeper.pk)
    assert done("account_idle", NOW + days(settings.ACCOUNT_IDLE_DAYS - 1)) == 0
    assert done("account_anonymised", NOW + days(5000)) == 0


def test_a_system_and_the_last_national_administrator_stay(sleeper: User) -> None:
    system = make_user(Role.API_TOKEN, Level.DEPARTEMENT, "93")
    User.objects.update(last_login=NOW - days(4000), joined_at=NOW - days(4000))
    assert done("account_idle", NOW) == 2  # the sleeper and the administrator
    assert done("account_deactivated", NOW + days(400)) == 1
    active = set(User.objects.filter(is_active=True).values_list("memberships__role", flat=True))
    assert active == {Role.NATIONAL_ADMIN, Role.API_TOKEN}
    assert scope_for(system).sees_sites


def test_requests_and_invitations_leave(territories: Any, settings: Any) -> None:
    common: dict[str, Any] = {"email": "a@example.test", "full_name": "A", "role": "observer"}
    for state, at in (("refused", NOW), ("pending", None)):
        AccessRequest.objects.create(
            **common,
            organisation="X",
            organisation_type="other",
            level="departement",
            code="93",
            reason="x",
            state=state,
            decided_at=at,
            answer="Non",
        )
    meets_its_term("access_request", NOW + days(settings.REQUEST_KEPT_DAYS))
    assert AccessRequest.objects.get().state == "pending"
    organisation = Organisation.objects.create(name="X", type="other")
    user = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93")
    for used in (NOW, None):
        Invitation.objects.create(
            **common,
            organisation=organisation,
            areas=["departement:93"],
            expires_at=NOW,
            used_at=used,
            user=user if used else None,
        )
    meets_its_term("invitation", NOW + days(settings.INVITATION_KEPT_DAYS))
    assert Invitation.objects.get().used_at is not None


def test_traces_of_signing_in_leave(settings: Any) -> None:
    SignInFailure.objects.create(key="k", failures=1, last_at=NOW)
    meets_its_term("sign_in_failure", NOW + dt.timedelta(hours=1))
    Session.objects.create(session_key="s", session_data="", expire_date=NOW)
    meets_its_term("session", NOW)
    user = make_user(Role.OBSERVER, email="traces@example.test")
    UserSession.objects.create(user=user, ip="192.0.2.1", session_key="s", last_seen_at=NOW)
    meets_its_term("session_list", NOW + dt.timedelta(hours=settings.SESSION_ABSOLUTE_HOURS))


def test_traces_of_mails_outlive_the_attempts_of_a_job_then_leave() -> None:
    MailSent.objects.create(job=1, address="a" * 64, sent_at=NOW)
    meets_its_term("mail_sent", NOW + days(30))


@pytest.mark.django_db(transaction=True, databases=["default", "erase"])
def test_the_log_of_reads_is_kept_for_a_year_whoever_asks(settings: Any) -> None:
    start = NOW - days(settings.READ_LOG_DAYS + 1)
    ReadLog.objects.create(
        at=start, route="x", data_class="health", purpose="consult", object_ids=[], count=1
    )
    ReadLog.objects.create(
        at=NOW - days(300), route="x", data_class="health", purpose="consult", count=1
    )
    meets_its_term("read_log", start + days(settings.READ_LOG_DAYS))
    assert ReadLog.objects.count() == 1
    # The application deletes none, the erasing role none of less than a year.
    for alias, statement, words in (
        ("default", "SELECT read_log_purge('2001-01-01')", "permission denied"),
        ("default", "DELETE FROM read_log", "permission denied"),
        ("erase", "DELETE FROM read_log", "permission denied"),
        ("erase", "SELECT read_log_purge(now() - interval '364 days')", "kept for a year"),
    ):
        with pytest.raises(ProgrammingError, match=words), connections[alias].cursor() as cursor:
            cursor.execute(statement)
    assert ReadLog.objects.count() == 1
    # A shorter parameter cannot open the door.
    settings.READ_LOG_DAYS = 30
    (log,) = [each for each in retention.run(now=NOW) if each.rule.code == "read_log"]
    assert log.failed
    assert ReadLog.objects.count() == 1


def test_alerts_of_reading_leave_with_the_log(national_admin: User, settings: Any) -> None:
    ReadAlert.objects.create(user=national_admin, at=NOW, day=NOW, kind="sheets", count=300)
    meets_its_term("read_alert", NOW + days(settings.READ_LOG_DAYS))


def test_every_rule_has_a_test() -> None:
    tests = Path(__file__).parents[3]
    others = ("geo/sites/restricted/test_erasure.py", "feeds/test_export_jobs.py")
    files = (Path(__file__), *(tests / other for other in others))
    text = "".join(each.read_text(encoding="utf-8") for each in files)
    assert [rule.code for rule in retention.rules() if f'"{rule.code}"' not in text] == []


def test_the_command_tells_then_does(sleeper: User, capsys: Any) -> None:
    User.objects.filter(pk=sleeper.pk).update(last_login=NOW - days(400))
    call_command("retention", "--dry-run")
    assert "account_idle : 1 ligne(s)" in capsys.readouterr().out
    sleeper.refresh_from_db()
    assert sleeper.warned_at is None
    call_command("retention")
    sleeper.refresh_from_db()
    assert sleeper.warned_at is not None


def test_a_rule_that_fails_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def broken(limit: dt.datetime) -> int:
        SignInFailure.objects.create(key="half", failures=1, last_at=NOW)
        raise RuntimeError("broken on purpose")

    rule = retention.Rule("a_broken", "A", dt.timedelta, "x", "x", broken, broken)
    monkeypatch.setitem(retention._RULES, "a_broken", rule)
    Session.objects.create(session_key="s", session_data="", expire_date=NOW - days(1))
    with pytest.raises(CommandError, match="a_broken"):
        call_command("retention")
    assert not Session.objects.exists()
    assert not SignInFailure.objects.exists()
    with pytest.raises(ValueError, match="a_broken"):
        retention.declare(rule)


@pytest.mark.parametrize(
    ("delay", "text"),
    [
        (dt.timedelta(), "dès la fin"),
        (dt.timedelta(hours=1), "1 heure"),
        (days(1), "1 jour"),
        (days(30), "30 jours"),
        (days(183), "6 mois"),
        (days(366), "12 mois"),
        (days(730), "2 ans"),
    ],
)
def test_delays_in_words(delay: dt.timedelta, text: str) -> None:
    assert retention.in_words(delay) == text
