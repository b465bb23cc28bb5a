"""What lies under sites: found among the parcels that are here, else asked of API Carto.

Every run is noted in the ledger of `geo.sites`; what could not be asked is tried again from there,
and nowhere else. Leaves the question itself to `apicarto` and when jobs run to `tasks`.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction
from django.utils import timezone

from cadastre.apicarto import GATE, AskedParcels, AskRefused, UnusableAnswer, parcels_at
from cadastre.gate import SourcePaused
from cadastre.idu import ARRONDISSEMENTS, filed_communes
from cadastre.models import ASKED
from cadastre.selectors import SOURCE, ground_at
from geo.core.crs import WGS84
from geo.core.errors import SourceUnavailable
from geo.core.sql import read_sql
from geo.sites.enums import EnrichmentStatus as Status
from geo.sites.ledger import (
    Outcome,
    enrichments_due,
    enrichments_put_off,
    enrichments_record,
    ledger_states,
)

logger = logging.getLogger(__name__)

# A footprint drawn by hand over a neighbour by less than this does not lie on it (m²).
GRAZE_M2 = 1.0
# What was asked is asked again after a quarter: the cadastre is published at that pace.
ASKED_HOLDS = dt.timedelta(days=92)
AWAY_WAIT = dt.timedelta(minutes=1)
REFUSED_WAIT = dt.timedelta(hours=6)
LONGEST_WAIT = dt.timedelta(days=7)
# Two runs over the same sites would wait for each other row by row, in any order: a run over many
# sites is alone, runs over one site each go side by side.
LOCK_ALL = "SELECT pg_advisory_xact_lock(hashtext('site_enrich'))"
LOCK_ONE = """
SELECT pg_advisory_xact_lock_shared(hashtext('site_enrich')),
       pg_advisory_xact_lock(hashtext('site_enrich'), %s)
"""
QUEUED = "Commune absente du cadastre local : le service API Carto (IGN) va être interrogé."


@dataclass(frozen=True, slots=True)
class Found:
    """What is known here of one site's ground; `answered` is False where another must be asked."""

    site_id: int
    answered: bool
    parcels: int
    millesimes: str
    invented: bool
    changed: bool


@dataclass(slots=True)
class Summary:
    """What an enrichment of many sites did; `unanswered` are the sites whose ground is not here."""

    sites: int = 0
    done: int = 0
    empty: int = 0
    changed: int = 0
    unanswered: list[int] = field(default_factory=list)


def sites_enrich(*, site_ids: Sequence[int] | None = None) -> Summary:
    """Look sites up among the parcels that are here, all in one statement (None: every site).

    What is found replaces what was, where it changed; the ledger is written for the sites whose
    ground is here. For the others what is known is written too, and their ids are returned.
    """
    started = timezone.now()
    with transaction.atomic():
        found = _look_up(site_ids, started)
        answered = [row for row in found if row.answered]
        enrichments_record(
            source=SOURCE, outcomes=[_outcome(row) for row in answered], ran_at=started
        )
    return Summary(
        sites=len(found),
        done=sum(1 for row in answered if row.parcels),
        empty=sum(1 for row in answered if not row.parcels),
        changed=sum(1 for row in found if row.changed),
        unanswered=[row.site_id for row in found if not row.answered],
    )


def sites_queue(*, site_ids: Sequence[int]) -> int:
    """Note that these sites wait for the service to be asked; returns how many do.

    Those that were asked since their last change and not too long ago, or wait already, are left.
    """
    now = timezone.now()
    known = ledger_states(source=SOURCE, site_ids=site_ids)
    waiting = [
        site_id
        for site_id in site_ids
        if site_id not in known or not known[site_id].holds(now, ASKED_HOLDS)
    ]
    enrichments_record(
        source=SOURCE,
        outcomes=[
            Outcome(site_id, Status.WAITING, detail=QUEUED, next_try=now, tried=False)
            for site_id in waiting
        ],
    )
    return len(waiting)


def site_enrich(*, site_id: int, again: bool = False) -> Outcome | None:
    """Enrich one site: parcels that are here, else the service. Idempotent.

    Returns what was noted in the ledger; None when the site is gone, or when the service was asked
    since the site's last change (`again` asks it nevertheless). Never raises for the service's
    faults: they are noted with the next try. Calls the service, so outside any transaction.
    """
    started = timezone.now()
    with transaction.atomic():
        found = _look_up([site_id], started)
        if not found:
            return None
        if found[0].answered:
            return _note(_outcome(found[0]), started)
    known = ledger_states(source=SOURCE, site_ids=[site_id]).get(site_id)
    if known is not None and not again and known.holds(started, ASKED_HOLDS):
        return None
    ground = ground_at(site_id)
    if ground is None:
        return None
    outcome = _ask(site_id, ground, known.attempts if known else 0)
    return _note(outcome, started)


