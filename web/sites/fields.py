"""Form fields made from the models' own, so that a question is worded in one place.

Leaves the order of questions to `forms`.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

from geo.sites.checks import MAX_COUNT

YES_NO = (("true", "Oui"), ("false", "Non"), ("", "Inconnu"))
WHOLE = "Écrivez un nombre entier, sans virgule ni unité."
RANGE = f"Écrivez un nombre de 0 à {MAX_COUNT}."
DATE = "Écrivez une date : jj/mm/aaaa."


class DayInput(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def day(label: str, *, required: bool = False, help_text: str = "") -> forms.DateField:
    """A date, as the browser sends it or as people type it."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=DayInput(),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y"],
        error_messages={"invalid": DATE, "required": "Donnez une date."},
    )


def count(label: str) -> forms.IntegerField:
    """A number of people or things; empty is unknown, 0 is known."""
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=MAX_COUNT,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": WHOLE, "min_value": RANGE, "max_value": RANGE},
    )


def yes_no(label: str, help_text: str = "") -> forms.TypedChoiceField:
    """Yes, no or unknown; unknown is None."""
    return forms.TypedChoiceField(
        label=label,
        help_text=help_text,
        choices=YES_NO,
        required=False,
        coerce=lambda value: value == "true",
        empty_value=None,
        widget=forms.RadioSelect(),
        error_messages={"invalid_choice": "Choisissez Oui, Non ou Inconnu."},
    )


def several(label: str, choices: Any) -> forms.MultipleChoiceField:
    """A set of codes."""
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        error_messages={"invalid_choice": "« %(value)s » n'est pas une réponse possible."},
    )


def one(
    label: str, choices: Any, *, empty: str | None = None, required: bool = True
) -> forms.TypedChoiceField:
    """One code of a closed list; `empty` words the absence of an answer (None)."""
    choose = "Choisissez une réponse de la liste."
    return forms.TypedChoiceField(
        label=label,
        choices=[*([("", empty)] if empty is not None else []), *choices],
        required=required,
        empty_value=None,
        error_messages={"invalid_choice": choose, "required": choose},
    )


def text(
    label: str, length: int, *, required: bool = False, help_text: str = ""
) -> forms.CharField:
    """A line of text."""
    return forms.CharField(
        label=label,
        max_length=length,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Ce champ est obligatoire.",
            "max_length": f"{length} caractères au plus (il y en a %(show_value)d).",
        },
    )


def paragraph(label: str, *, required: bool = False, help_text: str = "") -> forms.CharField:
    """Some lines of text."""
    return forms.CharField(
        label=label,
        max_length=5_000,
        required=required,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Ce champ est obligatoire."},
    )


def of_model(model: type[models.Model], name: str) -> forms.Field:
    """The form field of a model's field."""
    field: Any = model._meta.get_field(name)
    label = str(field.verbose_name)
    label = label[:1].upper() + label[1:]
    if isinstance(field, models.PositiveIntegerField):
        return count(label)
    if isinstance(field, models.BooleanField):
        return yes_no(label)
    if isinstance(field, models.DateField):
        return day(label)
    if field.__class__.__name__ == "ArrayField":
        return several(label, field.base_field.choices)
    if field.choices:
        return one(label, field.choices, empty="Inconnu", required=False)
    return text(label, field.max_length)
