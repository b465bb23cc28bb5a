"""Find what lies under the sites. Leaves the work to `cadastre.services`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Exists, OuterRef

from cadastre.selectors import SOURCE
from cadastre.services import Summary, sites_ask_due, sites_enrich, sites_queue
from cadastre.tasks import ask_due
from geo.core.commands import AtlasCommand
from geo.core.jobs import enqueue
from geo.sites.enums import EnrichmentStatus
from geo.sites.models import Enrichment, Site
from geo.territories.models import Departement

# What one command may ask by itself; the rest is the worker's.
ASK_LIMIT = 100_000


class Command(AtlasCommand):
    """`enrich_sites [--departement CODE] [--missing] [--ask]`."""

    help = (
        "Cherche les parcelles sous les sites : celles du cadastre local d'un coup, les autres "
        "par le service API Carto (IGN), que le processus de fond interroge."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which sites, and whether the service is asked here rather than by the worker."""
        parser.add_argument("--departement", help="les sites d'un département")
        parser.add_argument(
            "--missing", action="store_true", help="seulement les sites sans résultat à ce jour"
        )
        parser.add_argument(
            "--ask", action="store_true", help="interroger API Carto ici, sans processus de fond"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One statement for what is here; the rest waits in the ledger and is asked from there."""
        summary = sites_enrich(site_ids=self._chosen(options))
        self.step(
            f"cadastre local : {summary.sites} sites, {summary.done} avec parcelles, "
            f"{summary.empty} sans parcelle, {summary.changed} modifiés"
        )
        queued = sites_queue(site_ids=summary.unanswered)
        self._hand_over(summary, queued, options["ask"])
        self.summary(f"{summary.sites} sites examinés")

    def _chosen(self, options: dict[str, Any]) -> list[int] | None:
        """The ids of the sites; None for all of them."""
        code = options["departement"]
        if not code and not options["missing"]:
            return None
        sites = Site.objects.order_by("pk")
        if code:
            if not Departement.objects.filter(code=code).exists():
                raise CommandError(f"Département inconnu : « {code} ».")
            sites = sites.filter(departement_id=code)
        if options["missing"]:
            good = (EnrichmentStatus.DONE, EnrichmentStatus.EMPTY)
            known = Enrichment.objects.filter(
                site_id=OuterRef("pk"), source=SOURCE, status__in=good
            )
            sites = sites.filter(~Exists(known))
        return list(sites.values_list("pk", flat=True))

    def _hand_over(self, summary: Summary, queued: int, ask: bool) -> None:
        if not summary.unanswered:
            return
        already = len(summary.unanswered) - queued
        self.step(
            f"hors du cadastre local : {queued} sites à demander à API Carto, "
            f"{already} déjà demandés ou en attente"
        )
        if not ask:
            if queued:
                enqueue(ask_due, lock="cadastre.ask", once="cadastre.ask")
                self.step("le processus de fond (make worker) interroge le service")
            return
        due = sites_ask_due(limit=ASK_LIMIT)
        asked = sum(1 for _ in self.progress(due, total=queued, label="API Carto"))
        self.step(f"API Carto : {asked} sites demandés")
        waiting = Enrichment.objects.filter(source=SOURCE, status=EnrichmentStatus.WAITING).count()
        if waiting:
            self.step(f"{waiting} sites attendent leur prochain essai (service injoignable ?)")
