"""A job that is run again writes once to each person; what is cut between the two says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from geo.accounts.enums import Level, Role
from geo.accounts.life import tasks
from geo.accounts.models import AccessRequest
from geo.core.jobs import job_running, running
from geo.core.mail import send_text
from geo.core.models import MailSent
from tests.support.factories import make_user
from tests.support.workers import wait_until, worker


def written() -> list[str]:
    return sorted(sent.to[0] for sent in mail.outbox)


@pytest.fixture
def waiting(territories: Any) -> AccessRequest:
    for name in ("un", "deux", "trois"):
        make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", email=f"{name}@example.test")
    return AccessRequest.objects.create(
        email="d@example.test",
        full_name="Demande inventée",
        organisation="Organisme inventé",
        organisation_type="other",
        role="observer",
        level="departement",
        code="93",
        reason="Un motif inventé",
    )


@pytest.mark.django_db
def test_the_job_that_died_halfway_writes_to_the_others_only(
    waiting: AccessRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, dies_after = EmailMessage.send, 2

    def cut(message: EmailMessage, *args: Any) -> int:
        if len(mail.outbox) == dies_after:
            raise ConnectionError("the worker is killed here")
        return send(message, *args)

    everybody = sorted(f"{name}@example.test" for name in ("un", "deux", "trois"))
    monkeypatch.setattr(EmailMessage, "send", cut)
    with running(7), pytest.raises(ConnectionError):
        tasks.request_mail.func(request_id=waiting.pk, moment=tasks.FIRST)
    assert len(written()) == 2
    monkeypatch.setattr(EmailMessage, "send", send)
    for _ in range(2):
        with running(7):
            tasks.request_mail.func(request_id=waiting.pk, moment=tasks.FIRST)
        assert written() == everybody
    # Another job is another mail: a reminder goes to all.
    with running(8):
        tasks.request_mail.func(request_id=waiting.pk, moment=tasks.REMINDER)
    assert written() == sorted(everybody * 2)
    assert not any("@" in each.address for each in MailSent.objects.all())


@pytest.mark.django_db
def test_what_is_sent_twice_bears_the_same_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(number: int, to: str = "a@example.test") -> str:
        with running(number):
            send_text(to=to, subject="Sujet", text="Texte")
        # Killed after the mail server took it, before it was noted.
        MailSent.objects.all().delete()
        return str(mail.outbox[-1].extra_headers["Message-ID"])

    first = send(7)
    assert send(7) == first
    assert send(8) != first
    assert send(7, "b@example.test") != first
    assert "example.test" not in first


@pytest.mark.django_db
def test_outside_a_job_nothing_is_noted() -> None:
    assert job_running() is None
    assert send_text(to="a@example.test", subject="Sujet", text="Texte") == 1
    assert not MailSent.objects.exists()
    assert "Message-ID" not in mail.outbox[0].extra_headers


@pytest.mark.django_db(transaction=True)
def test_a_worker_notes_the_number_of_its_job(waiting: AccessRequest, tmp_path: Any) -> None:
    log = tmp_path / "worker.log"
    tasks.enqueue(tasks.request_mail, request_id=waiting.pk, moment=tasks.FIRST)
    with worker(log):
        wait_until(lambda: MailSent.objects.count() == 3, seconds=30, log=log)
    assert MailSent.objects.values("job").distinct().count() == 1
