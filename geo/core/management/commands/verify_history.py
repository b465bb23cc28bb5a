"""Compare the history with its seals, and tell what was changed since. Leaves both to `sealing`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from geo.core.commands import AtlasCommand
from geo.core.scope import Scope
from geo.core.sealing import faults, seals_add, seals_read


class Command(AtlasCommand):
    """`verify_history [--seal]`."""

    help = "Compare l'historique avec ses sceaux : dit ce qui a été changé ou effacé depuis."
    reader = Scope.everything()

    def add_arguments(self, parser: CommandParser) -> None:
        """Sealing first."""
        parser.add_argument(
            "--seal", action="store_true", help="scelle d'abord les nouveaux événements"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each fault, then an error; else how much holds."""
        if options["seal"]:
            self.step(f"{seals_add()} événement(s) scellé(s)")
        seals = seals_read()
        found = list(faults(seals))
        for fault in found:
            self.step(fault.told)
        if found:
            raise CommandError(f"L'historique ne tient pas : {len(found)} écart(s).")
        self.summary(f"{sum(each.count for each in seals)} événement(s) conformes à leurs sceaux")
