"""The current code of an invented account, told on the page to whoever tries the demonstration.

Exists only there; leaves enrolling to `demo.accounts` and what makes a code good to
`geo.accounts.factors`.
"""

from __future__ import annotations

from django.conf import settings

from demo.accounts import accounts_read
from geo.accounts.factors import totp_code
from geo.accounts.models import User
from geo.core.errors import NotFound


def current_code(user: User) -> str:
    """« code 123456 » for an account of the file of invented accounts; empty for any other."""
    if not settings.ATLAS_DEMO:
        return ""
    try:
        listed = accounts_read()
    except NotFound:
        return ""
    secrets = {account["email"]: account["totp"] for account in listed}
    secret = secrets.get(user.email)
    return f"code {totp_code(secret)}" if secret else ""
