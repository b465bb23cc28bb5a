"""The legend of a sheet: only what is on it, with how many of each.

Leaves other words to `atlas.content` and ink to `atlas.drawing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from atlas.placement import CLASSES, FACILITY_MM, UNKNOWN, class_of, radius_of, symbol_for
from atlas.sheet import Sheet
from atlas.words import SPACE, number, plural, span
from geo.core.collections import Symbol


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: a symbol of a size (millimetres), its words, how many are drawn.

    `known` is how many there are, where the sheet may draw fewer.
    """

    symbol: Symbol
    radius: float
    words: str
    count: int
    hollow: bool = False
    known: int | None = None

    @property
    def figure(self) -> str:
        """`12`, or `12 / 431`."""
        drawn = number(self.count)
        return drawn if self.known is None else f"{drawn}{SPACE}/{SPACE}{number(self.known)}"


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
    if by_class[UNKNOWN]:
        unknown = radius_of(None, factor)
        sizes.append(Entry(open_symbol, unknown, UNKNOWN, by_class[UNKNOWN], hollow=True))
    if counts["resorption"]:
        running = symbol_for(sites, "resorption")
        radius = radius_of(30, factor) * 1.1
        sizes.append(
            Entry(running, radius, f"{running.label} (même échelle)", counts["resorption"])
        )
    if sizes:
        yield f"{plural(open_symbol.label)}, selon le nombre de personnes", sizes
    closed = [
        Entry(layer.collection.symbols[0], 1.3 * factor, layer.collection.title, counts[kind])
        for kind, layer in sheet.matter.closures.items()
        if counts[kind]
    ]
    if counts["closed"]:
        symbol = symbol_for(sites, "closed")
        closed.append(Entry(symbol, 1.3 * factor, plural(symbol.label), counts["closed"]))
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
        symbol = matter.reinstallations.collection.symbols[0]
        others.append(Entry(symbol, 1.4 * factor, plural(symbol.label), flows))
    if others:
        yield "Entre les sites", others
    yield from _services(sheet)


def _services(sheet: Sheet) -> Iterator[tuple[str, list[Entry]]]:
    """The facilities drawn, with how many there are."""
    facilities, drawn = sheet.matter.facilities, sheet.facilities_drawn
    if facilities is None or not drawn:
        return
    radius = FACILITY_MM * sheet.layout.factor
    words = "Services" if facilities.every else "Services : le plus proche de chaque site ouvert"
    yield (
        f"{words} (dessinés{SPACE}/{SPACE}connus)",
        [
            Entry(
                symbol,
                radius,
                symbol.label,
                drawn[kind],
                known=max(facilities.known.get(kind, 0), drawn[kind]),
            )
            for symbol in facilities.collection.symbols
            if drawn[kind := symbol.value or ""]
        ],
    )
