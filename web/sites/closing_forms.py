"""The forms of a closing and of a site of origin. Leaves the rules to the services."""

from __future__ import annotations

from typing import Any

from django import forms

from geo.sites import enums
from web.sites import fields


class SolutionForm(forms.Form):
    """One row of the orientation of households: a kind, with its people and households."""

    people = fields.count("Personnes")
    households = fields.count("Ménages")
    message = fields.text("Précisions", 250)

    def __init__(
        self, kind: enums.SolutionType, data: Any = None, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, prefix=kind.value, initial=initial)
        self.kind = kind
        for field in self.fields.values():
            # Read out of the table, each field still says of which row it is.
            field.widget.attrs["aria-label"] = f"{field.label} : {kind.label}"

    @property
    def row(self) -> dict[str, Any] | None:
        """The row as the service takes it; None when nothing was written."""
        values = self.cleaned_data
        if values["people"] is None and values["households"] is None and not values["message"]:
            return None
        return {"type": self.kind.value, **values}


class ClosingForm(forms.Form):
    """Why, when and how a site closed."""

    cause = fields.one("Cause de la fermeture", enums.ClosureCause.choices, empty="Choisissez…")
    closed_on = fields.day("Date de la fermeture du site", required=True)
    context = fields.paragraph("Contexte de la fermeture", required=True)
    closed_with_solutions = forms.ChoiceField(
        label="Est-ce que ce site a été résorbé définitivement ?",
        choices=enums.Solutions.choices,
        widget=forms.RadioSelect(),
        error_messages={"required": "Choisissez une réponse."},
    )
    comment = fields.paragraph(
        "Précision sur la réponse",
        help_text="Nécessaire quand la réponse s’écarte de celle que suggèrent les orientations.",
    )


class OriginForm(forms.Form):
    """The site that people left, how many they were and when they settled here."""

    reference = fields.text(
        "Référence du site d’origine", 20, required=True, help_text="Par exemple 93-4F7KQ2."
    )
    people = fields.count("Nombre de personnes venues de ce site")
    happened_on = fields.day("Date de l’installation ici", required=True)
