"""What two people changed at once, field by field, and the choice of each.

The form carries a mark of what it showed: a field left as it was shown keeps what someone else
wrote, unless the person says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from django import forms
from django.http import QueryDict


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which the record now and the form disagree."""

    label: str
    theirs: str
    mine: str
    # Where each can be chosen: the field, and whether it was left as it was shown.
    name: str = ""
    untouched: bool = False


def differences(form: forms.Form, now: Mapping[str, Any], shown: str = "") -> list[Difference]:
    """The fields of a bound form whose value is not the record's; `shown` are the form's marks."""
    marks = dict(each.partition(":")[::2] for each in shown.split())
    return [
        Difference(
            str(form.fields[name].label or name),
            words(form.fields[name], now.get(name)),
            words(form.fields[name], form[name].value()),
            name,
            marks.get(name) == _mark(form[name].value()),
        )
        for name in form.changed_data
        if not form[name].is_hidden
    ]


def row_differences(
    form: forms.Form, row: str, now: Mapping[str, Any], shown: str
) -> list[Difference]:
    """The same of one row of a form of several: told by its words, named as it is sent."""
    return [
        replace(each, label=f"{row} : {each.label}", name=form.add_prefix(each.name))
        for each in differences(form, now, shown)
    ]


def flat(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """The values of several rows, each name behind that of its row."""
    return {
        f"{of_row}{name}": value
        for of_row, values in rows
        for name, value in values.items()
        if name != "id"
    }


def marks_in(shown: str, of_row: str) -> str:
    """The marks of one row."""
    return " ".join(each.removeprefix(of_row) for each in shown.split() if each.startswith(of_row))


def words(field: forms.Field, value: Any) -> str:
    """A value as people read it."""
    choices: Any = getattr(field, "choices", None)
    if isinstance(value, list | tuple):
        return ", ".join(words(field, each) for each in value) or "aucun"
    if choices:
        text = "" if value is None else str(value)
        return str(dict(choices).get(text, text or "Inconnu"))
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    text = "" if value is None else str(value)
    return (text if len(text) <= 120 else f"{text[:117]}…") or "vide"


def marks_of(shown: Mapping[str, Any]) -> str:
    """What a form shows, field by field, in few bytes."""
    return " ".join(f"{name}:{_mark(value)}" for name, value in sorted(shown.items()))


def settled(post: QueryDict, now: Mapping[str, Any]) -> QueryDict:
    """What was typed, with what is recorded now in the fields where that one was chosen."""
    data = post.copy()
    for name, value in now.items():
        if post.get(f"keep-{name}") != "theirs":
            continue
        if isinstance(value, list | tuple):
            data.setlist(name, [str(each) for each in value])
        elif value is None or value is False:
            data.pop(name, None)
        else:
            data[name] = "on" if value is True else str(value)
    return data


def _mark(value: Any) -> str:
    if isinstance(value, list | tuple):
        text = "\n".join(sorted(map(str, value)))
    else:
        text = "" if value is None else str(value).replace("\r\n", "\n").strip()
    return f"{crc32(text.encode()):08x}"
