"""From what the sources say, in order of trust, to whole records of the four levels.

Communes come first, departement by departement; a level that no official file holds is the union
of the one below. Leaves reading to the sources and writing to the services.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely import MultiPolygon

from geo.territories.approximation import facts
from geo.territories.readers.pieces import Gathering, Piece
from geo.territories.readers.repair import sound_when_projected
from geo.territories.records import TerritoryRecord

DERIVED = "Réunion de ses communes"
# About 2 km, the reach of `commune_at`.
COAST_DEG = 0.02
Level = dict[str, Piece]


def assemble(sources: Sequence[Gathering]) -> list[TerritoryRecord]:
    """Records of all levels that the sources give or allow to derive, parents first.

    What a record lacks is completed by the next sources. Territories outside the 101 departements
    are left out.
    """
    known = _Known(sources)
    communes = _communes(sources, known)
    epcis = _epcis(sources, communes)
    departements = _departements(sources, known, communes)
    regions = _regions(sources, known, departements)
    levels = (
        _with_populations(regions, departements.values(), "region"),
        _with_populations(departements, communes.values(), "departement"),
        _with_populations(epcis, communes.values(), "epci"),
        communes,
    )
    pieces = [
        _with_point(known.completed(piece))
        for level in levels
        for _, piece in sorted(level.items())
    ]
    contours = sound_when_projected([piece.contour for piece in pieces if piece.contour])
    return [_record(piece, contour) for piece, contour in zip(pieces, contours, strict=True)]


class _Known:
    """All facts by level and code, the most trusted first."""

    def __init__(self, sources: Sequence[Gathering]) -> None:
        self._sources = sources
        self.regions = {fact.code for fact in facts.regions()}
        self.departements = {fact.code: fact.region for fact in facts.departements()}

    def completed(self, piece: Piece) -> Piece:
        """The piece with what the sources know of it."""
        for source in self._sources:
            piece = piece.completed(source.facts.get((piece.level, piece.code)))
            other = source.contours.get(piece.level, {}).get(piece.code)
            if other is not None and other.approximate and not piece.approximate:
                # Our few towns say nothing of where the EPCI of official communes end.
                other = replace(other, epci=None, departements=())
            piece = piece.completed(other)
        return piece


def _communes(sources: Sequence[Gathering], known: _Known) -> Level:
    found: Level = {}
    served: set[str] = set()
    for source in sources:
        here: set[str] = set()
        for code, piece in source.contours.get("commune", {}).items():
            departement = piece.departement or ""
            if departement in known.departements and departement not in served:
                here.add(departement)
                whole = known.completed(piece)
                found[code] = replace(whole, region=known.departements[departement])
        served |= here
    _add_divided(found, known)
    return {code: _as_its_commune(piece, found) for code, piece in found.items()}


def _add_divided(communes: Level, known: _Known) -> None:
    """Paris, Lyon or Marseille, where only their arrondissements are given."""
    parts: dict[str, list[Piece]] = defaultdict(list)
    for piece in communes.values():
        if piece.main_commune and piece.main_commune not in communes:
            parts[piece.main_commune].append(piece)
    for code, members in parts.items():
        union = _union("commune", code, members)
        whole = replace(union, departement=members[0].departement, region=members[0].region)
        communes[code] = known.completed(whole)


def _as_its_commune(piece: Piece, communes: Level) -> Piece:
    """An arrondissement belongs to the EPCI of its commune; no source says so."""
    return replace(piece, epci=communes[piece.main_commune].epci) if piece.main_commune else piece


class _Contours:
    """The contours of one level: the first source that holds it, then unions of the level below."""

    def __init__(self, sources: Sequence[Gathering], level: str, below: Iterable[Piece]) -> None:
        self.level = level
        self.members = _members(below, level)
        official = any(not m.approximate for group in self.members.values() for m in group)
        held = [source.contours.get(level, {}) for source in sources]
        ours = [found for found in held if found and next(iter(found.values())).approximate]
        theirs = [found for found in held if found and not next(iter(found.values())).approximate]
        self._rough: Level = ours[0] if ours else {}
        self.official = bool(theirs)
        self.pieces: Level = dict(theirs[0] if theirs else {} if official else self._rough)

    def complete(self) -> Level:
        """Add the codes that members name and no contour was found for."""
        for code in self.members.keys() - self.pieces.keys():
            members = self.members[code]
            rough = self._rough.get(code)
            if (
                rough is not None
                and all(m.approximate for m in members)
                and (set(rough.departements) <= {m.departement for m in members})
            ):
                self.pieces[code] = rough
            else:
                self.pieces[code] = _union(self.level, code, members)
        return self.pieces


def _epcis(sources: Sequence[Gathering], communes: Level) -> Level:
    contours = _Contours(sources, "epci", communes.values())
    official = [piece for piece in communes.values() if not piece.approximate]
    if contours.official and not any(piece.epci for piece in official):
        _place_communes(communes, official, contours.pieces)
        contours = _Contours(sources, "epci", communes.values())
    pool = contours.complete()
    for code, piece in pool.items():
        inside = {m.departement for m in contours.members.get(code, ()) if m.departement}
        pool[code] = replace(piece, departements=tuple(sorted(inside)) or piece.departements)
    return pool


def _place_communes(communes: Level, placed: Sequence[Piece], epcis: Level) -> None:
    """Give these communes the EPCI where they lie, when no source tells their composition."""
    pieces = list(epcis.values())
    tree = shapely.STRtree(np.array([piece.contour for piece in pieces], dtype=object))
    inner = [shapely.point_on_surface(piece.contour) for piece in placed]
    for commune, epci in zip(*tree.query(inner, predicate="within"), strict=True):
        piece = placed[commune]
        communes[piece.code] = replace(piece, epci=pieces[epci].code)


def _departements(sources: Sequence[Gathering], known: _Known, communes: Level) -> Level:
    pool = _Contours(sources, "departement", communes.values()).complete()
    return {
        code: replace(piece, region=known.departements[code])
        for code, piece in pool.items()
        if code in known.departements
    }


def _regions(sources: Sequence[Gathering], known: _Known, departements: Level) -> Level:
    pool = _Contours(sources, "region", departements.values()).complete()
    return {code: piece for code, piece in pool.items() if code in known.regions}


def _members(pieces: Iterable[Piece], parent: str) -> dict[str, list[Piece]]:
    """The pieces by the code of their parent; an arrondissement lies over its commune."""
    found: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        code = getattr(piece, parent)
        if code and not piece.main_commune:
            found[code].append(piece)
    return found


def _union(level: str, code: str, members: Sequence[Piece]) -> Piece:
    surface = shapely.union_all([member.contour for member in members])
    polygons = [p for p in shapely.get_parts(surface) if p.geom_type == "Polygon"]
    return Piece(
        level,
        code,
        contour=MultiPolygon(polygons),
        millesime=max(member.millesime or "" for member in members),
        source=DERIVED,
        approximate=any(member.approximate for member in members),
    )


def _with_populations(level: Level, below: Iterable[Piece], parent: str) -> Level:
    """Populations as sums where the level below knows all of its own."""
    members = _members(below, parent)
    result = {}
    for code, piece in level.items():
        counts = [member.population for member in members.get(code, ())]
        known = [count for count in counts if count is not None]
        whole = piece.population is None and counts and len(known) == len(counts)
        result[code] = replace(piece, population=sum(known)) if whole else piece
    return result


def _with_point(piece: Piece) -> Piece:
    """The chef-lieu only where it is not far from the contour: generalised coasts lose land."""
    near = piece.point is not None and shapely.dwithin(piece.contour, piece.point, COAST_DEG)
    return piece if near else replace(piece, point=None)


def _record(piece: Piece, contour: MultiPolygon) -> TerritoryRecord:
    commune = piece.level == "commune"
    return TerritoryRecord(
        level=piece.level,
        code=piece.code,
        name=(piece.name or f"{piece.level} {piece.code}")[:120],
        contour=contour,
        point=piece.point,
        region=piece.region if piece.level in {"departement", "commune"} else None,
        departement=piece.departement if commune else None,
        epci=piece.epci if commune else None,
        main_commune=piece.main_commune if commune else None,
        population=piece.population,
        prefecture=piece.prefecture if piece.level == "departement" else None,
        millesime=piece.millesime or "",
        approximate=piece.approximate,
        source=piece.source or "",
        departements=piece.departements if piece.level == "epci" else (),
    )
