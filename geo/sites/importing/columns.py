"""The columns that `import_sites` understands: our codes, French labels and a few usual names.

Made from the models, so that a new field of the record can be imported at once. Leaves the
meaning of cells to `values`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models

from geo.core.scope import Precision
from geo.sites.checks import LIVING_FIELDS, POPULATION_FIELDS
from geo.sites.enums import SolutionType
from geo.sites.models import Closure, Living, Population, Site, SiteLocation
from geo.sites.services import LOCATION_FIELDS, SITE_FIELDS

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that a file can say. `part` is the part of the record it belongs to.

    `kind`: text, int, decimal, date, bool, choice or set (several choices).
    """

    code: str
    label: str
    part: str
    kind: str = "text"
    choices: Choices = ()
    max_length: int = 0
    aliases: tuple[str, ...] = ()


# Labels where the model has none that a person would write, and other names in use.
LABELS = {
    "sanitary_toilet_types": "types de toilettes",
    "electricity_types": "types d'installation électrique",
    "address_precision": "précision de l'adresse",
}
ALIASES: dict[str, tuple[str, ...]] = {
    "name": ("nom", "nom du site", "appellation"),
    "address_label": ("address",),
    "field_type": ("type", "nature du site"),
    "built_on": ("installé le",),
    "declared_on": ("signalé le",),
    "people": ("population", "population totale", "habitants", "nombre de personnes"),
    "households": ("nombre de ménages",),
    "minors": ("nombre de mineurs",),
    "origins": ("origines", "quelle est l'origine des habitants ?"),
    "census_status": ("diagnostic social",),
    "water_access_type": ("accès à l'eau", "eau"),
    "electricity_access": ("électricité", "accès à l'électricité"),
    "waste_collection_is_close": ("déchets", "collecte des déchets"),
    "sanitary_working_toilets": ("toilettes",),
    "pests_presence": ("nuisibles",),
    "fire_sdis_diagnosis": ("prévention incendie",),
}
OWN: tuple[Column, ...] = (
    Column("reference", "référence", "identity", max_length=20, aliases=("ref", "ref.")),
    Column("longitude", "longitude", "place", "decimal", aliases=("lon", "lng", "long", "x")),
    Column("latitude", "latitude", "place", "decimal", aliases=("lat", "y")),
    Column("coordinates", "coordonnées", "place", aliases=("coordonnées gps", "gps")),
    Column("footprint", "emprise (GeoJSON)", "place", aliases=("emprise",)),
    Column(
        "observed_on",
        "date de la situation",
        "identity",
        "date",
        aliases=("la situation correspond à la date du", "date", "situation au"),
    ),
    # What the feeds give of a blurred place: it must never become an exact one.
    Column(
        "precision",
        "précision de la position",
        "identity",
        "choice",
        choices=tuple((value.value, value.value) for value in Precision),
    ),
    # What the feeds give: it begins a new site, and says nothing of the two dates of a known one.
    Column("opened_on", "date d'ouverture", "identity", "date", aliases=("ouvert le",)),
)
CLOSING = {
    "closed_on": ("closed_on", ("fermé le", "date de fermeture", "date de la fermeture")),
    "cause": ("closure_cause", ("cause", "motif de fermeture")),
    "context": ("closure_context", ("contexte",)),
    "closed_with_solutions": ("closed_with_solutions", ("résorbé définitivement",)),
    "comment": ("closure_comment", ()),
}


@lru_cache(maxsize=1)
def columns() -> tuple[Column, ...]:
    """Every column, in the order of the documentation."""
    return (
        *OWN,
        *_of(SiteLocation, sorted(LOCATION_FIELDS), "location"),
        *_of(Site, sorted(SITE_FIELDS), "site"),
        *_of(Population, sorted(POPULATION_FIELDS), "population"),
        *_of(Living, sorted(LIVING_FIELDS), "living"),
        *(_closing(name, code, aliases) for name, (code, aliases) in CLOSING.items()),
        *_solutions(),
    )


@lru_cache(maxsize=1)
def names() -> dict[str, Column]:
    """Each name that a header may bear, normalised, and its column."""
    found: dict[str, Column] = {}
    for column in columns():
        for name in (column.code, column.label, *column.aliases):
            found.setdefault(plain(name), column)
    return found


def plain(text: str) -> str:
    """A text without case, accents, punctuation nor double spaces."""
    letters = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", kept.lower()).strip()


def _of(model: type[models.Model], fields: Iterable[str], part: str) -> list[Column]:
    return [_column(model, name, name, part, ALIASES.get(name, ())) for name in fields]


def _closing(name: str, code: str, aliases: tuple[str, ...]) -> Column:
    return _column(Closure, name, code, "closing", aliases)


def _column(
    model: type[models.Model], name: str, code: str, part: str, aliases: tuple[str, ...]
) -> Column:
    field = cast("models.Field[Any, Any]", model._meta.get_field(name))
    base = field.base_field if isinstance(field, ArrayField) else field
    choices = tuple((str(key), str(label)) for key, label in base.choices or ())
    kinds = (
        (ArrayField, "set"),
        (models.BooleanField, "bool"),
        (models.DateField, "date"),
        (models.IntegerField, "int"),
    )
    kind = next((word for kind, word in kinds if isinstance(field, kind)), "text")
    if kind == "text" and choices:
        kind = "choice"
    return Column(
        code,
        LABELS.get(name, str(getattr(field, "verbose_name", name))),
        part,
        kind,
        choices,
        getattr(field, "max_length", 0) or 0 if kind == "text" else 0,
        aliases,
    )


def _solutions() -> list[Column]:
    short = {
        SolutionType.EMERGENCY_SHELTER: "mise à l'abri",
        SolutionType.LONG_TERM_ADAPTED: "hébergement ou logement adapté",
        SolutionType.HOUSING: "logement",
        SolutionType.NONE: "aucune orientation",
        SolutionType.OTHER: "autre orientation",
    }
    return [
        Column(
            f"solution_{kind.value}_{unit}",
            f"{short[kind]} ({label})",
            "solutions",
            "int",
        )
        for kind in SolutionType
        for unit, label in (("people", "personnes"), ("households", "ménages"))
    ]
