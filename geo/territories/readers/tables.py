"""Code tables (CSV) of Insee and DGCL, recognised by their columns, turned into facts by code.

Read: the code officiel géographique (regions, departements, communes), legal populations, and the
composition of EPCI. Leaves files to the directory reader.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from geo.core.errors import InvalidInput
from geo.territories.readers.pieces import COMMUNE_CODE, SIREN, Key, Piece, main_commune_of

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A recognised table: its kind (for messages) and its facts by level and code."""

    kind: str
    facts: dict[Key, Piece]


def read_table(text: str, name: str) -> Table | None:
    """The facts of a code table, None when its columns are not those of one.

    Raises `InvalidInput` when a recognised table holds an unreadable line.
    """
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        columns = {str(column).strip().upper() for column in reader.fieldnames or ()}
        kind = next((k for k in KINDS if k.columns <= columns and not k.without & columns), None)
        if kind is None:
            return None
        rows = ({str(k).strip().upper(): (v or "").strip() for k, v in r.items()} for r in reader)
        return Table(kind.name, _merged(kind.pieces, rows))
    except (csv.Error, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"{name}, ligne {reader.line_num} : {error}.", field="ATLAS_TERRITORIES"
        ) from error


def _merged(pieces: Callable[[Row], Iterator[Piece]], rows: Iterator[Row]) -> dict[Key, Piece]:
    found: dict[Key, Piece] = {}
    for row in rows:
        for piece in pieces(row):
            key = (piece.level, piece.code)
            found[key] = piece.completed(found.get(key))
    return found


def _regions(row: Row) -> Iterator[Piece]:
    yield Piece("region", row["REG"], row["LIBELLE"])


def _departements(row: Row) -> Iterator[Piece]:
    yield Piece(
        "departement", row["DEP"], row["LIBELLE"], region=row["REG"], prefecture=row["CHEFLIEU"]
    )


def _communes(row: Row) -> Iterator[Piece]:
    # Delegated and associated communes are parts of a commune, not communes.
    if row["TYPECOM"] not in {"COM", "ARM"}:
        return
    part = row["TYPECOM"] == "ARM"
    yield Piece(
        "commune",
        row["COM"],
        row["LIBELLE"],
        region=row["REG"] or None,
        departement=row["DEP"] or None,
        main_commune=(row["COMPARENT"] or main_commune_of(row["COM"])) if part else None,
    )


def _populations(row: Row) -> Iterator[Piece]:
    # Mayotte's file leaves COM empty: the departement's first two characters, then the number.
    code = row["COM"] or f"{row['DEP'][:2]}{row.get('CODCOM', '')}"
    if not COMMUNE_CODE.fullmatch(code):
        raise ValueError(f"code de commune illisible « {code} »")
    yield Piece("commune", code, row.get("COMMUNE") or None, population=_count(row["PMUN"]))


def _members(row: Row) -> Iterator[Piece]:
    # The published sheet ends with a line of totals.
    if not row["SIREN"] and not row["INSEE"]:
        return
    if not SIREN.fullmatch(row["SIREN"]):
        raise ValueError(f"SIREN d'EPCI illisible « {row['SIREN']} »")
    total = row.get("TOTAL_POP_MUN", "")
    yield Piece(
        "epci",
        row["SIREN"],
        row["RAISON_SOCIALE"],
        population=_count(total) if total else None,
    )
    yield Piece("commune", row["INSEE"], epci=row["SIREN"])


def _count(text: str) -> int:
    digits = text.replace("\u202f", "").replace("\xa0", "").replace(" ", "")
    if not digits.isdigit():
        raise ValueError(f"nombre attendu, « {text} » lu")
    return int(digits)


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    columns: frozenset[str]
    without: frozenset[str]
    pieces: Callable[[Row], Iterator[Piece]]


KINDS = (
    _Kind(
        "communes (COG)",
        frozenset({"TYPECOM", "COM", "REG", "DEP", "LIBELLE", "COMPARENT"}),
        frozenset(),
        _communes,
    ),
    _Kind(
        "départements (COG)",
        frozenset({"DEP", "REG", "CHEFLIEU", "LIBELLE"}),
        frozenset({"ARR", "CAN"}),
        _departements,
    ),
    _Kind(
        "régions (COG)",
        frozenset({"REG", "CHEFLIEU", "LIBELLE"}),
        frozenset({"DEP", "ARR"}),
        _regions,
    ),
    _Kind("populations légales", frozenset({"COM", "DEP", "PMUN"}), frozenset(), _populations),
    _Kind(
        "composition des EPCI",
        frozenset({"SIREN", "RAISON_SOCIALE", "INSEE"}),
        frozenset(),
        _members,
    ),
)
