"""Typed events between packages: published in the transaction, they only enqueue jobs.

A job enqueued in the transaction is an outbox: it exists if and only if the change is committed,
and nothing is lost when a process dies between the two. Leaves the work to each package's tasks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection


@dataclass(frozen=True, slots=True)
class SiteGeometryChanged:
    """A site was created, or its point or footprint changed."""

    site_id: int


@dataclass(frozen=True, slots=True)
class TerritoriesImported:
    """Contours or codes of a level changed."""

    level: str


@dataclass(frozen=True, slots=True)
class ParcelsImported:
    """Parcels of these communes were replaced."""

    communes: tuple[str, ...]


E = TypeVar("E")

_RECEIVERS: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def receiver(event_type: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a function that enqueues what follows from an event."""

    def register(function: Callable[[E], None]) -> Callable[[E], None]:
        if function not in _RECEIVERS[event_type]:
            _RECEIVERS[event_type].append(function)
        return function

    return register


def publish(event: object) -> None:
    """Hand an event to its receivers. Must be called inside a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("an event is published inside the transaction of its change")
    for function in _RECEIVERS[type(event)]:
        function(event)
