"""Load regions, departements, EPCI and communes, from the best source at hand.

Leaves reading to `geo.territories.readers` and storage to `geo.territories.services`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from geo.core.commands import AtlasCommand
from geo.territories.models import LEVELS, Commune
from geo.territories.origins import OFFICIAL
from geo.territories.readers.chain import SOURCES, Gathered, gather
from geo.territories.readers.official import current_millesime
from geo.territories.readers.pieces import Gathering
from geo.territories.services import LevelReport, territories_import

WORDS = {
    "region": "régions",
    "departement": "départements",
    "epci": "EPCI",
    "commune": "communes",
}
ORIGINS = {
    "directory": "dossier",
    "services": "services officiels",
    "approximation": "contours approchés",
}
TOLD = 12


class Command(AtlasCommand):
    """`import_territories [--source …] [--directory …] [--level …]`."""

    help = (
        "Charge les régions, départements, EPCI et communes. Dans l'ordre : le dossier "
        "ATLAS_TERRITORIES, les services officiels, les contours approchés."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The source, and what is wanted of it."""
        parser.add_argument("--source", choices=SOURCES, default="auto")
        parser.add_argument(
            "--directory",
            type=Path,
            help="dossier de GeoJSON et CSV officiels (gzip admis) ; défaut : ATLAS_TERRITORIES",
        )
        parser.add_argument(
            "--level", action="append", choices=list(LEVELS), help="un seul niveau (répétable)"
        )
        parser.add_argument(
            "--millesime", default="", help="millésime des contours, si leurs fichiers le taisent"
        )
        parser.add_argument(
            "--origine",
            default="",
            help="d'où viennent les contours d'un dossier (imprimé sur les cartes), par exemple "
            "« IGN Admin Express, Licence Ouverte 2.0 »",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read everything, then write it in one transaction."""
        source = options["source"]
        directory = options["directory"] or settings.ATLAS_TERRITORIES
        if source == "auto" and directory is None and self._up_to_date():
            self.summary(
                f"Contours officiels {current_millesime()} déjà chargés : rien n'a changé "
                "(--source services les redemande)."
            )
            return
        gathered = gather(
            source,
            directory=directory,
            millesime=options["millesime"],
            origin=options["origine"],
            progress=self._bar,
        )
        self._tell_sources(gathered)
        levels = options["level"] or list(LEVELS)
        records = [record for record in gathered.records if record.level in levels]
        reports = territories_import(records=records, step=self.step)
        for report in reports:
            if report.level in levels:
                self._tell_level(report)
        self._conclude(reports)

    def _up_to_date(self) -> bool:
        return Commune.objects.filter(source=OFFICIAL, millesime=current_millesime()).exists()

    def _bar(self, label: str, done: int, total: int) -> None:
        """A bar on a terminal, one line at the end elsewhere."""
        if not sys.stderr.isatty():
            if done >= total:
                self.step(f"{label} : {total} lus")
        else:
            end = "\n" if done >= total else ""
            sys.stderr.write(f"\r{label} : {done}/{total}{end}")
            sys.stderr.flush()

    def _tell_sources(self, gathered: Gathered) -> None:
        if gathered.unavailable:
            self.step(f"services officiels hors d'atteinte : {gathered.unavailable}")
        for name, gathering in gathered.sources.items():
            counts = ", ".join(
                f"{len(gathering.contours[level])} {WORDS[level]}"
                for level in LEVELS
                if level in gathering.contours
            )
            self.step(f"{ORIGINS[name]} lus : {counts}")
            self._tell_gathering(gathering)

    def _tell_gathering(self, gathering: Gathering) -> None:
        for name, why in gathering.ignored:
            self.step(f"  ignoré, {name} : {why}")
        for level, codes in gathering.repaired.items():
            self.step(
                f"  contours invalides réparés, {WORDS[level]} ({len(codes)}) : {', '.join(codes)}"
            )
        for note in gathering.notes:
            self.step(f"  {note}")

    def _tell_level(self, report: LevelReport) -> None:
        self.step(
            f"{WORDS[report.level]} : {report.created} créés, {report.updated} mis à jour, "
            f"{report.unchanged} inchangés, {len(report.removed)} retirés"
        )
        if report.official_kept:
            self.step(
                f"  {report.official_kept} approchés écartés : les contours officiels sont gardés"
            )
        if report.removed:
            self.step(f"  retirés : {_some(report.removed)}")
        if report.landless:
            self.step(
                "  hors de la géographie mais encore cités, gardés sans contour : "
                f"{_some(report.landless)}"
            )

    def _conclude(self, reports: list[LevelReport]) -> None:
        counts = []
        approximate = False
        for level, model in LEVELS.items():
            rows = model._default_manager.all()
            counts.append(f"{rows.count()} {WORDS[level]}")
            approximate |= rows.filter(approximate=True).exists()
        changed = any(report.changed for report in reports)
        rough = ", dont des contours approchés" if approximate else ""
        self.summary(f"{'À jour' if changed else 'Rien n’a changé'} : {', '.join(counts)}{rough}")


def _some(codes: list[str]) -> str:
    more = f" et {len(codes) - TOLD} autres" if len(codes) > TOLD else ""
    return ", ".join(codes[:TOLD]) + more
