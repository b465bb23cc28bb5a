"""Load the demonstration: accounts, invented sites, facilities and parcels, once.

Leaves what they are to the modules of `demo`. A second run finds that nothing is left to do.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from cadastre.models import CadastreCoverage
from demo import accounts, load
from demo.access import access_load
from demo.facilities import facilities_load
from demo.ground import Ground
from demo.homes import homes
from demo.interveners import interveners_name
from demo.lives import lives
from demo.parcels import COMMUNES, parcels_load
from demo.proconnect import agents_load
from demo.sites import Frame, build
from geo.core.commands import AtlasCommand
from geo.core.scope import Scope
from geo.territories.models import Commune


class Command(AtlasCommand):
    """`demo_data`."""

    # It writes and removes the restricted blocks of its own sites as well.
    reader = Scope.everything()
    help = "Charge les données de démonstration, inventées (avec ATLAS_DEMO=1 seulement)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Loading again although nothing changed."""
        parser.add_argument(
            "--again", action="store_true", help="redessine tout ce que personne n'a modifié"
        )

        parser.add_argument("--no-parcels", action="store_true", help="sans parcelles inventées")
        parser.add_argument(
            "--departements",
            nargs="+",
            default=[],
            metavar="CODE",
            help="seulement ces départements (le reste est dessiné et mis de côté)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each part in its own transaction; a part that is there already is left alone."""
        accounts.require_demo()
        if not Commune.objects.exists():
            raise CommandError("Aucun territoire : lancez d'abord manage.py import_territories.")
        if accounts.are_loaded():
            self.step("comptes : déjà là")
        else:
            self.step(f"comptes : {len(accounts.accounts_load())} écrits")
        if agents := agents_load():
            self.step(f"agents du fournisseur d'identité fictif : {agents}")
        self.step(f"demandes d'accès et invitation : {access_load()} nouvelles")
        only = frozenset(options["departements"])
        until = load.horizon(timezone.localdate())
        prints = load.prints_now(until, only)
        known = load.is_loaded(prints) and not options["again"]
        if known:
            self.step("sites et services : déjà là")
        else:
            self._load(self._frame(until, only), prints, anew=options["again"])
        if not options["no_parcels"]:
            self._parcels(known)
        self.summary("Démonstration prête, tout y est inventé")

    def _frame(self, until: dt.date, only: frozenset[str]) -> Frame:
        towns = homes(lives(until))
        return Frame(Ground.of(towns.values()), towns, accounts.authors(), until, only)

    def _load(self, frame: Frame, prints: load.Prints, *, anew: bool) -> None:
        rows = build(lives(frame.until), frame)
        self.step(f"sites dessinés : {len(rows.sites)}")
        facilities = facilities_load(
            towns={town for town in frame.towns.values() if frame.draws_in(town.departement)},
            ground=frame.ground,
            millesime=str(frame.until.year),
        )
        self.step(f"services : {facilities.read}, dont {facilities.written} écrits")
        report = load.sites_load(rows=rows, prints=prints, anew=anew)
        self.step(
            f"sites : {report.written} écrits, {report.moved} déplacés, {report.removed} retirés"
        )
        self.step(f"interventions : {interveners_name()} nommées")

    def _parcels(self, known: bool) -> None:
        here = Commune.objects.filter(code__in=COMMUNES).values("code")
        covered = CadastreCoverage.objects.filter(pk__in=here).count()
        if known and covered == here.count():
            self.step("parcelles : déjà là")
            return
        reports = parcels_load()
        self.step(
            f"parcelles : {sum(report.read for report in reports.values())} dans "
            f"{len(reports)} communes"
        )
