"""The forms of the restricted blocks: one of the procedures, one a row for the others.

The domain's own checks run in `clean`, so that errors stand beside their fields. Leaves saving to
`editors`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils import timezone

from geo.core.errors import InvalidInput
from geo.sites.models import CostEstimate, HealthWatch, Judicial, SiteOwner
from geo.sites.restricted import checks, enums
from web.sites import fields

GROUPS = (
    (
        "Plainte et justice",
        (
            "owner_complaint",
            "justice_procedure",
            "justice_rendered",
            "justice_rendered_on",
            "justice_rendered_by",
            "justice_challenged",
            "existing_litigation",
            "bailiff",
        ),
    ),
    (
        "Concours de la force publique (CFP)",
        ("police_status", "police_requested_on", "police_granted_on"),
    ),
    (
        "Procédure administrative",
        ("evacuation_under_time_limit", "order_on", "order_by", "order_evacuation_on"),
    ),
    (
        "Insalubrité",
        (
            "insalubrity_order",
            "insalubrity_displayed",
            "insalubrity_type",
            "insalubrity_by",
            "insalubrity_on",
            "insalubrity_parcels",
        ),
    ),
)
ONE_A_LINE = "Un identifiant (IDU) par ligne, 14 caractères : 93066000AB0012."
MOST_ERRORS = 12


class ParcelsField(forms.CharField):
    """Identifiers of parcels, separated by lines, spaces or commas."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        """A list of identifiers in their one form."""
        if isinstance(value, list):
            return value
        try:
            return checks.check_parcels(str(value or "").replace(",", " ").split(), "parcels")
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error

    def prepare_value(self, value: Any) -> Any:
        """One a line."""
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compares what is meant, not how it is typed."""
        try:
            return list(initial or []) != self.to_python(data)
        except forms.ValidationError:
            return True


class CheckedForm(forms.Form):
    """A form that runs a check of the domain and puts each refusal beside its field."""

    def judge(self, check: Callable[[dict[str, Any]], Any], values: dict[str, Any]) -> None:
        """Run the check; a field found at fault is left out and the rest is judged again."""
        left = dict(values)
        for _ in range(MOST_ERRORS):
            try:
                check(left)
            except InvalidInput as error:
                known = error.field in self.fields
                self.add_error(error.field if known else None, error.message)
                if left.pop(error.field or "", None) is None:
                    return
            else:
                return


class JudicialForm(CheckedForm):
    """The procedures about a site as they stand at a date."""

    observed_on = fields.day("La situation correspond à la date du", required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for _, names in GROUPS:
            for name in names:
                self.fields[name] = (
                    fields.of_model(Judicial, name)
                    if name != ("insalubrity_parcels")
                    else ParcelsField(
                        label="Parcelles concernées par l’arrêté",
                        required=False,
                        help_text=ONE_A_LINE,
                        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
                    )
                )

    def clean(self) -> dict[str, Any]:
        """The rules across fields."""
        values = super().clean() or {}
        if values.get("observed_on"):
            self.judge(
                lambda each: checks.check_day(each["observed_on"], "observed_on"),
                {"observed_on": values["observed_on"]},
            )
        self.judge(checks.check_judicial, self.answers(values))
        return values

    def answers(self, values: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answers as the service takes them."""
        found = self.cleaned_data if values is None else values
        return {name: found.get(name) for name in checks.JUDICIAL_FIELDS}

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The bound fields under their titles."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS]


class RowForm(CheckedForm):
    """One row of a block. `id` is empty for a row to be added."""

    model: ClassVar[type[models.Model]]
    names: ClassVar[tuple[str, ...]]
    word: ClassVar[str]
    check: Any  # of the domain, from values to values

    id = forms.IntegerField(required=False, widget=forms.HiddenInput())

    @property
    def key(self) -> int | None:
        """The row's id, None for a new one."""
        text = str(self["id"].value() or "")
        return int(text) if text.isdecimal() and len(text) < 17 else None

    @property
    def is_blank(self) -> bool:
        """A new row in which nothing was written, its proposed date apart."""
        return self.key is None and not set(self.changed_data) - {"observed_on", "started_on"}

    @property
    def row(self) -> dict[str, Any]:
        """The row as the service takes it."""
        found = {name: self.cleaned_data.get(name) for name in self.names}
        return found | ({"id": self.key} if self.key else {})

    @property
    def shown(self) -> list[forms.BoundField]:
        """The visible fields."""
        return [self[name] for name in self.names]

    def clean(self) -> dict[str, Any]:
        """The rules across fields."""
        values = super().clean() or {}
        if not self.errors and not self.is_blank:
            kept = {name: values.get(name) for name in self.names}
            self.judge(type(self).check, kept)
        return values


class OwnerForm(RowForm):
    """An owner."""

    model, names, word = SiteOwner, checks.OWNER_FIELDS, "Propriétaire"
    check = staticmethod(checks.check_owner)

    name = fields.text("Nom du propriétaire", 200)
    category = fields.one("Type de propriétaire", enums.OwnerCategory.choices)
    parcel = fields.text("Parcelle", 14, help_text="Identifiant (IDU) : 93066000AB0012.")
    observed_on = fields.day("La situation correspond à la date du", required=True)
    ended_on = fields.day("Propriétaire jusqu’au", help_text="Vide tant qu’il l’est.")


class HealthForm(RowForm):
    """A health watch."""

    model, names, word = HealthWatch, checks.HEALTH_FIELDS, "Veille sanitaire"
    check = staticmethod(checks.check_health)

    kind = fields.one("Nature", enums.HealthKind.choices, empty="Choisissez…")
    started_on = fields.day("Début", required=True)
    ended_on = fields.day("Fin")
    people = fields.count("Personnes concernées")
    measures = fields.paragraph(
        "Mesures prises", help_text="Aucun nom, aucun diagnostic d’une personne."
    )


class CostForm(RowForm):
    """An estimate of what acting on the site costs."""

    model, names, word = CostEstimate, checks.COST_FIELDS, "Estimation"
    check = staticmethod(checks.check_cost)

    kind = fields.one("Objet", enums.CostKind.choices, empty="Choisissez…")
    observed_on = fields.day("Estimé le", required=True)
    amount_eur = forms.IntegerField(
        label="Montant (€)",
        min_value=0,
        max_value=checks.MAX_AMOUNT_EUR,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": "Donnez un montant en euros.",
            "invalid": "Écrivez un nombre entier d’euros : 115000.",
            "min_value": "Un montant est positif ou nul.",
            "max_value": f"Au plus {checks.MAX_AMOUNT_EUR} euros.",
        },
    )
    comment = fields.paragraph("Précisions")


def initial_of(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """What a form shows of a stored row; yes and no as the radios word them."""
    found = {name: getattr(row, name) for name in names}
    return {
        name: {True: "true", False: "false"}[value] if isinstance(value, bool) else value
        for name, value in found.items()
    }


def blank_of(form: type[RowForm]) -> dict[str, Any]:
    """What a row to be added shows first."""
    today = timezone.localdate()
    dates = [name for name in form.names if name in {"observed_on", "started_on"}]
    return dict.fromkeys(dates, today) | (
        {"category": enums.OwnerCategory.UNKNOWN} if "category" in form.names else {}
    )
