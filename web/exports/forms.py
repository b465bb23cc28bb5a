"""The forms of the page: what to choose, then the format and the protected information to add.

The rows are those of the page's own query. Leaves what is allowed to `feeds.exporting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from feeds.exporting.formats import FORMATS
from geo.core.collections import Collection
from geo.core.scope import DataClass
from geo.territories.models import Departement
from web.accounts.grants.words import CLASSES


class ChooseForm(forms.Form):
    """Which collection, where, when. Read by the view from the address, as the filters of a map."""

    collection = forms.ChoiceField(label="Collection", required=False)
    departement = forms.ChoiceField(label="Département", required=False)
    datetime = forms.CharField(
        label="Situation au",
        required=False,
        help_text="Une date (2025-06-30), ou une période (2025-01-01/2025-12-31). Vide : "
        "aujourd’hui.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self, visible: Sequence[Collection], chosen: Collection | None, query: Mapping[str, str]
    ) -> None:
        """`chosen` decides which fields there are; `query` holds their values."""
        super().__init__(initial={**query, "collection": chosen.id if chosen else ""})
        opened = {True: " (données ouvertes)", False: ""}
        listed = [(each.id, f"{each.title}{opened[each.public]}") for each in visible]
        self._choices("collection", listed if chosen else [("", "Choisissez…"), *listed])
        if chosen is None or chosen.find("departement") is None:
            del self.fields["departement"]
        else:
            rows = Departement.objects.order_by("code").values_list("code", "name")
            several = [("", "Tous"), *((code, f"{code} – {name}") for code, name in rows)]
            if (given := query.get("departement", "")) not in dict(several):
                several.append((given, given))
            self._choices("departement", several)
        if chosen is None or not chosen.temporal:
            del self.fields["datetime"]

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


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
