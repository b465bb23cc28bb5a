"""The demonstration's provider: invented agents linked to accounts, and one to none."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from demo.proconnect import AGENTS, agents_load, agents_path
from geo.accounts.identity_models import ExternalIdentity
from geo.accounts.models import User
from geo.core.errors import InvalidInput

pytestmark = pytest.mark.usefixtures("demo")
ISSUER = "http://127.0.0.1:8001/api/v2"


def test_agents_open_their_accounts_and_follow_the_provider(demo: Path, settings: Any) -> None:
    assert agents_load() == 0
    assert not agents_path().exists()
    for issuer in (ISSUER, ISSUER, "http://127.0.0.1:9001/api/v2"):
        settings.OIDC_ISSUER = issuer
        assert agents_load() == len(AGENTS) == 3
        linked = {(one.issuer, one.sub, one.user.email) for one in ExternalIdentity.objects.all()}
        assert linked == {(issuer, agent.sub, agent.account) for agent in AGENTS if agent.account}
    told = json.loads(agents_path().read_text())
    assert [agent["amr"][-1] for agent in told] == ["mfa", "pwd", "mfa"]
    assert stat.S_IMODE(agents_path().stat().st_mode) == 0o600
    assert not User.objects.filter(email__in=[agent["email"] for agent in told]).exists()


def test_nothing_of_it_outside_the_demonstration(settings: Any) -> None:
    settings.OIDC_ISSUER, settings.ATLAS_DEMO = ISSUER, False
    with pytest.raises(InvalidInput):
        agents_load()
