"""Load facilities (schools, health, water points …) from official files.

Leaves the formats to `geo.facilities.readers`.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from geo.core.commands import AtlasCommand
from geo.core.errors import SourceUnavailable
from geo.core.http import fetch
from geo.core.vintage import of_file
from geo.facilities.readers import read
from geo.facilities.services import facilities_import
from geo.territories.models import Departement

SCHOOLS = "/api/explore/v2.1/catalog/datasets/fr-en-annuaire-education/exports/csv"


class Command(AtlasCommand):
    """`import_facilities fichiers… | --departement CODE` (écoles, par l'API de l'Éducation)."""

    help = "Charge les services (écoles, santé, points d'eau…) depuis des fichiers officiels."

    def add_arguments(self, parser: CommandParser) -> None:
        """Files, or one departement to ask from the official service."""
        parser.add_argument("files", nargs="*", type=Path, help="CSV, JSON ou GeoJSON (gzip admis)")
        parser.add_argument("--departement", help="écoles d'un département, depuis le service")
        parser.add_argument("--millesime", default="", help="par défaut : la date du fichier")
        parser.add_argument(
            "--licence", default="", help="celle d'un fichier libre, qui n'en dit aucune"
        )
        parser.add_argument("--invented", action="store_true", help="données inventées")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file in its own transaction."""
        if options["departement"]:
            code = options["departement"]
            if not Departement.objects.filter(code=code).exists():
                raise CommandError(f"--departement : code inconnu, {code}.")
            with tempfile.TemporaryDirectory() as folder:
                path = self._download(code, Path(folder))
                self._import(path, timezone.localdate().isoformat(), options)
            return
        if not options["files"]:
            raise CommandError("Donnez au moins un fichier, ou --departement.")
        total = 0
        for path in self.progress(options["files"], total=len(options["files"]), label="fichiers"):
            if not path.is_file():
                raise CommandError(f"Fichier introuvable : {path}")
            total += self._import(path, options["millesime"] or _date(path), options)
        self.summary(f"{total} services lus")

    def _import(self, path: Path, millesime: str, options: dict[str, Any]) -> int:
        reading = read(path)
        if not reading.licence:
            reading = replace(reading, licence=options["licence"])
        report = facilities_import(
            reading=reading, millesime=millesime, invented=options["invented"]
        )
        self.step(
            f"{path.name} : {reading.source}, {report.read} lus, {report.written} écrits, "
            f"{report.removed} retirés, {report.refused} refusés"
        )
        for refusal in report.refusals[:10]:
            self.step(f"  refusé, {refusal}")
        return report.read

    def _download(self, departement: str, folder: Path) -> Path:
        # The directory writes the departement on three characters.
        code = departement.rjust(3, "0")
        answer = fetch(
            "education",
            SCHOOLS,
            params={"where": f'code_departement="{code}"', "delimiter": ";"},
            deadline_s=120,
        )
        if answer.status != 200 or b"dentifiant_de_l_etablissement" not in answer.body[:4000]:
            raise SourceUnavailable("L'annuaire de l'éducation n'a pas la forme attendue.")
        path = folder / f"ecoles-{departement}.csv"
        path.write_bytes(answer.body)
        return path


def _date(path: Path) -> str:
    moment = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
    return of_file(moment.date())
