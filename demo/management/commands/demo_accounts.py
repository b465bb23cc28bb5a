"""Print the demonstration accounts, from the file that `demo_data` wrote.

Leaves making them to `demo.accounts`.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from demo.accounts import accounts_read, require_demo
from geo.core.commands import AtlasCommand


class Command(AtlasCommand):
    """`demo_accounts [--json]`."""

    help = "Affiche les comptes de démonstration (avec ATLAS_DEMO=1 seulement)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The format."""
        parser.add_argument("--json", action="store_true", help="une liste JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a list, as JSON or one line an account."""
        require_demo()
        accounts = accounts_read()
        if options["json"]:
            self.stdout.write(json.dumps(accounts, ensure_ascii=False, indent=1))
            return
        for account in accounts:
            self.stdout.write(
                f"{account['role']:18}{account['territory']:8}"
                f"{account['email']:50}{account['password']}"
            )
