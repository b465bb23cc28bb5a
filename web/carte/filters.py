"""The filter form of a territorial page: choices from the collection, what is ticked, what is on.

Leaves their meaning to `geo.core.params`.
"""

from __future__ import annotations

from dataclasses import dataclass

from geo.core.when import BEGINNING, FOREVER
from web.carte.query import Query

ASKED = ("status", "closure_kind", "field_type", "water", "sanitary", "electricity", "waste")
FOLDED = frozenset({"field_type", "water", "sanitary", "electricity", "waste"})


@dataclass(frozen=True, slots=True)
class Option:
    """One box to tick."""

    value: str
    label: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The boxes of one property; `folded` ones are behind a disclosure until one is ticked."""

    name: str
    legend: str
    options: tuple[Option, ...]
    folded: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter in force: its words and the query string without it."""

    label: str
    without: str


def groups(query: Query) -> list[Group]:
    """The boxes of the form, in order."""
    ticked = dict(query.filters.items)
    made = []
    for name in ASKED:
        prop = query.collection.find(name)
        if prop is None:
            continue
        options = tuple(
            Option(code, str(label), code in ticked.get(name, ())) for code, label in prop.choices
        )
        folded = name in FOLDED and not any(option.ticked for option in options)
        made.append(Group(name, prop.label, options, folded))
    return made


def typed(query: Query) -> dict[str, str]:
    """What the text and date fields hold, and the other filters that the form must keep."""
    when = query.when
    values = {"q": dict(query.params).get("q", ""), "du": "", "au": ""}
    if when.given and when.instant:
        values["state_on"] = when.start.isoformat()
    elif when.given:
        values["du"] = "" if when.start == BEGINNING else when.start.isoformat()
        values["au"] = "" if when.end == FOREVER else when.end.isoformat()
    return values


def chosen(query: Query) -> list[Chosen]:
    """The filters in force, each with the way to take it off."""
    made = []
    for name, text in query.params:
        if name == "datetime":
            made.append(Chosen(_period(query), f"?{query.text(datetime=None)}"))
            continue
        if name == "q":
            made.append(Chosen(f"« {text} »", f"?{query.text(q=None)}"))
            continue
        prop = query.collection.find(name)
        if prop is None:
            continue
        labels = dict(prop.choices)
        words = ", ".join(str(labels.get(value, value)) for value in text.split(","))
        made.append(Chosen(f"{prop.label} : {words}", f"?{query.text(**{name: None})}"))
    if query.bbox_text:
        made.append(Chosen("Vue de la carte", f"?{query.text(bbox=None)}"))
    return made


def _period(query: Query) -> str:
    when = query.when
    if when.instant:
        return f"État au {when.start:%d/%m/%Y}"
    if when.start == BEGINNING:
        return f"Jusqu’au {when.end:%d/%m/%Y}"
    if when.end == FOREVER:
        return f"Depuis le {when.start:%d/%m/%Y}"
    return f"Du {when.start:%d/%m/%Y} au {when.end:%d/%m/%Y}"
