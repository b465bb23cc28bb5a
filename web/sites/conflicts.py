"""What two people changed at once, field by field, in the words of the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which the record now and the form disagree."""

    label: str
    theirs: str
    mine: str


def differences(form: forms.Form, now: Mapping[str, Any]) -> list[Difference]:
    """The fields of a bound form whose value is not the record's."""
    return [
        Difference(
            str(form.fields[name].label or name),
            words(form.fields[name], now.get(name)),
            words(form.fields[name], form[name].value()),
        )
        for name in form.changed_data
        if not form[name].is_hidden
    ]


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
