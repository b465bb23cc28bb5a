"""Load parcels from Cadastre Etalab files, local or downloaded.

Leaves reading to `cadastre.etalab` and storage to `cadastre.loading`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from cadastre import etalab
from cadastre.loading import Report, parcels_import
from geo.core.commands import AtlasCommand
from geo.core.errors import DomainError


class Command(AtlasCommand):
    """`import_parcels fichiers, dossiers ou adresses… | --commune CODE… | --departement CODE…`."""

    help = (
        "Charge les parcelles du Cadastre Etalab (GeoJSON, gzip admis). Un fichier vaut pour des "
        "communes entières : leurs parcelles disparues sont retirées. Chaque fichier est une "
        "transaction ; le recharger ne change rien."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Files, directories and addresses, or codes for the official service."""
        parser.add_argument("places", nargs="*", help="fichiers, dossiers, adresses (CADASTRE_URL)")
        parser.add_argument("--commune", nargs="+", default=[], metavar="CODE")
        parser.add_argument("--departement", nargs="+", default=[], metavar="CODE")
        parser.add_argument(
            "--millesime",
            default="",
            help="latest ou AAAA-MM-JJ (par défaut : la date du chemin, du service ou du contenu)",
        )
        parser.add_argument("--source", default=etalab.SOURCE, help="nom de la source")
        parser.add_argument("--invented", action="store_true", help="parcelles inventées")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file in its own transaction; a file that fails does not stop the others."""
        files, paths = self._asked(options)
        total = len(files) + len(paths)
        if not total:
            raise CommandError("Donnez des fichiers, --commune ou --departement.")
        given = "" if options["millesime"] == etalab.LATEST else options["millesime"]
        failed: list[str] = []
        parcels = 0
        with tempfile.TemporaryDirectory() as folder:
            sources = self._opened(files, paths, Path(folder), failed)
            for path, told in self.progress(sources, total=total, label="fichiers"):
                try:
                    report = parcels_import(
                        batches=etalab.read_parcels(path),
                        source=options["source"],
                        millesime=given or told,
                        invented=options["invented"],
                    )
                except DomainError as error:
                    failed.append(f"{path.name} : {error.message}")
                    self.step(f"ÉCHEC {failed[-1]}")
                else:
                    parcels += report.read
                    self._tell(path.name, report)
        if failed:
            raise CommandError(
                f"{len(failed)} fichier(s) sur {total} non chargé(s) : " + " ; ".join(failed[:5])
            )
        self.summary(f"{parcels} parcelles lues dans {total} fichier(s)")

    def _asked(self, options: dict[str, Any]) -> tuple[list[Path], list[str]]:
        files: list[Path] = []
        paths: list[str] = []
        for place in options["places"]:
            if place.startswith(("http://", "https://")):
                paths.append(etalab.path_of(place))
            else:
                files += etalab.files_under(Path(place))
        for code in (*options["commune"], *options["departement"]):
            paths += etalab.address_of(code, options["millesime"] or etalab.LATEST)
        return files, paths

    def _opened(
        self, files: list[Path], paths: list[str], folder: Path, failed: list[str]
    ) -> Iterator[tuple[Path, str]]:
        """Each file with the millésime it bears, downloaded ones one at a time."""
        for path in files:
            yield path, etalab.millesime_in(path)
        for address in paths:
            try:
                path, told = etalab.fetch_file(address, folder)
            except DomainError as error:
                failed.append(error.message)
                self.step(f"ÉCHEC {error.message}")
                continue
            yield path, told
            path.unlink()

    def _tell(self, name: str, report: Report) -> None:
        self.step(
            f"{name} : {report.read} parcelles ({report.millesime}), {report.created} nouvelles, "
            f"{report.changed} modifiées, {report.unchanged} inchangées, "
            f"{report.removed} retirées, {len(report.communes)} commune(s)"
        )
        for count, what, lines in (
            (report.duplicates, "en double, la première gardée", []),
            (report.repaired, "contours réparés", report.repairs),
            (report.refused, "refusées", report.refusals),
        ):
            if count:
                self.step(f"  {count} {what}")
            for line in lines[:10]:
                self.step(f"    {line}")
