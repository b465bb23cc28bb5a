"""What the life of accounts means for signing in: invitations link, ends erase, traces leave.

Registers with both sides when the application starts; leaves each rule to its own module.
"""

from __future__ import annotations

import datetime as dt

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings

from geo.accounts.identity_models import ExternalIdentity
from geo.accounts.life.invitations import pending_invitations
from geo.accounts.life.people import contribute_erasure
from geo.accounts.models import User
from geo.accounts.oidc.people import contribute_invitations
from geo.accounts.retention import deletion
from geo.accounts.sessions import sessions_end
from geo.core.retention import Rule, declare

declare(
    Rule(
        "session_list",
        "Adresses et navigateurs des sessions",
        lambda: dt.timedelta(hours=settings.SESSION_ABSOLUTE_HOURS),
        "après le dernier usage",
        "suppression",
        **deletion(lambda limit: UserSession.objects.filter(last_seen_at__lt=limit)),
    )
)
contribute_invitations(pending_invitations)


@contribute_erasure
def erase_sign_in(user: User) -> None:
    """Nothing that signed somebody in outlives their name: identities, factors, sessions."""
    ExternalIdentity.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    sessions_end(user=user)
