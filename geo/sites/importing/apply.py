"""Writing the lines of a file through the sites' services, in one transaction, or only trying.

A trial runs the same services and rolls back, so that it refuses what writing would refuse. A
line is known again by its reference: read a second time, it changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, models, transaction

from geo.accounts.models import User
from geo.core.errors import Conflict, DomainError, Forbidden, InvalidInput
from geo.core.scope import Scope
from geo.sites.importing.lines import Line, Refusal, refusal_of, understand
from geo.sites.importing.tables import Table
from geo.sites.models import Site
from geo.sites.services import (
    ALPHABET,
    LOCATION_FIELDS,
    site_close,
    site_create,
    site_update,
)
from geo.territories.selectors import place_at

SAME_PLACE_DEGREES = 1e-7
Progress = Callable[[Iterable[Line]], Iterable[Line]]


@dataclass(slots=True)
class Report:
    """What an import did, or would do; `closed` counts closings among created and updated."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0
    written: bool = False
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """The number of refused lines (a line may have several reasons)."""
        return len({refusal.line for refusal in self.refusals})


def sites_import(
    *,
    by: User | None,
    scope: Scope,
    table: Table,
    write: bool,
    strict: bool = False,
    progress: Progress = iter,
) -> Report:
    """Create, update and close sites as the table says; only with `write` does anything stay.

    Refused lines are left out and reported, the others written together; `strict` writes nothing
    when a line is refused. Any other failure writes nothing.
    """
    lines, refusals = understand(table)
    report = Report(read=len(table.lines), refusals=refusals)
    raws = {raw.number: raw for raw in table.lines}
    with transaction.atomic():
        for line in progress(lines):
            try:
                with transaction.atomic():
                    _apply(line, by, scope, report)
            except (DomainError, DataError, IntegrityError) as error:
                told = error if isinstance(error, DomainError) else _refused(error)
                refusal = refusal_of(told, line, raws[line.number], table.headers)
                report.refusals.append(refusal)
        report.refusals.sort(key=lambda refusal: refusal.line)
        report.written = write and not (strict and report.refusals)
        if not report.written:
            transaction.set_rollback(True)
    return report


def _apply(line: Line, by: User | None, scope: Scope, report: Report) -> None:
    reference = line.reference or _derived(line)
    site = Site.objects.exact_to(scope).filter(reference=reference).first()
    new = site is None
    if site is None:
        site = _create(line, reference, by, scope)
    changed = _update(site, line, by, scope) if not new else False
    closed = _close(site, line, by, scope)
    # Counted once everything held: a refusal undoes the whole line.
    report.created += new
    report.updated += not new and (changed or closed)
    report.unchanged += not (new or changed or closed)
    report.closed += closed


def _create(line: Line, reference: str, by: User | None, scope: Scope) -> Site:
    if line.point is None:
        raise InvalidInput(
            "Un nouveau site a un lieu : longitude et latitude, ou une géométrie.", field="point"
        )
    if Site.objects.filter(reference=reference).exists():
        raise Forbidden(
            "Cette référence est celle d'un site que vous ne pouvez pas modifier.",
            field="reference",
        )
    dates = {"built_on", "declared_on"} & set(line.fields)
    begun = {"built_on": line.opened_on} if line.opened_on and not dates else {}
    return site_create(
        by=by,
        scope=scope,
        point=line.point,
        reference=reference,
        observed_on=line.observed_on,
        footprint=line.footprint,
        population=line.population or None,
        living=line.living or None,
        **line.fields,
        **begun,
    )


def _update(site: Site, line: Line, by: User | None, scope: Scope) -> bool:
    """Write what differs from the record; an observation of another day is another row."""
    changes: dict[str, Any] = {
        name: value
        for name, value in line.fields.items()
        if getattr(site.location if name in LOCATION_FIELDS else site, name) != value
    }
    if _moved(site, line):
        changes["point"] = line.point
    if line.population and _differs(site.populations, line.population, line.observed_on):
        changes["population"] = line.population
    if line.living and _differs(site.livings, line.living, line.observed_on):
        changes["living"] = line.living
    if line.footprint is not None and _reshaped(site, line):
        changes["footprint"] = line.footprint
    fresher = line.observed_on is not None and (
        site.confirmed_on is None or line.observed_on > site.confirmed_on
    )
    if not changes and not fresher:
        return False
    site_update(by=by, scope=scope, site_id=site.pk, observed_on=line.observed_on, **changes)
    return True


def _moved(site: Site, line: Line) -> bool:
    here = site.location.geom
    if line.point is None or line.point.equals_exact(here, SAME_PLACE_DEGREES):
        return False
    # A footprint alone does not move the point that someone placed inside it.
    return not (line.point_of_footprint and line.footprint and line.footprint.covers(here))


def _differs(rows: models.Manager[Any], values: Mapping[str, Any], day: dt.date | None) -> bool:
    """True when the row of that day (without a day: the last one) does not say the same."""
    row = _row(rows, day)
    return row is None or any(getattr(row, name) != value for name, value in values.items())


def _reshaped(site: Site, line: Line) -> bool:
    row = _row(site.footprints, line.observed_on)
    return row is None or not row.geom.equals_exact(line.footprint, SAME_PLACE_DEGREES)


def _row(rows: models.Manager[Any], day: dt.date | None) -> Any:
    dated = rows.filter(observed_on=day) if day else rows.order_by("-observed_on")
    return dated.first()


def _close(site: Site, line: Line, by: User | None, scope: Scope) -> bool:
    if not line.closing:
        return False
    known = site.closures.filter(reopened_on__isnull=True).first()
    if known is not None:
        if known.closed_on != line.closing["closed_on"]:
            raise Conflict(
                f"Ce site est déjà fermé, le {known.closed_on:%d/%m/%Y} : corrigez sa fermeture "
                "sur sa fiche.",
                field="closed_on",
            )
        return False
    site_close(
        by=by,
        scope=scope,
        site_id=site.pk,
        cause=line.closing.get("cause", "unknown"),
        closed_on=line.closing["closed_on"],
        context=line.closing.get("context", ""),
        closed_with_solutions=line.closing.get("closed_with_solutions", "unknown"),
        solutions=line.solutions,
        comment=line.closing.get("comment", ""),
    )
    return True


def _derived(line: Line) -> str:
    """The reference of a line without one: the same for the same name, place and beginning."""
    place = place_at(line.point) if line.point is not None else None
    if line.point is None or place is None:
        raise InvalidInput(
            "Sans référence, une ligne est reconnue à son lieu : donnez l'une ou l'autre, "
            "en France.",
            field="reference",
        )
    facts = (
        line.fields.get("name"),
        round(line.point.x, 6),
        round(line.point.y, 6),
        line.fields.get("built_on") or line.fields.get("declared_on") or line.opened_on,
    )
    value = int.from_bytes(hashlib.sha256(repr(facts).encode()).digest()[:8], "big")
    letters = []
    for _ in range(8):
        value, index = divmod(value, len(ALPHABET))
        letters.append(ALPHABET[index])
    return f"{place.departement_id}-{''.join(letters)}"


def _refused(error: Exception) -> InvalidInput:
    """What is said of a line that the database refuses."""
    cause = getattr(error.__cause__, "diag", None)
    name = getattr(cause, "constraint_name", None) or "valeur hors limites"
    if name == "site_reference_key":
        # That of a site which the account may not read: nothing more is told of it.
        return InvalidInput(
            "Cette référence est déjà prise : donnez-en une autre.", field="reference"
        )
    return InvalidInput(f"Refusé par la base ({name}) : vérifiez les valeurs de la ligne.")
