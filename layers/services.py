"""Writing the catalogue: the table follows the capabilities, and what moved is told.

Leaves fetching the document to its callers: no outside call happens in a transaction.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from difflib import get_close_matches

from django.db import transaction

from layers import selectors
from layers.capabilities import Capabilities, WmtsLayer
from layers.curated import CURATED, Curated
from layers.models import Layer

ATTRIBUTION = "© IGN – Géoplateforme"
WRITTEN = (
    "slug",
    "position",
    "upstream_id",
    "upstream_title",
    "title",
    "theme",
    "overlay",
    "abstract",
    "edition",
    "attribution",
    "style",
    "media_type",
    "matrix_set",
    "minzoom",
    "maxzoom",
    "west",
    "south",
    "east",
    "north",
    "available",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an offered layer: `state` is found, renamed or missing.

    `layer` is its row; `known_styles` the styles that the service declares; `candidates` the names
    that look like a missing one.
    """

    state: str
    layer: Layer
    known_styles: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Counts of rows, and the offered layers one by one."""

    read: int
    refused: tuple[str, ...]
    created: int
    updated: int
    unchanged: int
    gone: int
    offered: tuple[Outcome, ...]

    @property
    def missing(self) -> tuple[Outcome, ...]:
        """The offered layers that the service no longer names."""
        return tuple(outcome for outcome in self.offered if outcome.state == "missing")


@transaction.atomic
def layers_sync(*, capabilities: Capabilities, at: dt.datetime) -> SyncReport:
    """Make the table say what `capabilities` says; layers no longer named become unavailable.

    An offered layer whose present name is missing follows a former name when the service has it,
    else keeps its last description and becomes unavailable. The same document twice changes nothing
    but the date.
    """
    declared = {layer.identifier: layer for layer in capabilities.layers}
    rows = {row.upstream_id: row for row in Layer.objects.select_for_update()}
    outcomes = tuple(
        _outcome(curated, position, declared, rows) for position, curated in enumerate(CURATED)
    )
    wanted = {name: _described(layer) for name, layer in declared.items()}
    wanted |= {outcome.layer.upstream_id: outcome.layer for outcome in outcomes}
    changed = {
        name for name, row in rows.items() if name in wanted and not _same(row, wanted[name])
    }
    gone = {name for name, row in rows.items() if name not in wanted and row.available}
    _write(wanted, rows, changed, at)
    Layer.objects.filter(upstream_id__in=gone).update(available=False)
    transaction.on_commit(selectors.forget)
    known = rows.keys() & wanted.keys()
    return SyncReport(
        read=capabilities.read,
        refused=capabilities.refused,
        created=len(wanted) - len(known),
        updated=len(changed),
        unchanged=len(known) - len(changed),
        gone=len(gone),
        offered=outcomes,
    )


def _write(
    wanted: dict[str, Layer], rows: dict[str, Layer], changed: set[str], at: dt.datetime
) -> None:
    # A name of ours may pass from one row to another: all are freed before any is written.
    Layer.objects.curated().update(slug=None, position=None)
    created, rewritten, seen = [], [], []
    for name, layer in wanted.items():
        if name not in rows:
            layer.synced_at = at if layer.available else None
            created.append(layer)
            continue
        layer.pk = rows[name].pk
        if name in changed or layer.slug:
            rewritten.append(layer)
        if layer.available:
            seen.append(layer.pk)
    Layer.objects.bulk_create(created, batch_size=500)
    Layer.objects.bulk_update(rewritten, WRITTEN, batch_size=200)
    Layer.objects.filter(pk__in=seen).update(synced_at=at)


def _outcome(
    curated: Curated, position: int, declared: dict[str, WmtsLayer], rows: dict[str, Layer]
) -> Outcome:
    for name in curated.names:
        if name in declared:
            layer = declared[name]
            row = _described(_styled(layer, curated))
            row.slug, row.position = curated.slug, position
            row.title, row.theme, row.overlay = curated.title, curated.theme, curated.overlay
            row.attribution = curated.attribution
            state = "found" if name == curated.names[0] else "renamed"
            return Outcome(state, row, known_styles=layer.styles)
    last = next((row for row in rows.values() if row.slug == curated.slug), None)
    kept = Layer(**{name: getattr(last, name) for name in WRITTEN}) if last else None
    layer_kept = kept or selectors.layer_default(curated, position)
    layer_kept.available = False
    return Outcome("missing", layer_kept, candidates=_candidates(layer_kept, declared))


def _candidates(layer: Layer, declared: dict[str, WmtsLayer]) -> tuple[str, ...]:
    """Names of the service with the title that the missing layer had, then with a close name."""
    titled = [
        name
        for name, other in declared.items()
        if layer.upstream_title and other.title == layer.upstream_title
    ]
    close = get_close_matches(layer.upstream_id, declared, n=3, cutoff=0.7)
    return tuple(dict.fromkeys([*titled, *close]))[:5]


def _styled(layer: WmtsLayer, curated: Curated) -> WmtsLayer:
    if curated.style in layer.styles:
        return replace(layer, default_style=curated.style)
    return layer


def _described(layer: WmtsLayer) -> Layer:
    west, south, east, north = layer.bounds
    return Layer(
        upstream_id=layer.identifier,
        upstream_title=layer.title[:300],
        title=layer.title[:300],
        abstract=layer.abstract,
        edition=layer.edition,
        attribution=ATTRIBUTION,
        style=layer.default_style,
        media_type=layer.media_type,
        matrix_set=layer.matrix_set,
        minzoom=layer.minzoom,
        maxzoom=layer.maxzoom,
        west=west,
        south=south,
        east=east,
        north=north,
    )


def _same(row: Layer, wanted: Layer) -> bool:
    return all(getattr(row, name) == getattr(wanted, name) for name in WRITTEN)
