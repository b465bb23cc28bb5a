"""Opaque, signed cursors: a page is asked by the last key, never by an offset."""

from __future__ import annotations

from django.core import signing

from geo.core.errors import InvalidInput

SALT = "feeds.cursor"


def make(after: int, filter_hash: str) -> str:
    """The cursor of the page that follows id `after` under these filters."""
    return signing.Signer(salt=SALT).sign(f"{after}.{filter_hash}")


def read(text: str | None, filter_hash: str) -> int | None:
    """The id after which the page starts; None without a cursor. Raises `InvalidInput`."""
    if not text:
        return None
    try:
        after, _, made_for = signing.Signer(salt=SALT).unsign(text).partition(".")
    except signing.BadSignature as error:
        raise InvalidInput("Curseur de page illisible.", field="cursor") from error
    if made_for != filter_hash:
        raise InvalidInput("Ce curseur vient d'une autre requête.", field="cursor")
    return int(after)
