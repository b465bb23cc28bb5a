"""The equivalent table of a sheet: one row for each mark, at the reader's precision.

Leaves the rest of what a sheet says to `atlas.content`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from atlas.facilities import NEEDED
from atlas.rows import Row
from atlas.sheet import Sheet
from atlas.words import SPACE, number, short_day


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; `numeric` ones are set to the right."""

    name: str
    words: str
    numeric: bool = False


def columns(sheet: Sheet) -> list[Column]:
    """The columns of the table: those of the exact place only for readers of exact places."""
    exact = any("name" in row.properties for row in sheet.matter.sites.rows)
    found = [Column("reference", "Référence"), Column("commune_name", "Commune")]
    if exact:
        found += [Column("name", "Appellation"), Column("address", "Adresse")]
    found += [Column("state", "État"), Column("field_type", "Type")]
    found += [Column("opened_on", "Ouvert le"), Column("closed_on", "Fermé le")]
    found += [
        Column("people", "Personnes", numeric=True),
        Column("households", "Ménages", numeric=True),
        Column("minors", "Mineurs", numeric=True),
        Column("precision", "Position"),
    ]
    facilities = sheet.matter.facilities
    if facilities is not None and facilities.near:
        labels = {symbol.value: symbol.label for symbol in facilities.collection.symbols}
        found += [Column(kind, f"{labels[kind]} (m)", numeric=True) for kind in NEEDED]
    return found


def rows(sheet: Sheet) -> list[list[str]]:
    """The rows of the table, one for each mark: by commune, open sites first."""
    kinds = {mark.site: mark.symbol.label for mark in sheet.marks}
    ordered = sorted(
        sheet.matter.sites.rows,
        key=lambda row: (
            row.properties["commune"],
            row.properties["status"] == "closed",
            row.properties["reference"],
        ),
    )
    names = columns(sheet)
    return [[_cell(row, column, kinds[row.id], sheet) for column in names] for row in ordered]


def _cell(row: Row, column: Column, kind: str, sheet: Sheet) -> str:
    if column.name == "state":
        return kind
    if column.name in NEEDED:
        return _metres(row, column.name, sheet)
    value: Any = row.properties.get(column.name)
    if value is None or value == "":
        return "" if column.name == "closed_on" else "–"
    prop = sheet.matter.sites.collection.find(column.name)
    if prop is not None and prop.choices:
        return str(dict(prop.choices).get(value, value))
    if prop is not None and prop.type == "date":
        return short_day(value)
    return number(value) if column.numeric else str(value)


def _metres(row: Row, kind: str, sheet: Sheet) -> str:
    """Metres to the nearest facility of a kind: to 100 m from a blurred place."""
    facilities = sheet.matter.facilities
    metres = facilities.near.get(row.id, {}).get(kind) if facilities else None
    if metres is None:
        return "" if row.properties["status"] == "closed" else "–"
    exact = row.properties["precision"] == "exact"
    return number(round(metres)) if exact else f"≈{SPACE}{number(round(metres, -2))}"
