"""The environment: the demonstration and its known secrets never run where people sign in."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config import env
from config.env import EnvError, load

PRODUCTION = {
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "atlas.example.test",
    "EMAIL_URL": "console:",
    "BASE_URL": "https://atlas.example.test",
    "DATABASE_URL": "postgresql://localhost/x",
}


@pytest.mark.parametrize(
    "signs",
    [
        {"BASE_URL": "https://atlas.example.org"},
        {"ALLOWED_HOSTS": "127.0.0.1, Atlas.Example.org."},
        {"ALLOWED_HOSTS": "192.0.1.7"},
        {"BASE_URL": "http://[2a01:e0a::7]:8000"},
        {"SECRET_KEY": "x" * 50, "DATABASE_URL": "postgresql://localhost/x"},
    ],
    ids=["name", "host", "address", "address of six", "secret and base"],
)
def test_the_demonstration_is_refused_on_one_sign_of_production(signs: dict[str, str]) -> None:
    with pytest.raises(EnvError, match="ATLAS_DEMO=1 est réservé"):
        load({"ATLAS_DEMO": "1", **signs})
    # Without it, the same environment is only asked for its secret.
    with_secret = load({"SECRET_KEY": "x" * 50, **signs})
    assert not with_secret.demo


@pytest.mark.parametrize(
    "signs",
    [
        {},
        {"BASE_URL": "http://127.0.0.1:8001"},
        {"BASE_URL": "http://poste.local:8000", "ALLOWED_HOSTS": "localhost,[::1],10.0.0.4,*"},
        {"DATABASE_URL": "postgresql://localhost/x"},
        {"SECRET_KEY": "x" * 50},
    ],
    ids=["nothing", "loopback", "own network", "base", "secret"],
)
def test_a_workstation_may_show_the_demonstration(signs: dict[str, str]) -> None:
    assert load({"ATLAS_DEMO": "1", **signs}).demo


def test_production_asks_for_each_of_its_variables() -> None:
    assert load(PRODUCTION, production=True).secret_key == "x" * 50
    for name in PRODUCTION:
        with pytest.raises(EnvError, match=f"{name} manque"):
            load({k: v for k, v in PRODUCTION.items() if k != name}, production=True)
    with pytest.raises(EnvError, match="ATLAS_DEMO=1 est réservé"):
        load(PRODUCTION | {"ATLAS_DEMO": "1"}, production=True)


def test_a_public_name_never_signs_with_the_secret_of_a_workstation() -> None:
    with pytest.raises(EnvError, match="SECRET_KEY manque"):
        load({"BASE_URL": "https://atlas.example.org"})


def test_the_secret_of_a_workstation_is_drawn_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env, "LOCAL", tmp_path / "here")
    here = load({}).secret_key
    assert len(here) > 50
    assert load({}).secret_key == here
    (kept,) = (tmp_path / "here").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    monkeypatch.setattr(env, "LOCAL", tmp_path / "there")
    assert load({}).secret_key != here
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder")
    monkeypatch.setattr(env, "LOCAL", blocked)
    with pytest.raises(EnvError, match="donnez SECRET_KEY"):
        load({})


@pytest.mark.parametrize("count", ["-1", "un", "10"])
def test_the_number_of_proxies_is_a_small_number(count: str) -> None:
    assert load({"TRUSTED_PROXIES": "2"}).trusted_proxies == 2
    with pytest.raises(EnvError, match="TRUSTED_PROXIES"):
        load({"TRUSTED_PROXIES": count})
