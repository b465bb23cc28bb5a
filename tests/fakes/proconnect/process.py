"""Starting the fake as a process from the tests, and giving it orders.

Leaves what the orders mean to `provider`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from django.conf import settings as django_settings

CLIENT = {"OIDC_CLIENT_ID": "client-invente", "OIDC_CLIENT_SECRET": "secret-invente-du-client"}
AGENT = {
    "sub": "704e0242-4b7e-4e6a-8f0a-agent-invente",
    "given_name": "Clémence",
    "usual_name": "Inventée",
    "email": "clemence.inventee@prefecture.example",
    "uid": "cinventee",
    "siret": "13002526500013",
    "idp_id": "fournisseur-invente",
    "roles": ["agent_public", "agent_public_etat"],
    "amr": ["pwd", "otp", "mfa"],
    "acr": "eidas1-mfa",
}


@dataclass
class Running:
    """A running fake."""

    issuer: str
    process: subprocess.Popen[str]

    def order(self, **orders: Any) -> dict[str, Any]:
        """Replace the orders; without any, the fake is in good health."""
        answer = requests.post(f"{self.issuer}/__orders", json=orders, timeout=10)
        return dict(answer.json())

    def report(self) -> dict[str, Any]:
        """What was asked since the last orders, and what was outside the contract."""
        return self.order(report=True)


@contextmanager
def running(folder: Path, *, base: str = django_settings.BASE_URL) -> Iterator[Running]:
    """The fake, its agents in a file of `folder`; ended at the end."""
    agents = folder / "agents.json"
    agents.write_text(json.dumps([AGENT]))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.proconnect", "--agents", agents, "--base", base],
        cwd=django_settings.BASE_DIR,
        env=os.environ | CLIENT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer.startswith("http://127.0.0.1:"), issuer
        try:
            yield Running(issuer, process)
        finally:
            process.terminate()
            process.wait(10)


def point_at(settings: Any, issuer: str) -> None:
    """Make the settings offer this provider."""
    from config.csp import content_security_policy
    from geo.accounts.oidc import provider

    provider.forget()
    settings.OIDC_ISSUER = issuer
    settings.OIDC_CLIENT_ID = CLIENT["OIDC_CLIENT_ID"]
    settings.OIDC_CLIENT_SECRET = CLIENT["OIDC_CLIENT_SECRET"]
    settings.SOURCES = {**settings.SOURCES, "proconnect": issuer}
    settings.CONTENT_SECURITY_POLICY = content_security_policy(issuer)
    settings.TESTING = True
