"""What a sheet says in words: titles, figures, legend, sentence, sources and the equivalent table.

Leaves dates and plurals to `atlas.words`, and ink to `atlas.drawing` and the template.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from atlas.placement import CLASSES, class_of, radius_of, symbol_for
from atlas.rows import Row
from atlas.sheet import FACILITIES_SCALE, Sheet
from atlas.words import SPACE, counted, day, number, short_day, span
from geo.core.collections import Symbol

RIGHTS = "Diffusion restreinte"
DEMO = "Données de démonstration – inventées"
APPROXIMATE = "Contours approchés"
LEVEL_WORDS = {
    "region": "Région",
    "departement": "Département",
    "epci": "Intercommunalité",
    "commune": "Commune",
}
KIND_WORDS = {
    "evacuations": ("évacuation", ""),
    "resorptions": ("résorption", ""),
    "other-closures": ("autre fermeture", "autres fermetures"),
    "closed": ("site fermé", "sites fermés"),
}
MOST_UNITS = 4
# Where a file lay says nothing to the reader; its name does.
FOLDER = re.compile(r"\S*/")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: a symbol of a size (millimetres), its words, how many are drawn."""

    symbol: Symbol
    radius: float
    words: str
    count: int | None
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its words."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; `numeric` ones are set to the right."""

    name: str
    words: str
    numeric: bool = False


def title(sheet: Sheet) -> str:
    """`Seine-Saint-Denis (93)`."""
    territory = sheet.order.territory
    code = "" if sheet.order.level == "epci" else f" ({territory.code})"
    return f"{territory.name}{code}"


def subtitle(sheet: Sheet) -> str:
    """What is shown, on which date."""
    order = sheet.order
    return (
        f"Bidonvilles et squats : situation au {day(order.when.state_on)}, "
        f"fermetures {span(order.period.start, order.period.state_on)}"
    )


def badges(sheet: Sheet) -> list[str]:
    """The right level, the demonstration's mark, what is not complete."""
    found = [RIGHTS]
    if settings.ATLAS_DEMO:
        found.append(DEMO)
    return found


def notes(sheet: Sheet) -> list[str]:
    """What the reader must know before trusting the map."""
    order, found = sheet.order, []
    if order.partial:
        found.append("Carte partielle : seuls les sites lisibles par le demandeur y figurent.")
    precisions = {row.properties["precision"] for row in sheet.matter.sites.rows}
    if "500m" in precisions:
        found.append("Positions approchées sur une grille de 500 m.")
    if "commune" in precisions:
        found.append("Positions à la commune : symboles groupés au chef-lieu.")
    if any(mark.shift > 0.5 for mark in sheet.marks):
        found.append("Symboles écartés pour être lus ; un trait rejoint leur place.")
    known = sheet.matter.facilities
    if known is not None and known.left_out:
        found.append("Services trop nombreux pour cette feuille : non dessinés.")
    elif known is not None and known.rows and sheet.main.frame.scale > FACILITIES_SCALE:
        where = "dans l’encadré seulement" if any(p.facilities for p in sheet.panels) else "aucun"
        found.append(f"Services dessinés au 1:{number(FACILITIES_SCALE)} ou plus grand : {where}.")
    if order.filters:
        found.append("Filtres : " + " ; ".join(_filters(sheet)) + ".")
    if order.bbox is not None:
        found.append("Seuls figurent les sites d’une partie de la carte, choisie à l’écran.")
    return found


def figures(sheet: Sheet) -> list[Figure]:
    """The figures block, in reading order."""
    matter, counts = sheet.matter, Counter(mark.kind for mark in sheet.marks)
    alive = matter.alive
    running = counts["resorption"]
    people = f"{f'≥{SPACE}' if matter.uncounted else ''}{number(matter.people)}"
    found = [
        Figure(number(len(alive)), "site ouvert" if len(alive) < 2 else "sites ouverts"),
        Figure(people, "personne" if matter.people < 2 else "personnes"),
        Figure(number(running), "en résorption"),
    ]
    for kind, (one, many) in KIND_WORDS.items():
        if kind in matter.closures:
            found.append(
                Figure(number(counts[kind]), one if counts[kind] < 2 else many or f"{one}s")
            )
    return found


def legend(sheet: Sheet) -> Iterator[tuple[str, list[Entry]]]:
    """The sections of the legend: only what is on the sheet."""
    factor = sheet.layout.factor
    counts = Counter(mark.kind for mark in sheet.marks)
    sites = sheet.matter.sites.collection
    by_class = Counter(class_of(m.people) for m in sheet.marks if m.kind == "open")
    open_symbol = symbol_for(sites, "open")
    sizes = [
        Entry(open_symbol, radius_of(bound, factor), words, by_class[words])
        for bound, words, _ in CLASSES
        if by_class[words]
    ]
    if by_class["nombre inconnu"]:
        unknown = radius_of(None, factor)
        sizes.append(
            Entry(open_symbol, unknown, "nombre inconnu", by_class["nombre inconnu"], hollow=True)
        )
    if sizes:
        yield "Sites ouverts, selon le nombre de personnes", sizes
    running = symbol_for(sites, "resorption")
    if counts["resorption"]:
        yield (
            "Sites en cours de résorption (même échelle)",
            [Entry(running, radius_of(30, factor) * 1.1, running.label, counts["resorption"])],
        )
    closed = [
        Entry(layer.collection.symbols[0], 1.3 * factor, layer.collection.title, counts[kind])
        for kind, layer in sheet.matter.closures.items()
        if counts[kind]
    ]
    if counts["closed"]:
        closed.append(
            Entry(symbol_for(sites, "closed"), 1.3 * factor, "Sites fermés", counts["closed"])
        )
    if closed:
        period = sheet.order.period
        yield f"Fermetures {span(period.start, period.state_on)}", closed
    yield from _around(sheet)


