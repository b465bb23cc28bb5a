"""The meaning of a cell: dates, numbers, yes or no, codes and labels as people write them.

Leaves rules between cells to the services.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from typing import Any

from geo.sites.importing.columns import Column, plain

YES = frozenset({"oui", "o", "vrai", "true", "yes", "y", "1", "x"})
NO = frozenset({"non", "n", "faux", "false", "no", "0"})
# Short forms of labels, where the column knows the code.
SHORT = {"ue": "eu", "hors ue": "non_eu", "francaise": "french", "bati": "building"}
NOTHING = frozenset({"", "inconnu", "inconnue", "nr", "nc", "na", "n a", "null", "none"})
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_SPACES = str.maketrans(dict.fromkeys(" \u00a0\u202f\u2009'", None))


class Unreadable(ValueError):
    """A cell that cannot be understood; the message is French and says what would be right."""


def text_of(value: Any) -> str:
    """A cell as text, whatever the file gave: JSON booleans, numbers, lists, objects."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "|".join(value)
    if isinstance(value, list | dict):
        return json.dumps(value)
    return str(value).strip()


def parse(column: Column, text: str) -> Any:
    """The typed value of a cell; None when it says nothing. Raises `Unreadable`."""
    if column.kind == "text":
        return _text(column, text)
    # A code may be « inconnu »: it is a value, not nothing.
    if column.kind in {"choice", "set"} and text:
        return _choices(column, text)
    if plain(text) in NOTHING:
        return None
    return {"int": _int, "decimal": _decimal, "date": _date, "bool": _bool}[column.kind](text)


def _text(column: Column, text: str) -> str | None:
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Unreadable("Ce texte contient un caractère impossible à écrire.")
    if column.max_length and len(text) > column.max_length:
        raise Unreadable(f"{len(text)} caractères : {column.max_length} au plus.")
    return text or None


def _choices(column: Column, text: str) -> str | list[str] | None:
    known = {plain(name): code for code, label in column.choices for name in (code, label)}
    codes = set(known.values())
    known |= {name: code for name, code in SHORT.items() if code in codes and name not in known}
    if column.kind == "choice":
        # Labels may hold commas: the whole text is one choice.
        code = known.get(plain(text))
        if code is None and plain(text) in NOTHING:
            return None
        return code if code is not None else _unknown(column, text)
    if plain(text) in NOTHING:
        return None
    items = [text] if plain(text) in known else re.split(r"[|;,/+]| et ", text)
    found = {known.get(plain(item)) or _unknown(column, item) for item in items if item.strip()}
    return sorted(found)


def _unknown(column: Column, text: str) -> str:
    expected = ", ".join(f"{code} ({label})" for code, label in column.choices)
    raise Unreadable(f"« {text.strip()[:40]} » n'est pas une valeur connue. Attendu : {expected}.")


def _int(text: str) -> int:
    number = _number(text, "un nombre entier, comme 12")
    if number != int(number):
        raise Unreadable("Un nombre entier est attendu, comme 12.")
    return int(number)


def _decimal(text: str) -> float:
    return _number(text, "un nombre, comme 2,3522 ou 2.3522")


def _number(text: str, expected: str) -> float:
    compact = text.translate(_SPACES).replace(",", ".").replace("−", "-")
    # Only what people write: `float` also takes inf, nan, 1e9 and underscores.
    if not re.fullmatch(r"[+-]?\d{1,18}(\.\d*)?", compact):
        raise Unreadable(f"« {text[:40]} » n'est pas un nombre : attendu {expected}.")
    number = float(compact)
    if not math.isfinite(number):
        raise Unreadable(f"Attendu {expected}.")
    return number


def _date(text: str) -> dt.date:
    cut = re.split(r"[T ]", text, maxsplit=1)[0]
    match = _DAY.fullmatch(cut)
    try:
        if match:
            day, month, year = (int(part) for part in match.groups())
            return dt.date(year, month, day)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cut):
            return dt.date.fromisoformat(cut)
    except ValueError as error:
        raise Unreadable(
            f"« {text[:40]} » n'est pas une date du calendrier (jour, mois, année)."
        ) from error
    raise Unreadable(f"« {text[:40]} » n'est pas une date : attendu jj/mm/aaaa ou aaaa-mm-jj.")


def _bool(text: str) -> bool:
    word = plain(text)
    if word in YES:
        return True
    if word in NO:
        return False
    raise Unreadable(f"« {text[:40]} » : attendu oui, non, ou rien quand on ne sait pas.")