def sites_ask_due(*, limit: int) -> Iterator[int]:
    """Ask the service about the sites whose next try has come, the oldest first; gives each id.

    Stops at the first sign that the service is away: all are then put off until its pause ends.
    """
    for site_id in enrichments_due(source=SOURCE, now=timezone.now(), limit=limit):
        outcome = site_enrich(site_id=site_id, again=True)
        if outcome is not None and outcome.status == Status.WAITING:
            until = max(GATE.paused_until(), timezone.now() + AWAY_WAIT)
            enrichments_put_off(source=SOURCE, until=until, detail=outcome.detail)
            return
        yield site_id


def asks_due() -> bool:
    """Whether some site's next try has come."""
    return bool(enrichments_due(source=SOURCE, now=timezone.now(), limit=1))


def _look_up(site_ids: Sequence[int] | None, now: dt.datetime) -> list[Found]:
    filed = [(main, part) for main in ARRONDISSEMENTS for part in filed_communes(main)]
    with connection.cursor() as cursor:
        if site_ids is not None and len(site_ids) == 1:
            cursor.execute(LOCK_ONE, [site_ids[0] % 2**31])
        else:
            cursor.execute(LOCK_ALL)
        cursor.execute(
            read_sql(__file__, "enrich"),
            {
                "sites": list(site_ids) if site_ids is not None else None,
                "mains": [main for main, _ in filed],
                "parts": [part for _, part in filed],
                "today": timezone.localdate(),
                "now": now,
                "graze_m2": GRAZE_M2,
                "asked_source": ASKED,
            },
        )
        return [Found(*row) for row in cursor.fetchall()]


def _ask(site_id: int, ground: GEOSGeometry, attempts: int) -> Outcome:
    """Ask the service, store what it says, look the site up again."""
    now = timezone.now()
    try:
        asked = parcels_at(ground)
    except SourcePaused as error:
        return Outcome(site_id, Status.WAITING, "", error.message, error.until, tried=False)
    except (AskRefused, UnusableAnswer) as error:
        wait = min(REFUSED_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT)
        return Outcome(site_id, Status.FAILED, "", error.message, now + wait)
    except SourceUnavailable as error:
        wait = AWAY_WAIT * 2 ** min(attempts, 8)
        until = max(GATE.paused_until(), now + wait)
        return Outcome(site_id, Status.WAITING, "", error.message, until)
    with transaction.atomic():
        _store(asked, ground)
        found = _look_up([site_id], now)
    if not found:
        return Outcome(site_id, Status.EMPTY, outside=True)
    return _outcome(found[0], asked_on=timezone.localdate())


def _store(asked: AskedParcels, ground: GEOSGeometry) -> None:
    contours: Iterable[str] = shapely.to_wkb(
        shapely.set_srid(asked.shapes, WGS84), hex=True, include_srid=True
    )
    with connection.cursor() as cursor:
        cursor.execute(
            read_sql(__file__, "asked"),
            {
                "idus": asked.idus,
                "contenances": asked.contenances,
                "geoms": list(contours),
                "ground": ground.hexewkb.decode(),
                "millesime": timezone.localdate().isoformat(),
                "source": ASKED,
            },
        )


def _outcome(found: Found, asked_on: dt.date | None = None) -> Outcome:
    whose = "le service API Carto (IGN)" if asked_on else "le cadastre local"
    if not found.parcels:
        return Outcome(
            found.site_id,
            Status.EMPTY,
            asked_on.isoformat() if asked_on else "",
            f"Aucune parcelle d'après {whose} : voie ou domaine public non cadastré.",
            outside=asked_on is not None,
        )
    plural = "s" if found.parcels > 1 else ""
    detail = f"{found.parcels} parcelle{plural} d'après {whose}"
    if found.invented:
        detail += f", inventée{plural} pour la démonstration"
    return Outcome(
        found.site_id, Status.DONE, found.millesimes, detail, outside=asked_on is not None
    )


def _note(outcome: Outcome, started: dt.datetime) -> Outcome:
    enrichments_record(source=SOURCE, outcomes=[outcome], ran_at=started)
    return outcome
