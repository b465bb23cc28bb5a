"""Sends migrations to the owner's address and everything else to the application's."""

from __future__ import annotations

from typing import Any


class OwnerRouter:
    """Only the connection named `owner` may create or change tables."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """True on the owner's connection alone."""
        return db == "owner"
