"""The square picture that a code application photographs.

Leaves the secret to the enrolment page.
"""

from __future__ import annotations

import base64

from allauth.mfa.adapter import get_adapter

from geo.accounts.models import User


def totp_picture(user: User, secret: str) -> str:
    """A `data:` address of the QR code, dark on white whatever the theme."""
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
