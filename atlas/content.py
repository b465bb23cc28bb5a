"""What a sheet says in words: titles, figures, notes, sentence and sources.

Leaves the legend and the table to their modules, dates and plurals to `atlas.words`, and ink to
`atlas.drawing` and the template.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from atlas.facilities import FARTHEST_M, NEEDED, origins_of
from atlas.placement import symbol_for
from atlas.sheet import Sheet
from atlas.words import SPACE, counted, day, noun, number, short_day, span
from geo.territories.origins import origins_told

RIGHTS = "Diffusion restreinte"
DEMO = "Données de démonstration – inventées"
APPROXIMATE = "Contours approchés"
MOST_UNITS = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its words."""

    value: str
    words: str


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
        found.append("Positions approchées (grille de 500 m) ; distances ≈ à 350 m près.")
    if "commune" in precisions:
        found.append("Positions à la commune : symboles groupés au chef-lieu.")
    facilities = [mark for panel in sheet.panels for mark in panel.facilities]
    if any(mark.shift > 0.5 for mark in (*sheet.marks, *facilities)):
        found.append("Symboles écartés pour être lus ; un trait rejoint leur place.")
    found += _facility_notes(sheet)
    if order.filters:
        found.append("Filtres : " + " ; ".join(_filters(sheet)) + ".")
    if order.bbox is not None:
        found.append("Seuls figurent les sites d’une partie de la carte, choisie à l’écran.")
    return found


def figures(sheet: Sheet) -> list[Figure]:
    """The figures block, in reading order."""
    matter, counts = sheet.matter, Counter(mark.kind for mark in sheet.marks)
    opened, running = counts["open"], counts["resorption"]
    people = f"{f'≥{SPACE}' if matter.uncounted else ''}{number(matter.people)}"
    found = [
        Figure(number(opened), noun(opened, _open(sheet))),
        Figure(number(running), "en résorption"),
        Figure(people, noun(matter.people, "personne")),
    ]
    found += [
        Figure(number(counts[kind]), noun(counts[kind], one))
        for kind, one in _closings(sheet)
        if kind in matter.closures
    ]
    return found


def _open(sheet: Sheet) -> str:
    """The registry's words for one open site."""
    return symbol_for(sheet.matter.sites.collection, "open").label.lower()


def _closings(sheet: Sheet) -> list[tuple[str, str]]:
    """The kinds of marks of closed sites, with the registry's words for one."""
    sites = sheet.matter.sites.collection
    found = [(kind, layer.collection.symbols[0]) for kind, layer in sheet.matter.closures.items()]
    found.append(("closed", symbol_for(sites, "closed")))
    return [(kind, symbol.label.lower()) for kind, symbol in found]


def _facility_notes(sheet: Sheet) -> Iterator[str]:
    """What the map does not draw of the facilities, and what its distances are."""
    facilities, drawn = sheet.matter.facilities, sheet.facilities_drawn
    if facilities is None:
        return
    if not facilities.known and not facilities.rows:
        yield "Services : aucun n’est chargé sur ce territoire."
        return
    labels = {symbol.value or "": symbol.label for symbol in facilities.collection.symbols}
    left = {kind: facilities.known.get(kind, 0) - drawn[kind] for kind in labels}
    told = ", ".join(f"{labels[kind]} ({number(left[kind])})" for kind in labels if left[kind] > 0)
    if told and facilities.every:
        yield f"Services sans place à cette échelle : {told}."
    elif told:
        where = "distances au tableau" if facilities.near else "pas de site ouvert d’où mesurer"
        yield f"Services non dessinés : {told} ; {where}."
    missing = [
        labels[kind] for kind in NEEDED if not any(kind in n for n in facilities.near.values())
    ]
    if facilities.near and missing:
        yield f"Aucun à moins de {FARTHEST_M // 1000}{SPACE}km : {', '.join(missing)}."


def sentence(sheet: Sheet) -> str:
    """The sheet in a few sentences: its alternative text."""
    matter, counts = sheet.matter, Counter(mark.kind for mark in sheet.marks)
    alive, order = matter.alive, sheet.order
    parts = [f"{title(sheet)}, situation au {day(order.when.state_on)} : "]
    if alive:
        least = "au moins " if matter.uncounted else ""
        parts.append(
            f"{counted(counts['open'], _open(sheet))} et {number(counts['resorption'])} en cours "
            f"de résorption, où {'vit' if matter.people < 2 else 'vivent'} {least}"
            f"{counted(matter.people, 'personne')}"
        )
    else:
        parts.append(f"aucun {_open(sheet)}")
    closings = [counted(counts[kind], one) for kind, one in _closings(sheet) if counts[kind]]
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
    found += [f"Limites : {words}." for words in origins_told(sheet.material.origins)]
    if matter.facilities is not None:
        found += [f"Services : {words}." for words in origins_of(matter.facilities.rows)]
    if sheet.material.approximate:
        found.append(f"{APPROXIMATE} : tracés par nos soins, sans valeur officielle.")
    return found


def edition(sheet: Sheet) -> str:
    """When it was printed, for whom, and from which address."""
    moment, person = timezone.localtime(), sheet.order.printed_for
    told = f" pour {person}" if person else ""
    return f"Imprimé le {short_day(moment.date())} à {moment:%H:%M}{told} · {settings.BASE_URL}"


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
