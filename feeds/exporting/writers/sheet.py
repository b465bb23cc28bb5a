"""XLSX: typed cells, written line by line; the dictionary and the mentions are two more sheets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range

from feeds.exporting.dictionary import HEADINGS, Mentions, entries
from feeds.exporting.formats import XLSX
from feeds.exporting.rows import Rows
from feeds.exporting.safe import safe
from geo.core.errors import InvalidInput

MAX_TEXT = 32_767
# Before this day a spreadsheet knows no date.
FIRST_DAY = dt.date(1900, 3, 1)
# Numbers of up to 16 digits, of which a spreadsheet shows 15: written as texts.
IDS = {"id", "site", "origin"}


@dataclass(frozen=True, slots=True)
class _Looks:
    """How cells of dates are shown."""

    day: Any
    moment: Any


def workbook(rows: Rows, path: Path, mentions: Mentions) -> list[str]:
    """Texts are texts whatever they begin with, dates are dates. Raises `InvalidInput` past the
    last line of a sheet."""
    told = entries(rows.layout)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        book.set_properties({"title": mentions.title, "comments": mentions.terms})
        sheet = book.add_worksheet("Données")
        sheet.freeze_panes(1, 1)
        for number, entry in enumerate(told):
            sheet.set_column(number, number, 18)
            sheet.write_string(0, number, entry.column, bold)
        _fill(sheet, rows, book)
        _listing(book, "Dictionnaire", [HEADINGS, *(entry.row for entry in told)], bold)
        lines = [("Conditions", mentions.terms), *mentions.lines]
        if not any(entry.unit.startswith("degrés") for entry in told):
            lines.append(("Géométrie", "absente d'un tableur : prenez GeoPackage pour la carte"))
        _listing(book, "Mentions", [("rubrique", "texte"), *lines], bold)
    return [entry.column for entry in told]


def _fill(sheet: Any, rows: Rows, book: Any) -> None:
    looks = _Looks(
        day=book.add_format({"num_format": "dd/mm/yyyy"}),
        moment=book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
    )
    most = XLSX.max_rows or 0
    line = 0
    named = [number for number, name in enumerate(rows.layout.schema.names) if name in IDS]
    for number in named:
        sheet.ignore_errors({"number_stored_as_text": xl_range(0, number, XLSX.max_rows, number)})
    for batch in rows:
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            line += 1
            if line > most:
                raise InvalidInput(
                    f"Une feuille de calcul tient {most} lignes au plus : filtrez, ou choisissez "
                    "un autre format.",
                    field="format",
                )
            for number, value in enumerate(values):
                if value is not None:
                    kept = str(value) if number in named else value
                    _cell(sheet, (line, number), kept, looks)


def _cell(sheet: Any, at: tuple[int, int], value: Any, looks: _Looks) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(*at, value)
    elif isinstance(value, str):
        sheet.write_string(*at, safe(value)[:MAX_TEXT])
    elif isinstance(value, dt.datetime):
        # A cell knows no zone: UTC, as the dictionary says.
        sheet.write_datetime(*at, value.replace(tzinfo=None), looks.moment)
    elif isinstance(value, dt.date):
        if value < FIRST_DAY:
            sheet.write_string(*at, value.isoformat())
        else:
            sheet.write_datetime(*at, value, looks.day)
    else:
        sheet.write_number(*at, value)


def _listing(book: Any, name: str, lines: list[Any], bold: Any) -> None:
    sheet = book.add_worksheet(name)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 5, 48)
    for number, values in enumerate(lines):
        for column, value in enumerate(values):
            sheet.write_string(number, column, safe(value), bold if number == 0 else wrapped)
