"""Run the background jobs. Leaves the work to `geo.core.worker`."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import CommandParser

from geo.core.commands import AtlasCommand
from geo.core.jobs import STALLED_AFTER_S
from geo.core.worker import CONCURRENCY, serve


class Command(AtlasCommand):
    """`worker` : exécute les travaux de fond jusqu'à SIGTERM ou Ctrl-C."""

    # Each job says for itself who reads.
    reader = None
    help = "Exécute les travaux de fond (enrichissement, impressions…) jusqu'à SIGTERM ou Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many jobs at once, which queues, and when a silent worker is held for dead."""
        parser.add_argument(
            "--concurrency", type=int, default=CONCURRENCY, help="travaux à la fois"
        )
        parser.add_argument("--queues", nargs="+", default=None, help="files (par défaut : toutes)")
        parser.add_argument(
            "--stalled-after",
            type=float,
            default=STALLED_AFTER_S,
            help="secondes de silence après lesquelles les travaux d'un autre sont repris",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        asyncio.run(
            serve(
                concurrency=options["concurrency"],
                stalled_after_s=options["stalled_after"],
                queues=options["queues"],
            )
        )
