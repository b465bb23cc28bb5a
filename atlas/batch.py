"""Printing many sheets: one job for each, in processes of their own that are renewed.

Spawned processes, renewed after some sheets. A fault stays on its sheet and is told with it; a
process that dies has its sheets drawn by others. Leaves arguments and progress to the command.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from geo.core.errors import DomainError

logger = logging.getLogger(__name__)

# Processes are renewed after so many sheets each: the engine's memory drifts.
SHEETS_A_WORKER = 20
SHEET_TIMEOUT_S = 60.0
TRIES = 2
DEATHS = 3


@dataclass(frozen=True, slots=True)
class Job:
    """A sheet to write to `path`, under the rights of `email` (empty: the nation's)."""

    level: str
    code: str
    paper: str
    orientation: str
    when: str
    email: str
    path: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: sites drawn, seconds taken, or the French words of the fault."""

    job: Job
    sites: int = 0
    seconds: float = 0.0
    error: str = ""


def run_all(jobs: Sequence[Job], processes: int) -> Iterator[Outcome]:
    """The outcomes as they come; with one process the sheets are drawn in this one."""
    if processes <= 1 or len(jobs) < 2:
        yield from map(run, jobs)
        return
    left, deaths = list(jobs), 0
    while left and deaths < DEATHS:
        group = left[: SHEETS_A_WORKER * processes]
        try:
            for outcome in _together(group, processes):
                left.remove(outcome.job)
                yield outcome
        except BrokenProcessPool:
            # Whose sheet ended it is not known: those that are left are drawn by new processes.
            deaths += 1
            logger.warning("a printing process has died, %d sheets left", len(left))
    for job in left:
        yield Outcome(job, error="les processus d'impression s'arrêtent (mémoire insuffisante ?)")


def _together(jobs: Sequence[Job], processes: int) -> Iterator[Outcome]:
    """The outcomes of some jobs. Raises `BrokenProcessPool` when a process dies."""
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections}
    setup = (os.environ["DJANGO_SETTINGS_MODULE"], names)
    context = multiprocessing.get_context("spawn")
    workers = min(processes, len(jobs))
    with ProcessPoolExecutor(workers, context, _start, setup) as pool:
        for future in as_completed([pool.submit(run, job) for job in jobs]):
            yield future.result()


def run(job: Job) -> Outcome:
    """Draw one sheet; any fault is tried once more, then told."""
    started = time.monotonic()
    error = ""
    for _ in range(TRIES):
        try:
            with _deadline(SHEET_TIMEOUT_S):
                sites = _write(job)
            return Outcome(job, sites, time.monotonic() - started)
        except DomainError as fault:
            return Outcome(job, error=fault.message, seconds=time.monotonic() - started)
        except TimeoutError:
            error = f"plus de {SHEET_TIMEOUT_S:.0f} s"
        except Exception as fault:
            # Whatever happens to a sheet, the others are printed.
            logger.exception("sheet %s %s", job.level, job.code)
            error = f"{type(fault).__name__} : {fault}"
    return Outcome(job, error=error, seconds=time.monotonic() - started)


def _write(job: Job) -> int:
    from geo.core import rls

    user = account_of(job.email)
    scope = scope_of(user)
    with rls.reading(scope):
        return _draw(job, user, scope)


def _draw(job: Job, user: Any, scope: Any) -> int:
    # The engine takes a second to import: only a process that draws pays for it.
    from atlas.document import sheet_pdf
    from atlas.orders import order_of
    from atlas.sheet import sheet_make
    from geo.accounts.readlog import ReadPurpose, log_read
    from geo.core.scope import DataClass
    from geo.core.when import parse_when

    order = order_of(
        scope,
        job.level,
        job.code,
        when=parse_when(job.when),
        paper=job.paper,
        orientation=job.orientation,
    )
    sheet = sheet_make(replace(order, printed_for=str(user) if user else ""))
    log_read(
        by=user,
        data_classes=[DataClass.GENERAL],
        route="print_maps",
        object_ids=[*sheet.matter.site_ids],
        purpose=ReadPurpose.PRINT,
    )
    path = Path(job.path)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(sheet_pdf(sheet))
    unfinished.replace(path)
    return len(sheet.marks)


def scope_of(user: Any) -> Any:
    """The scope of an account, or the nation's without one."""
    from geo.accounts.scopes import scope_for
    from geo.core.scope import Scope

    return scope_for(user) if user else Scope.nation()


def account_of(email: str) -> Any:
    """The active account of an address, None without an address. Raises `InvalidInput`."""
    from geo.accounts.models import User
    from geo.core.errors import InvalidInput

    if not email:
        return None
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        raise InvalidInput("Aucun compte actif à cette adresse.", field="--as")
    return user


def _start(settings_module: str, names: dict[str, str]) -> None:
    """A worker's beginning: the same settings and the same database as its parent."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings_module
    import django

    django.setup()
    for alias, name in names.items():
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name
    for noisy in ("weasyprint", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` after that time, where the system lets a process be woken."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: Any) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
