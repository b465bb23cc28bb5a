"""Apply the rules of retention now, or tell what they would do. Leaves them to `retention`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from geo.core.commands import AtlasCommand
from geo.core.retention import run


class Command(AtlasCommand):
    """`retention [--dry-run]`."""

    help = "Applique les règles de conservation des données, comme le travail de chaque nuit."

    def add_arguments(self, parser: CommandParser) -> None:
        """Telling only."""
        parser.add_argument(
            "--dry-run", action="store_true", help="dit ce qui est échu, sans rien changer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a rule; an error when one of them failed."""
        rows, failed = 0, []
        for done in run(dry_run=options["dry_run"]):
            told = "échec" if done.failed else f"{done.rows} ligne(s)"
            rule = done.rule
            oldest = rule.oldest() if rule.oldest is not None else None
            age = f" ; la plus ancienne : {oldest:%d/%m/%Y}" if oldest is not None else ""
            self.step(f"{rule.code} : {told} ({rule.data}, {rule.kept} {rule.since}{age})")
            rows += done.rows
            failed += [rule.code] if done.failed else []
        if failed:
            raise CommandError(f"Règles en échec, à reprendre : {', '.join(failed)}.")
        self.summary(f"{rows} ligne(s) {'échues' if options['dry_run'] else 'traitées'}")
