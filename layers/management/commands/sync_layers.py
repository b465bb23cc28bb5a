"""Bring the catalogue of layers up to date with the capabilities of the Géoplateforme.

Leaves reading the document to `layers.capabilities` and storing to `layers.services`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Max
from django.utils import timezone

from geo.core.commands import AtlasCommand
from geo.core.errors import SourceUnavailable
from geo.core.http import fetch
from layers.capabilities import MAX_BYTES, parse
from layers.models import Layer
from layers.services import Outcome, layers_sync

QUERY = {"SERVICE": "WMTS", "REQUEST": "GetCapabilities", "VERSION": "1.0.0"}


class Command(AtlasCommand):
    """`sync_layers [--file FICHIER]`."""

    help = "Met le catalogue des couches à jour depuis les capacités WMTS de la Géoplateforme."

    def add_arguments(self, parser: CommandParser) -> None:
        """A document kept as a file, instead of the service."""
        parser.add_argument(
            "--file", type=Path, help="document des capacités (XML, gzip admis) déjà obtenu"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, store, tell; exit code 1 when an offered layer is missing upstream."""
        try:
            document = self._document(options["file"])
        except SourceUnavailable as error:
            raise SourceUnavailable(f"{error.message} {_kept()}", field=error.field) from error
        self.step(f"capacités obtenues, {len(document)} octets")
        capabilities = parse(document)
        self.step(
            f"{capabilities.read} couches lues, {len(capabilities.refused)} non tuilables ici"
        )
        if options["verbosity"] > 1:
            for refusal in capabilities.refused:
                self.step(f"  écartée, {refusal}")
        report = layers_sync(capabilities=capabilities, at=timezone.now())
        for outcome in report.offered:
            self.step(_told(outcome))
        self.summary(
            f"{report.created} créées, {report.updated} modifiées, {report.unchanged} inchangées, "
            f"{report.gone} disparues"
        )
        if report.missing:
            names = ", ".join(outcome.layer.upstream_id for outcome in report.missing)
            raise CommandError(f"Couches proposées que le service ne connaît plus : {names}")

    def _document(self, path: Path | None) -> bytes:
        if path is not None:
            if not path.is_file():
                raise CommandError(f"Fichier introuvable : {path}")
            return path.read_bytes()
        answer = fetch("geopf", "/wmts", params=QUERY, deadline_s=90, max_bytes=MAX_BYTES)
        if answer.status != 200 or "xml" not in answer.content_type:
            raise SourceUnavailable(
                f"Le service des couches n'a pas donné ses capacités (réponse {answer.status})."
            )
        return answer.body


def _kept() -> str:
    """What the maps go on with when the service could not be asked."""
    last = Layer.objects.aggregate(last=Max("synced_at"))["last"]
    if last is None:
        return "Rien n'a changé : les couches proposées gardent leur description d'origine."
    day = timezone.localtime(last)
    return f"Rien n'a changé : le catalogue du {day:%d/%m/%Y à %H:%M} est gardé."


def _told(outcome: Outcome) -> str:
    layer = outcome.layer
    if outcome.state == "missing":
        close = ", ".join(outcome.candidates) or "aucun nom proche"
        return f"{layer.slug} : {layer.upstream_id} INTROUVABLE ({close})"
    renamed = " (RENOMMÉE)" if outcome.state == "renamed" else ""
    others = [style for style in outcome.known_styles if style != layer.style]
    styles = f"style {layer.style}" + (f" (aussi : {', '.join(others)})" if others else "")
    edition = f", édition {layer.edition}" if layer.edition else ""
    return (
        f"{layer.slug} : {layer.upstream_id}{renamed}, {layer.media_type}, {layer.matrix_set}, "
        f"zooms {layer.minzoom} à {layer.maxzoom}, {styles}{edition}"
    )
