"""Print the maps of several territories into a folder, in several processes.

Leaves drawing to `atlas.sheet` and the processes to `atlas.batch`.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from atlas.batch import Job, Outcome, account_of, run_all, scope_of
from atlas.orders import coverage
from atlas.paper import FORMATS, ORIENTATIONS
from geo.core.commands import AtlasCommand
from geo.core.when import parse_when
from geo.territories.models import LEVELS
from geo.territories.selectors import SINGULAR

CHOICES = ("departements", "regions", "epcis", "communes")


class Command(AtlasCommand):
    """`print_maps --departements 93,13 --format a3 --output cartes/`."""

    help = "Imprime les cartes de plusieurs territoires en PDF (sans code : tous les départements)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Territories, paper, date, rights, folder, processes."""
        for name in CHOICES:
            parser.add_argument(
                f"--{name}", default="", metavar="CODES", help="codes séparés par des virgules"
            )
        parser.add_argument("--format", default="a4", choices=tuple(FORMATS), dest="paper")
        parser.add_argument("--orientation", default="", choices=("", *ORIENTATIONS))
        parser.add_argument(
            "--datetime",
            default="",
            help="date, ou deux dates séparées par / (par défaut : ce jour)",
        )
        parser.add_argument(
            "--as",
            default="",
            dest="email",
            help="compte dont les droits valent (sinon : la nation)",
        )
        parser.add_argument("--output", type=Path, required=True, help="dossier des PDF")
        parser.add_argument(
            "--processes", type=int, default=min(os.cpu_count() or 1, 4), help="processus"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every sheet; the exit code is not 0 when one failed."""
        parse_when(options["datetime"] or None)
        for noisy in ("weasyprint", "fontTools"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        folder: Path = options["output"]
        folder.mkdir(parents=True, exist_ok=True)
        jobs = self._jobs(folder, options)
        if not jobs:
            raise CommandError("Aucun territoire à imprimer.")
        failed: list[Outcome] = []
        outcomes = run_all(jobs, options["processes"])
        for outcome in self.progress(outcomes, total=len(jobs), label="cartes"):
            job = outcome.job
            if outcome.error:
                failed.append(outcome)
                self.step(f"{job.code} : {outcome.error}")
            else:
                self.step(
                    f"{job.code} : {outcome.sites} sites, {outcome.seconds:.1f} s, {job.path}"
                )
        done = len(jobs) - len(failed)
        if failed:
            codes = ", ".join(sorted(outcome.job.code for outcome in failed))
            raise CommandError(f"{done} carte(s) sur {len(jobs)} ; en échec : {codes}")
        self.summary(f"{done} carte(s) dans {folder}")

    def _jobs(self, folder: Path, options: dict[str, Any]) -> list[Job]:
        asked = {name: _codes(options[name]) for name in CHOICES}
        if not any(asked.values()):
            asked["departements"] = self._readable(options["email"])
        jobs = []
        for level, codes in asked.items():
            known = set(_all_codes(SINGULAR[level])) if codes else set()
            unknown = [code for code in codes if code not in known]
            if unknown:
                raise CommandError(f"--{level} : code inconnu, {', '.join(unknown)}.")
            for code in codes:
                name = f"atlas-{SINGULAR[level]}-{code}-{options['paper']}.pdf"
                jobs.append(
                    Job(
                        level,
                        code,
                        options["paper"],
                        options["orientation"],
                        options["datetime"],
                        options["email"],
                        str(folder / name),
                    )
                )
        return jobs

    def _readable(self, email: str) -> list[str]:
        """The departements where the account reads something."""
        reach = scope_of(account_of(email)).reach()
        codes = _all_codes("departement")
        return [code for code in codes if coverage(reach, "departement", code)[0]]


def _all_codes(level: str) -> list[str]:
    rows = LEVELS[level]._default_manager.order_by("code")
    return list(rows.values_list("code", flat=True))


def _codes(text: str) -> list[str]:
    return list(dict.fromkeys(code.strip() for code in text.split(",") if code.strip()))
