"""The one door of the mails that the product sends.

A mail is a template `mails/<name>.txt`: the subject on its first line, then the text. It is written
by a job at the moment when it leaves, from ids; it holds no place more exact than a territory and
no judicial or health fact. Leaves when and to whom to each package's jobs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

PRODUCT = "Atlas de la résorption"


def send_mail(*, to: str | Iterable[str], template: str, **facts: Any) -> int:
    """Send one mail to each address, apart: nobody sees who else received it. Returns how many."""
    addresses = [to] if isinstance(to, str) else list(to)
    for address in addresses:
        subject, _, text = render_to_string(
            f"mails/{template}.txt", facts | {"base_url": settings.BASE_URL}
        ).partition("\n")
        body = f"Bonjour,\n\n{text.strip()}\n\n{PRODUCT}\n{settings.BASE_URL}\n"
        EmailMessage(f"{PRODUCT} : {subject.strip()}", body, to=[address]).send()
    return len(addresses)
