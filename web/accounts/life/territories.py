"""Choosing a territory in a form: a list, then communes or EPCI written by code or name."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from geo.accounts.enums import Level
from geo.accounts.life.giving import Place
from geo.core.errors import InvalidInput
from geo.core.scope import Areas
from geo.territories.models import Commune, Departement, Epci, Region

COMMUNE, EPCI = re.compile(r"\d[\dAB]\d{3}"), re.compile(r"\d{9}")
MOST = 30
Choices = list[Any]


def territory_choices(areas: Areas | None = None) -> Choices:
    """Nation, regions and departements; of an administrator's areas only, when they are given."""
    regions = Region.objects.order_by("name")
    departements = Departement.objects.order_by("code")
    if areas is not None and not areas.nation:
        near = Commune.objects.filter(code__in=areas.communes).values("departement__code")
        of_epcis = Epci.objects.filter(code__in=areas.epcis).values_list("departements", flat=True)
        codes = {code for several in of_epcis for code in several} | set(areas.departements)
        departements = (
            departements.filter(code__in=codes)
            | departements.filter(region__code__in=areas.regions)
            | departements.filter(code__in=near)
        )
        regions = regions.filter(code__in=areas.regions)
    found: Choices = [("", "Choisissez…")]
    if areas is None or areas.nation:
        found.append((f"{Level.NATION}:", "France entière"))
    groups = (
        ("Départements", Level.DEPARTEMENT, departements, "{code} – {name}"),
        ("Régions", Level.REGION, regions, "{name}"),
    )
    for label, level, rows, text in groups:
        options = [
            (f"{level}:{code}", text.format(code=code, name=name))
            for code, name in rows.values_list("code", "name").distinct()
        ]
        if options:
            found.append((label, options))
    return found


def territory_field(label: str = "Territoire") -> forms.ChoiceField:
    """The list; its choices are set by the form."""
    choose = "Choisissez un territoire de la liste."
    return forms.ChoiceField(
        label=label, error_messages={"required": choose, "invalid_choice": choose}
    )


def precise_field() -> forms.CharField:
    """Smaller territories, inside the one chosen."""
    return forms.CharField(
        label="Communes ou intercommunalités seulement",
        required=False,
        max_length=600,
        help_text=(
            "Vide pour le territoire entier. Sinon un nom de commune, un code INSEE (93066) ou un "
            "numéro SIREN d’intercommunalité (200054781), séparés par des virgules."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def places_read(territory: str, precise: str) -> list[Place]:
    """The territories of both fields. Raises `InvalidInput` naming the one at fault."""
    level, _, code = territory.partition(":")
    texts = [text.strip() for text in re.split(r"[,;\n]", precise) if text.strip()]
    if not texts:
        return [(level, code)]
    if len(texts) > MOST:
        raise InvalidInput(f"Au plus {MOST} communes ou intercommunalités.", field="precise")
    return list(dict.fromkeys(_place(text, level, code) for text in texts))


def _place(text: str, level: str, code: str) -> Place:
    if EPCI.fullmatch(text):
        if Epci.objects.filter(code=text).exists():
            return (Level.EPCI.value, text)
    elif COMMUNE.fullmatch(text.upper()):
        if Commune.objects.filter(code=text.upper()).exists():
            return (Level.COMMUNE.value, text.upper())
    else:
        named = Commune.objects.filter(name__iexact=text.replace("'", "’"))
        named = named | Commune.objects.filter(name__iexact=text.replace("’", "'"))
        if level != Level.NATION:
            named = named.filter(**{f"{level}__code": code})
        codes = list(named.values_list("code", flat=True)[:2])
        if len(codes) == 1:
            return (Level.COMMUNE.value, codes[0])
        if codes:
            raise InvalidInput(
                f"« {text} » : plusieurs communes ont ce nom, écrivez le code INSEE.",
                field="precise",
            )
    raise InvalidInput(
        f"« {text[:60]} » n’est ni une commune de ce territoire, ni un code INSEE, ni un numéro "
        "d’intercommunalité.",
        field="precise",
    )
