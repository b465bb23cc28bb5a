"""What goes with the rows: the dictionary of the columns, the licence or the confidentiality.

Leaves where it is put (inside the file, or beside it) to the writers.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from feeds.exporting import layout as columns
from feeds.exporting.asking import Asked
from feeds.exporting.formats import Shape
from feeds.exporting.layout import Layout
from geo.accounts.models import User
from geo.core.collections import Property
from geo.core.scope import DataClass

TYPES = {
    "string": "texte",
    "integer": "entier",
    "number": "nombre",
    "boolean": "vrai ou faux",
    "date": "date",
    "date-time": "date et heure (UTC)",
}
UNITS = {"_m2": "m²", "_m": "m", "_eur": "€", "_percent": "%"}
IN_LABEL = re.compile(r"\((m²|m|€|%)\)")
CLASSES = {
    DataClass.OWNER: "propriétaires",
    DataClass.JUDICIAL: "procédures judiciaires",
    DataClass.HEALTH: "veille sanitaire",
    DataClass.FINANCE: "coûts",
}
HEADINGS = ("colonne", "libelle", "type", "unite", "codes", "nom_complet")


@dataclass(frozen=True, slots=True)
class Entry:
    """One column: its name in the file, what it holds; `full` is its name elsewhere."""

    column: str
    label: str
    type: str
    unit: str = ""
    codes: str = ""
    full: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """The values under `HEADINGS`."""
        return (self.column, self.label, self.type, self.unit, self.codes, self.full)

    @property
    def comment(self) -> str:
        """Type, unit and codes in one line, for formats that keep one remark a column."""
        codes = f"codes : {self.codes}" if self.codes else ""
        return " ; ".join(part for part in (self.type, self.unit, codes) if part)


@dataclass(frozen=True, slots=True)
class Mentions:
    """What must be read before a file is used: what it is, of when, whose, and under which terms.

    `lines` are (heading, text) pairs; `terms` is the licence, or the confidentiality.
    """

    title: str
    description: str
    terms: str
    lines: tuple[tuple[str, str], ...]


def entries(layout: Layout, names: Sequence[str] = ()) -> list[Entry]:
    """One entry for each column of the file; `names` are those in the file, in the same order."""
    found = [Entry("id", "Identifiant stable, le même dans les flux", "entier")]
    found += [_entry(p) for p in layout.properties]
    found += _geometry(layout.shape)
    if not names:
        return found
    return [
        Entry(name, e.label, e.type, e.unit, e.codes, e.column if name != e.column else "")
        for name, e in zip(names, found, strict=False)
    ]


def mentions(asked: Asked, *, by: User | None, at: dt.datetime | None = None) -> Mentions:
    """The mentions of an export of a person, made now."""
    item, request = asked.collection, asked.request
    attribution, licence = item.credited()
    made = timezone.localtime(at)
    when = request.when
    day = f"{when.state_on:%d/%m/%Y}" if when.instant else f"période {when}"
    lines = [
        ("Collection", f"{item.title} ({item.id})"),
        ("Contenu", item.description),
        ("Situation", f"{day}, heure de Paris"),
        ("Filtres", asked.query or "aucun"),
        ("Coordonnées", "WGS 84 (EPSG:4326), longitude puis latitude, en degrés"),
        ("Source", attribution),
        ("Fait le", f"{made:%d/%m/%Y à %H:%M}"),
    ]
    if not asked.is_public and by is not None:
        lines.append(("Fait par", f"{by.full_name} ({by.email})"))
    return Mentions(item.title, item.description, _terms(asked, licence), tuple(lines))


def _terms(asked: Asked, licence: str) -> str:
    if asked.is_public:
        return f"Licence : {licence}." if licence else "Données ouvertes."
    told = [CLASSES[each] for each in CLASSES if each in asked.request.classes]
    held = f" Contient des informations protégées : {', '.join(told)}." if told else ""
    return (
        "CONFIDENTIEL. Données non publiques, à la précision de vos droits, réservées à votre "
        "mission : ne les publiez pas, ne les transmettez qu'à qui a les mêmes droits, supprimez "
        f"le fichier après usage. Cet export est noté au journal.{held}"
    )


def _entry(prop: Property) -> Entry:
    codes = " ; ".join(f"{code} = {label}" for code, label in prop.choices)
    return Entry(prop.name, prop.label, TYPES[prop.type], unit_of(prop), codes)


def unit_of(prop: Property) -> str:
    """The unit that a property's name or label tells; empty for what has none."""
    if found := IN_LABEL.search(prop.label):
        return found[1]
    return next((unit for end, unit in UNITS.items() if prop.name.endswith(end)), "")


def _geometry(shape: Shape) -> list[Entry]:
    degrees = "degrés (WGS 84)"
    return {
        Shape.POINT: [
            Entry(columns.LON, "Longitude", "nombre", degrees),
            Entry(columns.LAT, "Latitude", "nombre", degrees),
        ],
        Shape.WKT: [Entry(columns.WKT, "Géométrie (WKT)", "texte", degrees)],
        Shape.WKB: [Entry(columns.GEOMETRY, "Géométrie", "géométrie", degrees)],
        Shape.FEATURE: [Entry(columns.GEOMETRY, "Géométrie", "géométrie", degrees)],
        Shape.NONE: [],
    }[shape]
