"""The role of the erasures: the one connection through which retention goes to what is kept.

The web has no address for it; the worker has. Leaves what is erased to each application.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction

from geo.core import rls
from geo.core.errors import DomainError
from geo.core.scope import Scope

ALIAS = "erase"


class NoEraserError(DomainError):
    """Nobody here may erase."""


@contextmanager
def erasing() -> Iterator[None]:
    """One transaction of the erasing role, which reads everything. Raises `NoEraserError`."""
    if ALIAS not in connections.databases:
        raise NoEraserError(
            "Rien ne peut être effacé : donnez à ce processus DATABASE_ERASE_URL, l'adresse de la "
            "base avec le rôle atlas_erase (docs/history.md)."
        )
    with rls.reading(Scope.everything()), transaction.atomic(using=ALIAS):
        yield