def _around(sheet: Sheet) -> Iterator[tuple[str, list[Entry]]]:
    factor, matter = sheet.layout.factor, sheet.matter
    panels = sheet.panels
    flows = sum(len(panel.flows) for panel in panels)
    others = []
    if flows and matter.reinstallations is not None:
        words = "Réinstallation"
        symbol = matter.reinstallations.collection.symbols[0]
        others.append(Entry(symbol, 1.4 * factor, words, flows))
    shown = Counter(kind for panel in panels for kind, _, _ in panel.facilities)
    if matter.facilities is not None:
        others += [
            Entry(symbol, 0.9 * factor, symbol.label, None)
            for symbol in matter.facilities.collection.symbols
            if shown[symbol.value or ""]
        ]
    if others:
        yield "Autour des sites", others


def sentence(sheet: Sheet) -> str:
    """The sheet in a few sentences: its alternative text."""
    matter, counts = sheet.matter, Counter(mark.kind for mark in sheet.marks)
    alive, order = matter.alive, sheet.order
    parts = [f"{title(sheet)}, situation au {day(order.when.state_on)} : "]
    if alive:
        least = "au moins " if matter.uncounted else ""
        parts.append(
            f"{counted(len(alive), 'site ouvert', 'sites ouverts')} où "
            f"{'vit' if matter.people < 2 else 'vivent'} {least}"
            f"{counted(matter.people, 'personne')}"
        )
        if counts["resorption"]:
            parts.append(f", dont {number(counts['resorption'])} en cours de résorption")
    else:
        parts.append("aucun site ouvert")
    closings = [
        counted(counts[kind], one, many) for kind, (one, many) in KIND_WORDS.items() if counts[kind]
    ]
    period = span(order.period.start, order.period.state_on)
    told = _listed(closings) if closings else "aucune fermeture"
    parts.append(f". Fermetures {period} : {told}.")
    most = _most(sheet)
    if most:
        parts.append(f" Le plus de sites : {most}.")
    return "".join(parts)


def sources(sheet: Sheet) -> list[str]:
    """Where everything on the sheet comes from, with licences and dates."""
    matter = sheet.matter
    found = [f"Sites : {matter.sites.collection.attribution}, au {day(sheet.order.when.state_on)}."]
    limits = [FOLDER.sub("", source) for source in sheet.material.sources]
    licence = "" if sheet.material.approximate else " (Licence Ouverte 2.0)"
    found += [f"Limites : {source}{licence}." for source in limits]
    if matter.facilities is not None and any(panel.facilities for panel in sheet.panels):
        licences = {
            (row.properties["source"], row.properties["licence"]) for row in matter.facilities.rows
        }
        found += [f"Services : {name} ({licence})." for name, licence in sorted(licences)]
    if sheet.material.approximate:
        found.append(f"{APPROXIMATE} : tracés par nos soins, sans valeur officielle.")
    return found


def edition(sheet: Sheet) -> str:
    """When it was printed, and from which address."""
    moment = timezone.localtime()
    return f"Imprimé le {short_day(moment.date())} à {moment:%H:%M} · {settings.BASE_URL}"


def columns(sheet: Sheet) -> list[Column]:
    """The columns of the table: those of the exact place only for readers of exact places."""
    exact = any("name" in row.properties for row in sheet.matter.sites.rows)
    found = [Column("reference", "Référence"), Column("commune_name", "Commune")]
    if exact:
        found += [Column("name", "Appellation"), Column("address", "Adresse")]
    found += [Column("state", "État"), Column("field_type", "Type")]
    found += [Column("opened_on", "Ouvert le"), Column("closed_on", "Fermé le")]
    found += [
        Column("people", "Personnes", numeric=True),
        Column("households", "Ménages", numeric=True),
        Column("minors", "Mineurs", numeric=True),
        Column("precision", "Position"),
    ]
    return found


def table(sheet: Sheet) -> list[list[str]]:
    """The rows of the table, one for each mark: by commune, open sites first."""
    kinds = {mark.site: mark.symbol.label for mark in sheet.marks}
    rows = sorted(
        sheet.matter.sites.rows,
        key=lambda row: (
            row.properties["commune"],
            row.properties["status"] == "closed",
            row.properties["reference"],
        ),
    )
    names = columns(sheet)
    return [[_cell(row, column, kinds[row.id], sheet) for column in names] for row in rows]


def _cell(row: Row, column: Column, kind: str, sheet: Sheet) -> str:
    if column.name == "state":
        return kind
    value: Any = row.properties.get(column.name)
    if value is None or value == "":
        return "" if column.name == "closed_on" else "–"
    prop = sheet.matter.sites.collection.find(column.name)
    if prop is not None and prop.choices:
        return str(dict(prop.choices).get(value, value))
    if prop is not None and prop.type == "date":
        return short_day(value)
    return number(value) if column.numeric else str(value)


def _most(sheet: Sheet) -> str:
    names = {unit.code: unit.name for unit in sheet.material.inside}
    counts = Counter(mark.unit for mark in sheet.marks if mark.unit in names)
    if len(counts) < 2:
        return ""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_UNITS]
    return ", ".join(f"{names[code]} ({count})" for code, count in ranked)


def _filters(sheet: Sheet) -> Iterator[str]:
    for name, values in sheet.order.filters.items:
        prop = sheet.matter.sites.collection.find(name)
        labels = dict(prop.choices) if prop else {}
        told = ", ".join(str(labels.get(str(value), value)) for value in values)
        yield f"{prop.label if prop else 'Recherche'} = {told}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} et {parts[-1]}"
