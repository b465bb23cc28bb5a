"""Opaque, signed cursors: a page is asked by the last key, never by an offset."""

from __future__ import annotations

import hashlib

from django.core import signing

from geo.core.errors import InvalidInput

SALT = "feeds.cursor"


def fingerprint(*parts: object) -> str:
    """A digest of what is asked: pages of one walk share it, and no other walk does."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def make(after: int, asked: str) -> str:
    """The cursor of the page that follows id `after` of that walk."""
    return signing.Signer(salt=SALT).sign(f"{after}.{asked}")


def read(text: str | None, asked: str) -> int | None:
    """The id after which the page starts; None without a cursor. Raises `InvalidInput`."""
    if not text:
        return None
    try:
        after, _, made_for = signing.Signer(salt=SALT).unsign(text).partition(".")
    except signing.BadSignature as error:
        raise InvalidInput("Curseur de page illisible.", field="cursor") from error
    if made_for != asked:
        raise InvalidInput("Ce curseur vient d'une autre requête.", field="cursor")
    return int(after)
