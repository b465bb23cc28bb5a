"""Print the demonstration accounts, from the file that `demo_data` wrote.

Leaves making them to `demo.accounts`.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from demo.accounts import accounts_read, require_demo
from geo.accounts.enums import Role
from geo.core.commands import AtlasCommand

HEADINGS: tuple[str, ...] = ("rôle", "territoire", "adresse", "mot de passe")


class Command(AtlasCommand):
    """`demo_accounts [--json]`."""

    help = "Affiche les comptes de démonstration (avec ATLAS_DEMO=1 seulement)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The format."""
        parser.add_argument("--json", action="store_true", help="une liste JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a list, as JSON or as a table."""
        require_demo()
        accounts = accounts_read()
        if options["json"]:
            self.stdout.write(json.dumps(accounts, ensure_ascii=False, indent=1))
            return
        self.stdout.write(table(accounts))


def table(accounts: list[dict[str, str | None]]) -> str:
    """One line an account, columns aligned; tokens and one-time secrets stay in the JSON."""
    rows = [HEADINGS]
    for account in accounts:
        role = Role(str(account["role"]))
        cells = [account[name] or "" for name in ("territory", "email", "password")]
        rows.append((f"{role.label} ({role.value})", *cells))
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(f"  {line}" for line in lines)
