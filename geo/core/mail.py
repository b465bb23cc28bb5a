"""The one door of the mails that the product sends.

A mail is a template `mails/<name>.txt`: the subject on its first line, then the text. It is written
by a job at the moment when it leaves, from ids; it holds no place more exact than a territory and
no judicial or health fact. Leaves when and to whom to each package's jobs.

A job that is run again sends nothing to whoever it wrote to already: each sending is noted once the
mail server has taken it. A worker killed between the two sends a second time, rather than never;
that mail bears the same `Message-ID`, by which mail programs know it for the same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from geo.core.jobs import job_running
from geo.core.models import MailSent

PRODUCT = "Atlas de la résorption"


def send_mail(*, to: str | Iterable[str], template: str, **facts: Any) -> int:
    """Send one mail to each address, apart: nobody sees who else received it. Returns how many."""
    addresses = [to] if isinstance(to, str) else list(to)
    subject, _, text = render_to_string(
        f"mails/{template}.txt", facts | {"base_url": settings.BASE_URL}
    ).partition("\n")
    return sum(send_text(to=each, subject=subject, text=text) for each in addresses)


def send_text(*, to: str, subject: str, text: str) -> int:
    """Send one mail of these words; 0 when the running job sent it before."""
    job, digest = job_running(), hashlib.sha256(to.encode()).hexdigest()
    headers = {}
    if job is not None:
        if MailSent.objects.filter(job=job, address=digest).exists():
            return 0
        headers["Message-ID"] = f"<{job}.{digest[:24]}@{urlsplit(settings.BASE_URL).hostname}>"
    body = f"Bonjour,\n\n{text.strip()}\n\n{PRODUCT}\n{settings.BASE_URL}\n"
    subject = f"{PRODUCT} : {subject.strip()}"
    EmailMessage(subject, body, to=[to], headers=headers).send()
    if job is not None:
        MailSent.objects.get_or_create(job=job, address=digest)
    return 1
