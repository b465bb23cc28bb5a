"""The charter that everybody accepts before anything else: its versions, and who accepted which.

A version is a file of `charters/`, numbered; the highest is in force, and changing a text means
adding one. Leaves asking to the pages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geo.accounts.life.models import CharterAcceptance
from geo.accounts.models import User
from geo.core.errors import Conflict

FOLDER = Path(__file__).parent / "charters"


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with what follows it: paragraphs and points, in the order of the text."""

    title: str
    paragraphs: tuple[str, ...]
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CharterVersion:
    """One version of the text."""

    number: int
    text: str

    @property
    def digest(self) -> str:
        """What proves which text was accepted."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def parts(self) -> list[Part]:
        """The text for a page."""
        found = []
        for block in self.text.split("# ")[1:]:
            title, *lines = [line.strip() for line in block.splitlines() if line.strip()]
            points = tuple(line[2:] for line in lines if line.startswith("- "))
            paragraphs = tuple(line for line in lines if not line.startswith("- "))
            found.append(Part(title, paragraphs, points))
        return found


@cache
def versions() -> tuple[CharterVersion, ...]:
    """Every version, the oldest first."""
    found = [
        CharterVersion(int(path.stem), path.read_text(encoding="utf-8"))
        for path in FOLDER.glob("*.txt")
    ]
    return tuple(sorted(found, key=lambda each: each.number))


def charter_in_force() -> CharterVersion:
    """The version that is asked for today."""
    return versions()[-1]


def charter_is_accepted(user: User) -> bool:
    """True when this person accepted the version in force."""
    return CharterAcceptance.objects.filter(user=user, version=charter_in_force().number).exists()


def charter_accept(*, user: User, version: int) -> CharterAcceptance:
    """Note that a person accepts; raises `Conflict` when another version came meanwhile."""
    text = charter_in_force()
    if version != text.number:
        raise Conflict("La charte a changé entre-temps : lisez la nouvelle version.")
    accepted, _ = CharterAcceptance.objects.get_or_create(
        user=user, version=text.number, defaults={"digest": text.digest}
    )
    return accepted


def charter_history(user: User) -> Sequence[CharterAcceptance]:
    """What a person accepted, the last first."""
    return list(CharterAcceptance.objects.filter(user=user).order_by("-version"))
