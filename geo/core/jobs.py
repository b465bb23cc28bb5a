"""Background jobs: procrastinate behind our own names.

A job is enqueued in the transaction of the change that asks for it, carries ids only, runs at
least once and must have the same effect twice. Leaves the work to each package's `tasks.py`, and
running it to `geo.core.worker`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.db import transaction
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from geo.core import rls, tracing
from geo.core.scope import Scope

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
RETRY = RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=4)
STALLED_AFTER_S = 30.0
# A job that serves nobody's screen may need any site.
EVERYWHERE = Scope.nation()
_RUNNING: ContextVar[int | None] = ContextVar("job_running", default=None)


def job(
    name: str, *, queue: str = "default", reader: Scope | None = EVERYWHERE
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a job under a stable name; failures are retried with growing pauses.

    It reads as `reader`; one that answers to a person opens `rls.reading` on that person's scope
    as it is when it runs.
    """

    def declare(function: Callable[..., Any]) -> Any:
        read = _numbered(_as(name, reader, function))
        return app.task(name=name, queue=queue, retry=RETRY, pass_context=True)(read)

    return declare


def periodic(
    name: str, cron: str, *, queue: str = "default", reader: Scope | None = EVERYWHERE
) -> Callable[..., Any]:
    """Declare a job that the workers enqueue themselves, never twice at a time.

    The function is given `timestamp` (seconds since the epoch, UTC). It is not retried: the next
    turn is.
    """

    def declare(function: Callable[..., Any]) -> Any:
        read = _as(name, reader, function)
        task = app.task(name=name, queue=queue, queueing_lock=name, lock=name)(read)
        return app.periodic(cron=cron, periodic_id=name)(task)

    return declare


def enqueue(task: Any, *, lock: str | None = None, once: str | None = None, **ids: Any) -> None:
    """Enqueue a job in the current transaction.

    `lock`: jobs with the same lock run one after the other. `once`: not enqueued again while one
    with the same key still waits.
    """
    try:
        with transaction.atomic():
            task.configure(lock=lock, queueing_lock=once).defer(**ids)
    except AlreadyEnqueued:
        logger.debug("job %s already waits", once)


def _as(name: str, reader: Scope | None, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with rls.reading(reader), tracing.acting(tracing.Act("job", name)):
            return function(*args, **kwargs)

    return run


def job_running() -> int | None:
    """The number of the job that runs here, the same each time that it is run again."""
    return _RUNNING.get()


@contextmanager
def running(number: int | None) -> Iterator[None]:
    """Be the job of this number."""
    token = _RUNNING.set(number)
    try:
        yield
    finally:
        _RUNNING.reset(token)


def _numbered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take the worker's context off the arguments; a direct call has none."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], JobContext):
            with running(args[0].job.id):
                return function(*args[1:], **kwargs)
        return function(*args, **kwargs)

    return run


async def rescue(of_app: Any, *, stalled_after_s: float = STALLED_AFTER_S) -> int:
    """Put back in the queue every job whose worker died; returns how many.

    A worker is dead when it has given no sign of life for `stalled_after_s` seconds. A job that
    outlived its attempts, most likely because it kills its worker, is given up as failed.
    """
    manager = of_app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after_s))
    for stuck in stalled:
        # Another worker may have put it back meanwhile.
        with suppress(ConnectorException):
            await _put_back(manager, stuck)
    if stalled:
        logger.warning("%d stalled job(s) put back in the queue", len(stalled))
    return len(stalled)


async def _put_back(manager: Any, stuck: Job) -> None:
    if stuck.attempts + 1 >= MAX_ATTEMPTS:
        logger.error("job %s of %s given up", stuck.id, stuck.task_name)
        await manager.finish_job(job=stuck, status=Status.FAILED, delete_job=False)
        return
    try:
        await manager.retry_job(stuck)
    except UniqueViolation:
        # The same work waits already (`once`): this one has nothing left to do.
        await manager.finish_job(job=stuck, status=Status.ABORTED, delete_job=True)
