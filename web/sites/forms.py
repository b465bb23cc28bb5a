"""The form of a site: place, identity, inhabitants, living conditions.

Every check that needs no writing is made here, so that all errors are told at once, each beside
its field; the services make them again. Leaves saving to `saving`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings

from geo.core.errors import InvalidInput
from geo.sites import checks, enums
from geo.sites.models import COUNTS, Living, Population
from geo.territories.coordinates import SWAPPED
from web.sites import fields, words
from web.sites.geometry_fields import OutlineField, PositionField, far_from, position_text, swapped

PLACE = ("position", "address_label", "location_accuracy", "access_details", "footprint")
IDENTITY = ("name", "field_type", "built_on", "declared_on", "resorption_target", "heatwave_risk")
ARRIVAL = ("is_reinstallation", "reinstallation_comments")
PEOPLE = ("people", "females", "households", "minors", "minors_girls", "minors_in_school")
AGES = checks.AGES
DWELLINGS = ("caravans", "huts", "tents", "cars", "mattresses")
SOCIAL = ("origins", "census_status", "census_on", "census_by")
POPULATION = (*PEOPLE, *AGES, *DWELLINGS, *SOCIAL)
LIVING: dict[str, tuple[str, ...]] = {
    theme: tuple(
        field.name
        for field in Living._meta.fields
        if field.name.startswith(f"{theme}_") and field.name in checks.LIVING_FIELDS
    )
    for theme in ("water", "sanitary", "electricity", "waste", "pests", "fire")
}
LIVING_NAMES = tuple(name for names in LIVING.values() for name in names)
SITE_NAMES = tuple(
    name
    for name in (*PLACE, *IDENTITY, *ARRIVAL, "address_precision")
    if name not in {"position", "footprint"}
)


class SiteForm(forms.Form):
    """One site as a person fills it. `site` is the one that is edited, None for a new one.

    `outlined` tells that it has an outline today, which may be taken away.
    """

    name = fields.text("Appellation du site", 160, required=True)
    field_type = fields.one("Type de site", enums.FieldType.choices)
    built_on = fields.day("Date d’installation")
    declared_on = fields.day("Date de signalement")
    resorption_target = forms.IntegerField(
        label="Objectif résorption (année)",
        required=False,
        min_value=2012,
        max_value=2100,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": "Écrivez une année : 2027.",
            "min_value": "L’année va de 2012 à 2100.",
            "max_value": "L’année va de 2012 à 2100.",
        },
    )
    heatwave_risk = forms.BooleanField(label="Risque canicule", required=False)
    is_reinstallation = fields.yes_no(
        "La majorité des habitants était-elle déjà sur le territoire ?"
    )
    reinstallation_comments = fields.paragraph("Précisions sur la réinstallation")
    position = PositionField(
        label="Position",
        max_length=400,
        help_text="Latitude puis longitude, en degrés : 48,8566 ; 2,3522 ou 48°51'24\"N 2°21'8\"E.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Donnez la position : cliquez sur la carte, cherchez un lieu "
            "ou écrivez ses coordonnées."
        },
    )
    address_label = fields.text("Adresse", 250, help_text="Un site n’en a pas toujours.")
    address_precision = forms.ChoiceField(
        choices=enums.AddressPrecision.choices,
        required=False,
        initial="manual",
        widget=forms.HiddenInput(),
    )
    location_accuracy = fields.one("Précision du lieu", enums.LocationAccuracy.choices)
    access_details = fields.paragraph("Informations d’accès")
    footprint = OutlineField(
        label="Emprise",
        required=False,
        help_text="Un sommet par ligne (latitude, longitude), ou un texte GeoJSON. Facultative.",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
    )
    footprint_ended = forms.BooleanField(
        label="Retirer l’emprise enregistrée",
        required=False,
        help_text="Le site n’a plus de contour à la date de la situation ; avant, il le garde.",
    )
    observed_on = fields.day("La situation correspond à la date du", required=True)

    def __init__(self, *args: Any, site: Any = None, outlined: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        if not outlined:
            del self.fields["footprint_ended"]
        for name in POPULATION:
            self.fields[name] = fields.of_model(Population, name)
        for name in LIVING_NAMES:
            self.fields[name] = fields.of_model(Living, name)
        labels = {
            "sanitary_toilet_types": "Types de toilettes",
            "electricity_types": "Types d’installation électrique",
        }
        for name, label in labels.items():
            self.fields[name].label = label

    def clean(self) -> dict[str, Any]:
        """The rules across fields, each error beside its field."""
        values = super().clean() or {}
        self._try(lambda: checks.check_dates(values, self.site), values)
        for part, whole in checks.PARTS.items():
            pair = {part: values.get(part), whole: values.get(whole)}
            self._try(lambda pair=pair: checks.check_population(pair), values)
        ages = {name: values.get(name) for name in (*AGES, "minors")}
        self._try(lambda: checks.check_population(ages), values)
        observed = values.get("observed_on")
        if observed:
            self._try(lambda: checks.check_dates({"declared_on": observed}), values, "observed_on")
        point, shape = values.get("position"), values.get("footprint")
        if point and shape and (away := far_from(point, shape)):
            self.add_error(
                "footprint",
                f"L’emprise est à {away / 1000:.0f} km de la position du site : "
                "vérifiez l’une et l’autre.",
            )
        if point and swapped(self.data.get("position", "")):
            self._tell_swapped(point)
        self._check_removal(values)
        return values

    def _tell_swapped(self, point: Any) -> None:
        """Write the position as it was read, and ask before it is saved."""
        typed: Any = self.data
        shown = typed.copy()
        shown["position"] = position_text(point)
        self.data = shown
        self.add_error("position", f"{SWAPPED} Vérifiez la position, puis enregistrez.")

    def _check_removal(self, values: Mapping[str, Any]) -> None:
        """An outline is taken away knowingly: an emptied field alone may be a slip."""
        if "footprint_ended" not in self.fields or "footprint" in self.errors:
            return
        ended, shape = values.get("footprint_ended"), values.get("footprint")
        if ended and shape and "footprint" in self.changed_data:
            self.add_error(
                "footprint_ended",
                "Une autre emprise est donnée : décochez cette case pour l’enregistrer, ou videz "
                "le champ « Emprise ».",
            )
        elif not ended and shape is None:
            self.add_error(
                "footprint",
                "Ce champ vide ne retire pas l’emprise enregistrée : cochez « Retirer l’emprise "
                "enregistrée », ou remettez le contour.",
            )

    def _try(self, check: Any, values: Mapping[str, Any], field: str = "") -> None:
        try:
            check()
        except InvalidInput as error:
            name = field or error.field
            self.add_error(name if name in self.fields else None, error.message)

    def answers(self, names: tuple[str, ...]) -> dict[str, Any]:
        """The cleaned values of these fields, texts never None."""
        kept = {name: self.cleaned_data.get(name) for name in names}
        texts = {"water_access_type", "census_by"} & set(names)
        return kept | {name: kept[name] or "" for name in texts}

    @property
    def sections(self) -> dict[str, Any]:
        """The bound fields, grouped as the template shows them."""
        named: dict[str, Any] = {
            "place": PLACE,
            "arrival": ARRIVAL,
            "people": PEOPLE,
            "ages": AGES,
            "dwellings": DWELLINGS,
            "social": SOCIAL,
        }
        groups: dict[str, Any] = {
            key: [self[name] for name in names] for key, names in named.items()
        }
        groups["living"] = [
            (words.THEMES[theme], [self[name] for name in names]) for theme, names in LIVING.items()
        ]
        return groups


def duplicate_metres() -> int:
    """How near another site is told before a new one is made."""
    return int(settings.NEARBY_METRES)


assert set(POPULATION) == set(COUNTS) | set(SOCIAL)
