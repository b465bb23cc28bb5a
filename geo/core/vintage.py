"""The vintage of a source, as stored and as told to a reader.

A stored vintage is what the source states (`2026`, `2026-01-01`); where it states none, it is a
word and a date, so that nobody takes the day of a copy for the age of the data.
"""

from __future__ import annotations

import datetime as dt
import re

FILE, LOADED = "fichier", "chargé"
_UNSTATED = re.compile(rf"^({FILE}|{LOADED}) (\d{{4}})-(\d{{2}})-(\d{{2}})$")
_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")


def of_file(date: dt.date) -> str:
    """The stored vintage of a file that states none: the file's date."""
    return f"{FILE} {date.isoformat()}"


def of_loading(date: dt.date) -> str:
    """The stored vintage of rows that state none: the day they were loaded."""
    return f"{LOADED} {date.isoformat()}"


def vintage(stored: str) -> str:
    """In words: `millésime 2026`, `millésime non indiqué, fichier du 25/11/2026`."""
    if found := _UNSTATED.match(stored):
        word, year, month, day = found.groups()
        link = "du" if word == FILE else "le"
        return f"millésime non indiqué, {word} {link} {day}/{month}/{year}"
    if found := _DAY.match(stored):
        year, month, day = found.groups()
        return f"millésime du {day}/{month}/{year}"
    return f"millésime {stored}" if stored else "millésime non indiqué"
