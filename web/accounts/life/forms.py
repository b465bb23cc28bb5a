"""The forms of an account's life. Leaves the rules to the services, which name fields alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core import signing

from geo.accounts.enums import OptionKind, OrganisationType, Role
from geo.accounts.life.requests import ASKABLE, LIMITS
from geo.core.scope import Areas
from web.accounts.life.territories import precise_field, territory_choices, territory_field
from web.sites.fields import day, text

SALT = "web.access"
# A person takes longer than this to fill the form in; a page left open for a day is asked again.
QUICKEST_S, LONGEST_S = 3, 24 * 3600
REQUIRED = "Ce champ est obligatoire."


def email_field() -> forms.EmailField:
    """The address of somebody else, or one's own."""
    return forms.EmailField(
        label="Adresse électronique professionnelle",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={
            "required": "Écrivez l’adresse électronique.",
            "invalid": "Cette adresse est mal formée : attendu nom@domaine.fr.",
        },
    )


def choice(label: str, choices: Any) -> forms.ChoiceField:
    """One answer of a list, none chosen at first."""
    choose = "Choisissez une réponse de la liste."
    return forms.ChoiceField(
        label=label,
        choices=[("", "Choisissez…"), *choices],
        error_messages={"required": choose, "invalid_choice": choose},
    )


def organisation_field() -> forms.CharField:
    """The name of an organisation; those that exist are proposed."""
    field = text("Organisme", LIMITS["organisation"], required=True)
    field.widget.attrs |= {"list": "organismes", "autocomplete": "organization"}
    return field


class AccessForm(forms.Form):
    """A request for access, open to anybody."""

    full_name = text("Nom et prénom", LIMITS["full_name"], required=True)
    email = email_field()
    organisation = organisation_field()
    organisation_type = choice("Type d’organisme", OrganisationType.choices)
    role = choice("Rôle demandé", ASKABLE)
    territory = territory_field()
    precise = text(
        "Commune ou intercommunalité, si votre mission s’y limite",
        80,
        help_text="Un nom de commune, un code INSEE ou un numéro SIREN d’intercommunalité.",
    )
    reason = forms.CharField(
        label="Pourquoi avez-vous besoin d’un accès ?",
        max_length=LIMITS["reason"],
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Votre mission, en quelques phrases. N’écrivez rien sur des personnes.",
        error_messages={"required": "Dites pourquoi : la réponse en dépend."},
    )
    # A trap: hidden from people, filled in by machines.
    website = forms.CharField(label="Ne remplissez pas ce champ", required=False)
    started = forms.CharField(widget=forms.HiddenInput(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["territory"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = territory_choices()
        self.fields["full_name"].widget.attrs["autocomplete"] = "name"
        self.fields["website"].widget.attrs |= {"tabindex": "-1", "autocomplete": "off"}
        self.fields["started"].initial = now_signed()

    @property
    def is_trapped(self) -> bool:
        """True when no person can have filled this in."""
        return bool(self.cleaned_data["website"])

    def clean(self) -> dict[str, Any]:
        """Ask again what was sent too fast, or from a page that was left open."""
        values = super().clean() or {}
        started = values.get("started", "")
        try:
            signing.loads(started, salt=SALT, max_age=LONGEST_S)
        except signing.BadSignature as error:
            self._again()
            raise forms.ValidationError(
                "La page est restée ouverte trop longtemps : relisez, puis envoyez de nouveau."
            ) from error
        try:
            signing.loads(started, salt=SALT, max_age=QUICKEST_S)
        except signing.SignatureExpired:
            return values
        raise forms.ValidationError(
            "C’est allé trop vite pour être relu : vérifiez, puis envoyez de nouveau."
        )

    def _again(self) -> None:
        # The answer carries a fresh start, so that sending again works.
        self.data = dict(self.data.items()) | {"started": now_signed()}


class GivenForm(forms.Form):
    """A role on territories until a date: what acceptances, invitations and changes share."""

    role = choice("Rôle", Role.choices)
    territory = territory_field()
    precise = precise_field()
    ends_on = day("Fin des droits", help_text="Vide : sans date de fin.")

    def __init__(self, areas: Areas, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["territory"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = territory_choices(areas)


class AcceptForm(GivenForm):
    """The answer to a request, the organisation being named as the directory names it."""

    organisation = organisation_field()
    organisation_type = choice("Type d’organisme", OrganisationType.choices)
    options = forms.MultipleChoiceField(
        label="Options, en plus du rôle",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="Parmi vos propres droits. L’accès aux données judiciaires attend l’accord de "
        "l’administration nationale.",
    )
    options_reason = text("Motif des options", 500)
    options_end_on = day("Dernier jour des options", help_text="Douze mois au plus.")
    field_order: Sequence[str] = (
        "organisation",
        "organisation_type",
        "role",
        "territory",
        "precise",
        "ends_on",
        "options",
        "options_reason",
        "options_end_on",
    )

    def __init__(
        self, areas: Areas, *args: Any, options: Sequence[OptionKind] = (), **kwargs: Any
    ) -> None:
        """`options` are those that the giver may give."""
        super().__init__(areas, *args, **kwargs)
        field = self.fields["options"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.value, each.label) for each in options]
        if not options:
            for name in ("options", "options_reason", "options_end_on"):
                del self.fields[name]


class InviteForm(AcceptForm):
    """An invitation: whose account it is, then what it will hold."""

    full_name = text("Nom et prénom", LIMITS["full_name"], required=True)
    email = email_field()
    field_order = ("full_name", "email", *AcceptForm.field_order)


class RefuseForm(forms.Form):
    """The reason of a refusal."""

    reason = forms.CharField(
        label="Motif du refus",
        max_length=LIMITS["reason"],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="La personne le recevra par courriel.",
        error_messages={"required": "Écrivez le motif : la personne le recevra."},
    )


class ActivationForm(forms.Form):
    """The name to be shown and the password."""

    full_name = text("Nom et prénom", 120, required=True)
    password = forms.CharField(
        label="Mot de passe",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="16 caractères au moins : plusieurs mots sans lien font un bon mot de passe.",
        error_messages={"required": "Choisissez un mot de passe."},
    )
    again = forms.CharField(
        label="Le même mot de passe, une seconde fois",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Écrivez-le une seconde fois."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["full_name"].widget.attrs["autocomplete"] = "name"

    def clean_again(self) -> str:
        """The two must be equal."""
        if self.cleaned_data["again"] != self.cleaned_data.get("password"):
            raise forms.ValidationError("Les deux mots de passe diffèrent.")
        return str(self.cleaned_data["again"])


class CharterForm(forms.Form):
    """One box to tick."""

    accepted = forms.BooleanField(
        label="J’ai lu cette charte et je m’y engage",
        error_messages={"required": "Cochez la case pour accepter la charte."},
    )
    version = forms.IntegerField(widget=forms.HiddenInput())


def now_signed() -> str:
    """A time that cannot be forged."""
    return signing.dumps("", salt=SALT)
