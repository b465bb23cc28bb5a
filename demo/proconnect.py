"""Invented agents of the demonstration's identity provider, and the accounts that they open.

Their addresses at the provider are not those of the accounts: only (issuer, sub) links the two.
Leaves the provider itself to the script that starts it, in a process of its own.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from demo.accounts import DOMAIN, require_demo
from demo.invented import stable_id
from geo.accounts.identity_models import ExternalIdentity
from geo.accounts.models import User


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody whom the provider knows; `account` is empty for somebody without one here."""

    given_name: str
    usual_name: str
    account: str
    two_factors: bool

    @property
    def sub(self) -> str:
        """The provider's own name for them, stable."""
        return f"agent-fictif-{stable_id('agent', self.usual_name)}"

    def told(self) -> dict[str, object]:
        """What the provider knows, as its fake reads it."""
        methods = ["pwd", "otp", "mfa"] if self.two_factors else ["pwd"]
        return {
            "sub": self.sub,
            "given_name": self.given_name,
            "usual_name": self.usual_name,
            "email": f"{self.given_name}.{self.usual_name}@administration.example".lower(),
            "uid": self.usual_name.lower(),
            "siret": "00000000000000",
            "idp_id": "fournisseur-fictif",
            "roles": ["agent_public"],
            "amr": methods,
            "acr": "eidas1-mfa" if self.two_factors else "eidas1",
        }


AGENTS = (
    Agent("Camille", "Fictive", f"local-admin.93@{DOMAIN}", two_factors=True),
    Agent("Dominique", "Inventé", f"correspondent.13@{DOMAIN}", two_factors=False),
    Agent("Sacha", "Sanscompte", "", two_factors=True),
)


def agents_path() -> Path:
    """The file that the fake provider reads."""
    return Path(settings.LOCAL_DIR) / "demo_agents.json"


@transaction.atomic
def agents_load() -> int:
    """Write the agents and link them to their accounts; 0 when no provider is in the settings."""
    require_demo()
    if not settings.OIDC_ISSUER:
        return 0
    for agent in AGENTS:
        user = User.objects.filter(email=agent.account).first()
        if user is not None:
            # One identity an account: the provider's address may have moved to another port.
            ExternalIdentity.objects.filter(user=user).exclude(
                issuer=settings.OIDC_ISSUER, sub=agent.sub
            ).delete()
            ExternalIdentity.objects.get_or_create(
                user=user, issuer=settings.OIDC_ISSUER, sub=agent.sub
            )
    path = agents_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump([agent.told() for agent in AGENTS], stream, ensure_ascii=False, indent=1)
    fresh.replace(path)
    return len(AGENTS)
