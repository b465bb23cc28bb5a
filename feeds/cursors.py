"""Opaque, signed cursors: a page is asked by the last row had, never by an offset."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.core import signing

from geo.core.errors import InvalidInput

SALT = "feeds.cursor"


@dataclass(frozen=True, slots=True)
class Last:
    """The last row of a page: its id, and its sort keys as texts."""

    id: int
    keys: tuple[str | None, ...] = ()


def fingerprint(*parts: object) -> str:
    """A digest of what is asked: pages of one walk share it, and no other walk does."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def make(last: Last, asked: str) -> str:
    """The cursor of the page that follows that row of that walk."""
    return signing.Signer(salt=SALT).sign_object([last.id, list(last.keys), asked])


def read(text: str | None, asked: str) -> Last | None:
    """The row after which the page starts; None without a cursor. Raises `InvalidInput`."""
    if not text:
        return None
    try:
        after, keys, made_for = signing.Signer(salt=SALT).unsign_object(text)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidInput("Curseur de page illisible.", field="cursor") from error
    if made_for != asked:
        raise InvalidInput("Ce curseur vient d'une autre requête.", field="cursor")
    return Last(int(after), tuple(keys))
