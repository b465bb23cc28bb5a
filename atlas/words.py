"""French words of the sheets: dates, numbers, plurals, short names of communes.

Leaves sentences to `atlas.content`.
"""

from __future__ import annotations

import datetime as dt
import re

from geo.core.when import BEGINNING

# The no-break space of the bundled typeface; its narrow one is missing from the files.
SPACE = "\u00a0"
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
ARRONDISSEMENT = re.compile(
    r"^(?:Paris|Lyon|Marseille) (\d+)(?:er|e) Arrondissement$", re.IGNORECASE
)


def day(date: dt.date) -> str:
    """`1er mars 2026`."""
    number = "1er" if date.day == 1 else str(date.day)
    return f"{number}{SPACE}{MONTHS[date.month - 1]} {date.year}"


def short_day(value: object) -> str:
    """`01/03/2026`; an empty text for anything that is not a date."""
    return value.strftime("%d/%m/%Y") if isinstance(value, dt.date) else ""


def span(start: dt.date, end: dt.date) -> str:
    """`du 1er janvier au 3 mars 2026`, `jusqu'au 3 mars 2026`."""
    if start == BEGINNING:
        return f"jusqu’au {day(end)}"
    if start == end:
        return f"le {day(end)}"
    opening = day(start).removesuffix(f" {end.year}") if start.year == end.year else day(start)
    return f"du {opening} au {day(end)}"


def number(value: float) -> str:
    """A number with its thousands apart: `12 345`, `2,5`."""
    whole = value == int(value)
    text = f"{int(value):,}" if whole else f"{value:,.1f}"
    return text.replace(",", SPACE).replace(".", ",")


def plural(words: str) -> str:
    """`sites ouverts`, for a noun and its adjectives whose plurals all take an s."""
    return " ".join(f"{word}s" for word in words.split())


def noun(count: int, one: str) -> str:
    """The noun that agrees with a count: in French the plural begins at two."""
    return one if count < 2 else plural(one)


def counted(count: int, one: str) -> str:
    """`1 site`, `3 sites ouverts`."""
    return f"{number(count)}{SPACE}{noun(count, one)}"


def lower_first(words: str) -> str:
    """Words inside a sentence: `départements`; an acronym stays as it is."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def short_commune(name: str) -> str:
    """A commune's name as a map writes it: `Marseille 13e Arrondissement` is `13e arr.`."""
    found = ARRONDISSEMENT.match(name)
    if found is None:
        return name
    return f"{found[1]}{'er' if found[1] == '1' else 'e'} arr."
