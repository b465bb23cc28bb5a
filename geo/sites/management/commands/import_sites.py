"""Import sites from CSV or GeoJSON files: a trial by default, written with `--write`.

Leaves reading to `geo.sites.importing` and rules to the services. Exit code 0: every line is
accepted; 1: a file cannot be used; 2: some lines are refused.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from geo.accounts.models import User
from geo.accounts.scopes import scope_for
from geo.core import rls
from geo.core.commands import AtlasCommand
from geo.core.scope import Scope
from geo.sites.importing.apply import Report, sites_import
from geo.sites.importing.columns import columns
from geo.sites.importing.lines import Line, Refusal
from geo.sites.importing.tables import read_table

SHOWN = 50
REFUSED_LINES = 2


class Command(AtlasCommand):
    """`import_sites fichiers… [--write] [--report refus.csv]`."""

    help = "Importe des sites (CSV ou GeoJSON). À blanc par défaut : rien n'est écrit sans --write."

    def add_arguments(self, parser: CommandParser) -> None:
        """Files and manners."""
        parser.add_argument("files", nargs="*", type=Path, help="CSV ou GeoJSON")
        parser.add_argument("--write", action="store_true", help="écrit ; sinon essaie seulement")
        parser.add_argument(
            "--strict", action="store_true", help="n'écrit rien d'un fichier qui a un refus"
        )
        parser.add_argument("--report", type=Path, help="écrit les refus dans ce fichier CSV")
        parser.add_argument(
            "--by", metavar="ADRESSE", help="importe avec le compte et les droits de cette personne"
        )
        parser.add_argument("--columns", action="store_true", help="liste les colonnes comprises")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file in its own transaction."""
        if options["columns"]:
            self._columns()
            return
        if not options["files"]:
            raise CommandError("Donnez au moins un fichier, ou --columns.")
        author = self._author(options["by"])
        scope = scope_for(author) if author else Scope.nation()
        done: list[tuple[Path, Report]] = []
        try:
            with rls.reading(scope):
                for path in options["files"]:
                    report = self._import(path, author, scope, options)
                    done.append((path, report))
        finally:
            if options["report"]:
                _write_report(options["report"], done)
        self._conclude([report for _, report in done], options)

    def _author(self, email: str | None) -> User | None:
        if not email:
            return None
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"Aucun compte actif n'a l'adresse « {email} ».")
        return user

    def _import(
        self, path: Path, author: User | None, scope: Scope, options: dict[str, Any]
    ) -> Report:
        if not path.is_file():
            raise CommandError(f"Fichier introuvable : {path}")
        table = read_table(path)
        if table.ignored:
            self.step(f"{path.name} : colonnes laissées de côté : {', '.join(table.ignored)}")

        def bar(lines: Iterable[Line]) -> Iterable[Line]:
            return self.progress(lines, total=len(table.lines), label=path.name)

        report = sites_import(
            by=author,
            scope=scope,
            table=table,
            write=options["write"],
            strict=options["strict"],
            progress=bar,
        )
        self.step(
            f"{path.name} : {report.read} lignes lues, {report.created} sites créés, "
            f"{report.updated} mis à jour, {report.unchanged} inchangés, {report.closed} "
            f"fermetures, {report.refused} lignes refusées"
        )
        for refusal in report.refusals[:SHOWN]:
            self.step(f"  {_sentence(refusal)}")
        if len(report.refusals) > SHOWN:
            self.step(f"  … et {len(report.refusals) - SHOWN} autres refus (--report les donne)")
        return report

    def _conclude(self, reports: Sequence[Report], options: dict[str, Any]) -> None:
        refused = sum(report.refused for report in reports)
        if not options["write"]:
            text = "Essai à blanc, rien n'est écrit : relancez avec --write"
        elif all(report.written for report in reports):
            text = "Écrit"
        else:
            text = "Des fichiers ont des refus et n'ont pas été écrits (--strict)"
        self.summary(text)
        if refused:
            raise CommandError(f"{refused} ligne(s) refusée(s).", returncode=REFUSED_LINES)

    def _columns(self) -> None:
        for column in columns():
            names = " ; ".join(dict.fromkeys((column.label, *column.aliases)))
            allowed = ", ".join(code for code, _ in column.choices)
            self.stdout.write(f"{column.code:32}{column.kind:9}{names}")
            if allowed:
                self.stdout.write(f"{'':41}{allowed}")


def _sentence(refusal: Refusal) -> str:
    where = f", {refusal.column}" if refusal.column else ""
    value = f" « {refusal.value} »" if refusal.value else ""
    return f"ligne {refusal.line}{where}{value} : {refusal.reason}"


def _write_report(path: Path, done: Sequence[tuple[Path, Report]]) -> None:
    """The refusals for a spreadsheet; a cell that looks like a formula is made a text."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["fichier", "ligne", "colonne", "valeur", "raison"])
        for source, report in done:
            for refusal in report.refusals:
                cells = (source.name, refusal.line, refusal.column, refusal.value, refusal.reason)
                writer.writerow([_harmless(str(cell)) for cell in cells])


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
