"""Which file is kept when several speak of the same level: the most complete, then the newest.

Completeness is the number of regions or departements; for EPCI and communes it is the land covered,
since older vintages have more, smaller, communes. Leaves reading to the directory reader.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from geo.territories.readers.pieces import Gathering, Piece
from geo.territories.readers.tables import Table

# Two surfaces of the same territories differ by their coasts and their generalisation.
SAME_LAND = 0.05


@dataclass(frozen=True, slots=True)
class ContourFile:
    """A file of contours of one level; `year` is told by its name, else by its date."""

    name: str
    level: str
    year: str
    date: str
    pieces: dict[str, Piece]
    repaired: list[str]

    @property
    def details(self) -> tuple[int, int]:
        """How much more it says, to tell apart two files of the same completeness and date."""
        first = next(iter(self.pieces.values()))
        said = sum(
            bool(value)
            for value in (first.name, first.region, first.departement, first.epci, first.population)
        )
        return said, sum(
            len(piece.contour.geoms) for piece in self.pieces.values() if piece.contour
        )


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that is a code table."""

    name: str
    year: str
    date: str
    table: Table


def keep_contours(files: Sequence[ContourFile], gathering: Gathering) -> None:
    """Fill the gathering's contours; a file of which nothing is kept is told with why."""
    kept: set[str] = set()
    for level in ("region", "departement", "epci", "commune"):
        rivals = [file for file in files if file.level == level]
        if level == "commune":
            _keep_by_departement(rivals, gathering, kept)
        else:
            _keep_whole(rivals, gathering, kept)
    gathering.used.extend(sorted(kept))


def keep_tables(files: Iterable[TableFile], gathering: Gathering) -> None:
    """Fill the gathering's facts: the first-ranked table of a kind, then those that add to it."""
    kinds: dict[str, list[TableFile]] = defaultdict(list)
    for file in files:
        kinds[file.table.kind].append(file)
    for kind, rivals in sorted(kinds.items()):
        taken: set[tuple[str, str]] = set()
        ranked = sorted(rivals, key=lambda f: (-len(f.table.facts), _later(f), f.name))
        for file in ranked:
            if taken & file.table.facts.keys():
                gathering.ignored.append((file.name, f"{kind} : une autre table est préférée"))
                continue
            taken |= file.table.facts.keys()
            gathering.used.append(file.name)
            for key, piece in file.table.facts.items():
                gathering.facts[key] = piece.completed(gathering.facts.get(key))


def _keep_whole(rivals: list[ContourFile], gathering: Gathering, kept: set[str]) -> None:
    """The best file, then those that speak of other codes (a country cut in parts)."""
    taken: dict[str, Piece] = {}
    size = _area if rivals and rivals[0].level == "epci" else _count
    best = _ranked([(file, size(file.pieces.values())) for file in rivals])
    for file, why in best:
        if taken.keys() & file.pieces.keys():
            gathering.ignored.append((file.name, f"{file.level} : {why} que {best[0][0].name}"))
            continue
        taken |= file.pieces
        kept.add(file.name)
        _tell_repaired(gathering, file, file.pieces)
    if taken:
        gathering.contours[rivals[0].level] = taken


def _keep_by_departement(rivals: list[ContourFile], gathering: Gathering, kept: set[str]) -> None:
    """For each departement the best file: one national file, or one for each departement."""
    parts: dict[str, list[tuple[ContourFile, dict[str, Piece]]]] = defaultdict(list)
    for file in rivals:
        shares: dict[str, dict[str, Piece]] = defaultdict(dict)
        for code, piece in file.pieces.items():
            shares[piece.departement or ""][code] = piece
        for departement, share in shares.items():
            parts[departement].append((file, share))
    taken: dict[str, Piece] = {}
    reasons: dict[str, str] = {}
    for shared in parts.values():
        share_of = {file.name: share for file, share in shared}
        ranked = _ranked([(file, _area(share.values())) for file, share in shared])
        winner = ranked[0][0]
        taken |= share_of[winner.name]
        kept.add(winner.name)
        _tell_repaired(gathering, winner, share_of[winner.name])
        for file, why in ranked[1:]:
            reasons[file.name] = f"commune : {why} que {winner.name}"
    gathering.ignored.extend((n, why) for n, why in sorted(reasons.items()) if n not in kept)
    if taken:
        gathering.contours["commune"] = dict(sorted(taken.items()))


def _ranked(rivals: list[tuple[ContourFile, float]]) -> list[tuple[ContourFile, str]]:
    """The files, best first, each with what makes it lose against the first."""
    most = max((size for _, size in rivals), default=0.0)
    level = rivals[0][0].level if rivals else ""
    enough = most * (1 - SAME_LAND) if level in {"epci", "commune"} else most

    def rank(rival: tuple[ContourFile, float]) -> tuple[object, ...]:
        file, size = rival
        said, parts = file.details
        complete = size >= enough
        return (not complete, 0.0 if complete else -size, _later(file), -said, -parts, file.name)

    ordered = sorted(rivals, key=rank)
    best = ordered[0][0] if ordered else None
    result = []
    for file, size in ordered:
        if size < enough:
            why = "moins complet"
        elif best and (file.year, file.date) < (best.year, best.date):
            why = "plus ancien"
        else:
            why = "moins détaillé"
        result.append((file, why))
    return result


def _later(file: ContourFile | TableFile) -> tuple[int, int]:
    """Sorts the newest first."""
    return -int(file.year), -int(file.date.replace("-", ""))


def _count(pieces: Iterable[Piece]) -> float:
    return float(sum(1 for _ in pieces))


def _area(pieces: Iterable[Piece]) -> float:
    """Land covered, square degrees: it only compares files of the same places."""
    return sum(p.contour.area for p in pieces if p.contour is not None and not p.main_commune)


def _tell_repaired(gathering: Gathering, file: ContourFile, share: dict[str, Piece]) -> None:
    codes = [code for code in file.repaired if code in share]
    if codes:
        gathering.repaired.setdefault(file.level, []).extend(codes)
