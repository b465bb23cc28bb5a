"""What the feeds answer to whom: what is read, and what programs write there.

Leaves the addresses to `addresses`.
"""

from __future__ import annotations

from collections.abc import Callable

from geo.accounts.enums import Role
from tests.support.rights import Reader


def collection(reader: Reader | None, code: str) -> int:
    """A collection exists for who reads something."""
    return 200 if reader is not None and reader.reads else 404


def items(reader: Reader | None, code: str) -> int:
    """Features are an export."""
    if reader is None or not reader.reads:
        return 404
    return 200 if reader.verbs.get("E") else 403


def item(reader: Reader | None, code: str) -> int:
    """One feature is an export, and unknown outside of what may be taken away."""
    status = items(reader, code)
    return status if status != 200 or reader is None or code in reader.exports else 404


def creates_in_feeds(reader: Reader | None, code: str) -> int:
    """A feature is made where one may be taken away, in the areas of the letter C."""
    status = items(reader, code)
    if status != 200 or reader is None:
        return status
    return 201 if reader.may("C", code) else 403


def no_form(reader: Reader | None, code: str) -> int:
    """A form is no feature, for who makes some somewhere."""
    status = items(reader, code)
    if status != 200 or reader is None:
        return status
    return 415 if reader.verbs.get("C") else 403


def writes_in_feeds(name: str) -> Callable[[Reader | None, str], int]:
    """A feature is written by who has the letter on its site, and may take it away."""

    def gate(reader: Reader | None, code: str) -> int:
        status = item(reader, code)
        if status != 200 or reader is None:
            return status
        return 204 if reader.may(name, code) else 403

    return gate


def deletes_in_feeds(reader: Reader | None, code: str) -> int:
    """As it is written, by national administrators alone."""
    status = writes_in_feeds("U")(reader, code)
    national = reader is not None and reader.role == Role.NATIONAL_ADMIN
    return status if status != 204 or national else 403
