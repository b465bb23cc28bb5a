"""The forms of the account: signing in, making a feed token."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.http import HttpRequest

from geo.accounts.models import User
from geo.accounts.tokens import MAX_DAYS
from geo.core import collections as registry
from geo.core.errors import InvalidInput
from geo.core.scope import RESTRICTED, Scope
from web.accounts.adapter import Slowed
from web.accounts.grants.words import CLASSES
from web.accounts.life.territories import (
    places_read,
    precise_field,
    territory_choices,
    territory_field,
)

REFUSED = "Adresse électronique ou mot de passe incorrect."
LIVES = ((30, "30 jours"), (90, "3 mois"), (180, "6 mois"), (MAX_DAYS, "12 mois"))


class SignInForm(forms.Form):
    """E-mail and password; a refusal tells neither which is wrong nor if the account exists."""

    email = forms.CharField(
        label="Adresse électronique",
        max_length=254,
        error_messages={"required": "Écrivez votre adresse électronique."},
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Mot de passe",
        max_length=128,
        strip=False,
        error_messages={"required": "Écrivez votre mot de passe."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.pause_s = 0

    def clean(self) -> dict[str, Any]:
        """Check the pair once both are given, unless too many failed just before."""
        values = super().clean() or {}
        if self.errors:
            return values
        address = values["email"].strip().lower()
        try:
            person = get_adapter(self.request).authenticate(
                self.request, email=address, password=values["password"]
            )
        except Slowed as slowed:
            self.pause_s = slowed.pause_s
            raise
        if not isinstance(person, User):
            raise forms.ValidationError(REFUSED)
        self.person = person
        return values


class TokenForm(forms.Form):
    """What a feed token is for, what it may take out, and how long it lives."""

    name = forms.CharField(
        label="Nom du jeton",
        max_length=80,
        help_text="Pour le reconnaître : « QGIS du bureau », « Tableau de bord ».",
        error_messages={"required": "Donnez un nom."},
    )
    purpose = forms.CharField(
        label="À quoi servira-t-il ?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Cette finalité est publique, avec votre organisme : n’y nommez personne.",
        error_messages={"required": "Écrivez la finalité."},
    )
    collections = forms.MultipleChoiceField(
        label="Collections",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="Aucune cochée : toutes.",
    )
    classes = forms.MultipleChoiceField(
        label="Informations en plus des informations générales",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="Chaque lecture en est notée. Les procédures judiciaires ne sortent jamais.",
    )
    territory = territory_field()
    precise = precise_field()
    methods = forms.ChoiceField(
        label="Ce qu’il permet",
        choices=(("read", "Lire"), ("write", "Lire et écrire")),
        initial="read",
        required=False,
        help_text="Écrire : créer, modifier et fermer des sites par les flux, où vous le pouvez.",
    )
    networks = forms.CharField(
        label="Réseaux d’où il sert",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Une adresse ou un réseau par ligne : 192.0.2.7, 192.0.2.0/24. Vide : partout.",
    )
    days = forms.TypedChoiceField(label="Durée", choices=LIVES, coerce=int, initial=90)

    def __init__(self, widest: Scope, *args: Any, writes: bool = False, **kwargs: Any) -> None:
        """`widest` is what a token of this person could read at most; `writes` if it may write."""
        super().__init__(*args, **kwargs)
        reach = widest.reach()
        areas = reach.exact | reach.grid | reach.commune
        held = [(each.value, CLASSES[each]) for each in RESTRICTED if widest.reach(each)]
        choices = {
            "collections": [(each.id, each.title) for each in registry.visible(widest)],
            "classes": held,
            "territory": [("", "Tous mes territoires"), *territory_choices(areas)[1:]],
        }
        for name, values in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = values
        self.fields["territory"].required = False
        if not held:
            del self.fields["classes"]
        if not writes:
            del self.fields["methods"]

    def given(self) -> dict[str, Any]:
        """The values as `token_create` takes them. Raises `InvalidInput` for an unknown place."""
        values = dict(self.cleaned_data)
        territory, precise = values.pop("territory"), values.pop("precise")
        if precise and not territory:
            raise InvalidInput(
                "Choisissez d’abord le territoire qui les contient.", field="territory"
            )
        values["places"] = places_read(territory, precise) if territory else []
        values["methods"] = list(filter(None, [values.get("methods")]))
        values["networks"] = values["networks"].replace(",", " ").split()
        return values
