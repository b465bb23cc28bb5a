"""Load regions, departements, EPCI and communes.

Leaves reading to `geo.territories.readers` and storage to `geo.territories.services`.
"""

from __future__ import annotations

from typing import Any

from geo.core.commands import AtlasCommand
from geo.territories.approximation import build
from geo.territories.services import LevelReport, territories_import


class Command(AtlasCommand):
    """`import_territories`."""

    help = "Charge les territoires : régions, départements, EPCI, communes."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read everything, then write it in one transaction."""
        records = build().records
        self.step(f"approximation : {len(records)} territoires")
        reports = territories_import(records=records, step=self.step)
        for report in reports:
            self._tell(report)
        self.summary("Territoires à jour.")

    def _tell(self, report: LevelReport) -> None:
        self.step(
            f"{report.level} : {report.created} créés, {report.updated} mis à jour, "
            f"{report.unchanged} inchangés, {len(report.removed)} retirés, "
            f"{report.official_kept} approchés écartés"
        )
