"""The order of the sources: a folder of official files, the official services, our approximation.

Leaves reading to each source, and deciding what is written to the services.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geo.core.errors import InvalidInput, SourceUnavailable
from geo.territories.models import LEVELS
from geo.territories.readers.assembly import assemble
from geo.territories.readers.builtin import read_approximation
from geo.territories.readers.directory import read_directory
from geo.territories.readers.official import read_services
from geo.territories.readers.pieces import Gathering
from geo.territories.records import TerritoryRecord

SOURCES = ("auto", "directory", "services", "approximation")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Whole records, and what each source that was asked gave, by name."""

    records: list[TerritoryRecord]
    sources: dict[str, Gathering]
    unavailable: str = ""


def gather(
    source: str,
    *,
    directory: Path | None = None,
    millesime: str = "",
    origin: str = "",
    progress: Progress = lambda label, done, total: None,
) -> Gathered:
    """The territories of `source`, completed by those that follow it in the order.

    "auto" asks the services when no folder is given, or for what the folder does not hold, and
    falls back on the approximation when they cannot be reached; "services" then fails with
    `SourceUnavailable`. Runs outside any transaction.
    """
    sources: dict[str, Gathering] = {}
    unavailable = ""
    if source == "directory" and directory is None:
        raise InvalidInput(
            "Donnez --directory, ou la variable ATLAS_TERRITORIES.", field="directory"
        )
    if source in {"auto", "directory"} and directory is not None:
        sources["directory"] = read_directory(
            directory,
            millesime=millesime,
            origin=origin,
            each=lambda done, total: progress("fichiers", done, total),
        )
    if source == "services" or (source == "auto" and not _enough(sources.get("directory"))):
        try:
            sources["services"] = read_services(millesime=millesime, progress=progress)
        except SourceUnavailable as error:
            if source == "services":
                raise
            unavailable = error.message
    sources["approximation"] = read_approximation()
    return Gathered(assemble(list(sources.values())), sources, unavailable)


def _enough(directory: Gathering | None) -> bool:
    """True when the folder gives all four levels, or the communes and what they belong to."""
    if directory is None or "commune" not in directory.contours:
        return False
    levels = directory.contours.keys() == LEVELS.keys()
    told = any(piece.epci for piece in directory.contours["commune"].values())
    listed = any(piece.epci for piece in directory.facts.values())
    return levels or told or listed
