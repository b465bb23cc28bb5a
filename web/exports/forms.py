"""The form of an export: the format, and the protected information to add.

The rows are the query of the page itself. Leaves what is allowed to `feeds.exporting`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from feeds.exporting.formats import FORMATS
from geo.core.scope import DataClass
from web.accounts.grants.words import CLASSES


class ExportForm(forms.Form):
    """Which file, with which protected classes beside the rest."""

    format = forms.ChoiceField(
        label="Format",
        choices=[(each.code, f"{each.label} — {each.use}") for each in FORMATS.values()],
        widget=forms.RadioSelect(),
        initial="gpkg",
        error_messages={
            "required": "Choisissez un format.",
            "invalid_choice": "Choisissez un format de la liste.",
        },
    )
    classes = forms.MultipleChoiceField(
        label="Informations protégées à ajouter",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="Seulement celles dont vous avez besoin : chaque lecture en est notée.",
    )

    def __init__(self, held: Iterable[DataClass], *args: Any, **kwargs: Any) -> None:
        """`held` are the classes that the reader may take out by naming them."""
        super().__init__(*args, **kwargs)
        choices = [(each.value, CLASSES[each]) for each in held]
        if choices:
            field = self.fields["classes"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        else:
            del self.fields["classes"]

    def classes_named(self) -> list[DataClass]:
        """The classes ticked."""
        return [DataClass(each) for each in self.cleaned_data.get("classes", ())]
