"""The forms that give and take back rights. Leaves the rules to `geo.accounts.granting`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from geo.accounts.enums import OptionKind
from geo.core.scope import RESTRICTED, Areas, DataClass
from web.accounts.grants.words import CLASSES
from web.accounts.life.forms import choice
from web.accounts.life.territories import precise_field, territory_choices, territory_field
from web.sites.fields import day

READ, CHANGE = ("V", "Lire"), ("VU", "Lire et modifier")
OF_ORGANISATIONS = [READ, CHANGE]
OF_A_PERSON = [
    READ,
    CHANGE,
    ("VE", "Lire et exporter"),
    ("VC", "Lire les sites et en créer"),
    ("VX", "Lire les sites, les fermer et les rouvrir"),
]
TAKEN = [
    ("V", "Lire, et donc modifier et exporter"),
    ("U", "Modifier"),
    ("E", "Exporter"),
    ("C", "Créer des sites"),
    ("X", "Fermer et rouvrir des sites"),
]
OF_SITES = {"C", "X"}
# The judicial goes by the option and its two approvals.
OPEN = [(each.value, CLASSES[each]) for each in DataClass if each != DataClass.JUDICIAL]
BY_ORGANISATION = [(each.value, CLASSES[each]) for each in RESTRICTED if each != DataClass.JUDICIAL]
EVERY = [(each.value, CLASSES[each]) for each in DataClass]


def reason_field(label: str = "Motif", help_text: str = "") -> forms.CharField:
    """Why: kept with the right, shown to who may withdraw it."""
    return forms.CharField(
        label=label,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=help_text or "Il reste attaché à ce droit. N’écrivez rien sur des habitants.",
        error_messages={"required": "Écrivez le motif : il reste attaché à ce droit."},
    )


def end_field() -> forms.DateField:
    """The last day; a right granted always ends."""
    return day("Dernier jour", required=True, help_text="Douze mois au plus.")


class OnTerritories(forms.Form):
    """Where a right holds."""

    territory = territory_field()
    precise = precise_field()

    def __init__(self, areas: Areas, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["territory"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = territory_choices(areas)


class OptionForm(OnTerritories):
    """An option that completes a role."""

    option = choice("Option", ())
    reason = reason_field()
    ends_on = end_field()
    field_order: Sequence[str] = ("option", "territory", "precise", "reason", "ends_on")

    def __init__(self, areas: Areas, options: Sequence[OptionKind], *args: Any, **kw: Any) -> None:
        super().__init__(areas, *args, **kw)
        field = self.fields["option"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choisissez…"), *((each.value, each.label) for each in options)]


class LettersForm(forms.Form):
    """Letters of a class; creating and closing are said of sites alone."""

    def clean(self) -> dict[str, Any]:
        """Refuse what means nothing, in words."""
        values = super().clean() or {}
        letters, data_class = values.get("letters", ""), values.get("data_class")
        if OF_SITES & set(letters) and data_class not in {None, DataClass.GENERAL.value}:
            self.add_error(
                "letters", "Créer et fermer ne se disent que des informations générales."
            )
        return values


class ExceptionForm(LettersForm, OnTerritories):
    """What one person may do beyond their role."""

    data_class = choice("Informations", OPEN)
    letters = choice("Ce que la personne pourra faire", OF_A_PERSON)
    reason = reason_field()
    ends_on = end_field()
    field_order = ("data_class", "letters", "territory", "precise", "reason", "ends_on")


class RefusalForm(LettersForm):
    """What one person may no longer do, wherever they hold a role."""

    data_class = choice("Informations", EVERY)
    letters = choice("Ce que la personne ne pourra plus faire", TAKEN)
    reason = reason_field()
    ends_on = end_field()


class OrganisationForm(OnTerritories):
    """What the people of an organisation may read, each where their own role is."""

    organisation = choice("Organisme", ())
    data_class = choice("Informations", BY_ORGANISATION)
    letters = choice("Ce que ses membres pourront faire", OF_ORGANISATIONS)
    reason = reason_field()
    ends_on = end_field()
    field_order = (
        "organisation",
        "data_class",
        "letters",
        "territory",
        "precise",
        "reason",
        "ends_on",
    )

    def __init__(self, areas: Areas, organisations: Sequence[Any], *args: Any, **kw: Any) -> None:
        super().__init__(areas, *args, **kw)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choisissez…"), *((str(o.pk), o.name) for o in organisations)]


class WithdrawForm(forms.Form):
    """Why a right is taken back."""

    reason = reason_field("Motif du retrait", "La personne peut vous le demander.")
