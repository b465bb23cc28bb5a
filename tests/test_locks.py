"""What is installed is exactly what was locked: versions, hashes, no address."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
REQUIREMENTS = ROOT / "requirements"
PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*])?==([^\s;\\]+)", re.IGNORECASE | re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(name: str) -> dict[str, str]:
    found = PINNED.findall((REQUIREMENTS / name).read_text())
    return {normal(package): version for package, version in found}


def asked(name: str) -> list[str]:
    lines = (REQUIREMENTS / name).read_text().splitlines()
    names = [re.match(r"[A-Za-z0-9._-]+", line) for line in lines if line[:1].isalpha()]
    return [match.group() for match in names if match]


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_python_locks_carry_hashes_and_no_address(name: str) -> None:
    text = (REQUIREMENTS / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    entries = re.split(r"\n(?=[a-z0-9])", text.strip(), flags=re.IGNORECASE)
    entries = [entry for entry in entries if not entry.startswith("#")]
    # A package may be there twice, at one version for each Python.
    assert len(entries) >= len(locked(name)) > 20
    for entry in entries:
        assert PINNED.match(entry), entry[:60]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:60]


def test_the_tests_run_with_what_production_runs() -> None:
    base, dev = locked("base.txt"), locked("dev.txt")
    assert base.items() <= dev.items()
    assert {normal(name) for name in asked("base.in")} <= base.keys()
    assert {normal(name) for name in asked("dev.in")} <= dev.keys()


def test_the_browser_lock_carries_hashes_and_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    wanted = json.loads((ROOT / "package.json").read_text())
    assert '"resolved"' not in text
    for path, package in packages.items():
        if path:
            algorithm, _, digest = package["integrity"].partition("-")
            assert algorithm == "sha512", path
            assert len(base64.b64decode(digest)) == 64, path
    root = packages[""]
    for kind in ("dependencies", "devDependencies"):
        assert root[kind] == wanted[kind]
        for name, version in wanted[kind].items():
            assert packages[f"node_modules/{name}"]["version"] == version


def test_every_direct_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs/dependencies.md").read_text().lower()
    wanted = json.loads((ROOT / "package.json").read_text())
    names = asked("base.in") + asked("dev.in")
    names += [*wanted["dependencies"], *wanted["devDependencies"]]
    assert [name for name in names if name.lower() not in reasons] == []


def test_the_vendored_library_is_the_published_one() -> None:
    """The digests of Leaflet 1.9.4 as published, the line of the source map left out."""
    assets = ROOT / "notebooks/atlas_client/assets"
    digests = {
        path.suffix: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in assets.glob("leaflet-1.9.4.*")
    }
    assert digests == {
        ".js": "dc71f8a6880bc3ca1bd9fa8dc5f1af48c702dc510b0a78240a07c5feed7ce935",
        ".css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    }
