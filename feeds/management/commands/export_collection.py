"""`manage.py export_collection sites --format gpkg --output sites.gpkg --as person@example.test`.

The open data by default; with `--as`, what that person may export, logged in their name. A `.zip`
output comes with its dictionary. Leaves the making to `feeds.exporting`.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from feeds.exporting.asking import asked, parse_query
from feeds.exporting.counting import count
from feeds.exporting.formats import FORMATS, format_named
from feeds.exporting.logged import log_export
from feeds.exporting.services import check_rows
from geo.accounts.models import User
from geo.accounts.scopes import scope_of_exports
from geo.core import rls
from geo.core.commands import AtlasCommand
from geo.core.scope import Scope


class Command(AtlasCommand):
    """Write a collection to a file."""

    help = "écrit une collection dans un fichier, avec les filtres de la carte"
    reader = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The collection, the format, where, as whom, which rows."""
        parser.add_argument("collection", help="identifiant de la collection, par exemple parcels")
        parser.add_argument("--format", required=True, choices=list(FORMATS), help="format")
        parser.add_argument("--output", required=True, type=Path, help="fichier à écrire")
        parser.add_argument(
            "--as", dest="email", default="", help="compte dont les droits valent (sinon : public)"
        )
        parser.add_argument(
            "--query", default="", help='filtres de la carte : "status=open&departement=93"'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, then say how many rows."""
        from feeds.exporting.making import Making

        user = _account(options["email"])
        scope = scope_of_exports(user) if user is not None else Scope.public()
        form = format_named(options["format"])
        output: Path = options["output"].absolute()
        boxed = output.suffix == ".zip"
        _check_output(output, form.single, boxed, form.code)
        wanted = asked(options["collection"], parse_query(options["query"]), scope)
        with rls.reading(scope):
            total = count(wanted.request, timeout_ms=settings.EXPORT_TIMEOUT_MS)
        check_rows(form, total)
        self.step(f"{wanted.collection.title} : {total} lignes à écrire")
        making = Making(
            wanted,
            form,
            user,
            settings.EXPORT_TIMEOUT_MS,
            boxed,
            tick=lambda rows: _draw(rows, total),
        )
        part = output.with_name(f".{output.name}.part")
        try:
            made = making.made(output.parent, name=part.name)
            log_export(wanted, made.read, by=user, route="export_collection")
            made.path.replace(output)
        finally:
            part.unlink(missing_ok=True)
            _draw(-1, total)
        size = output.stat().st_size / 1_000_000
        self.summary(f"{made.read.rows} lignes, {size:.1f} Mo : {output}")


def _account(email: str) -> User | None:
    if not email:
        return None
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        raise CommandError(f"Aucun compte actif à cette adresse : {email}")
    return user


def _check_output(output: Path, single: bool, boxed: bool, code: str) -> None:
    if not output.parent.is_dir():
        raise CommandError(f"Le dossier {output.parent} n'existe pas.")
    if not single and not boxed:
        raise CommandError(f"Plusieurs fichiers : donnez un nom en .{code}.zip")


def _draw(rows: int, total: int) -> None:
    """The bar of a terminal; a negative number ends the line."""
    if not sys.stderr.isatty():
        return
    if rows < 0:
        sys.stderr.write("\n")
    else:
        filled = min(30, 30 * rows // max(total, 1))
        sys.stderr.write(f"\r{'█' * filled}{'·' * (30 - filled)} {rows}/{total}")
    sys.stderr.flush()
