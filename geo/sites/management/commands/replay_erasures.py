"""Apply the ledger of erasures to a restored database. Leaves it to `restricted.erasure`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from geo.core.commands import AtlasCommand
from geo.core.scope import Scope
from geo.sites.erasing import ledger_read
from geo.sites.restricted.erasure import again


class Command(AtlasCommand):
    """`replay_erasures [--dry-run]`."""

    help = "Efface de nouveau, après une restauration, ce que le registre des effacements nomme."
    reader = Scope.everything()

    def add_arguments(self, parser: CommandParser) -> None:
        """Telling only."""
        parser.add_argument(
            "--dry-run", action="store_true", help="dit ce qui est revenu, sans rien changer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a rule."""
        known = len(ledger_read())
        found = again(dry_run=options["dry_run"])
        for rule, rows in found.items():
            self.step(f"{rule} : {rows} ligne(s)")
        words = "à effacer de nouveau" if options["dry_run"] else "effacée(s) de nouveau"
        self.summary(f"{sum(found.values())} ligne(s) {words}, {known} au registre")
