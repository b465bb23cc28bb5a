"""Background jobs: procrastinate behind our own names.

A job is enqueued in the transaction of the change that asks for it, carries ids only, runs at
least once and must have the same effect twice. Leaves the work to each package's `tasks.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

logger = logging.getLogger(__name__)

RETRY = RetryStrategy(max_attempts=8, exponential_wait=4)
STALLED_AFTER_S = 30


def job(name: str, *, queue: str = "default") -> Callable[[Callable[..., Any]], Any]:
    """Declare a job under a stable name; failures are retried with growing pauses."""

    def declare(function: Callable[..., Any]) -> Any:
        return app.task(name=name, queue=queue, retry=RETRY)(function)

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


@app.periodic(cron="* * * * *", periodic_id="sweep")
@app.task(name="core.sweep", pass_context=True, queueing_lock="core.sweep")
async def sweep(context: JobContext, timestamp: int) -> None:
    """Put back in the queue the jobs whose worker died: without it delivery is at most once."""
    await rescue(context.app)


async def rescue(of_app: Any) -> int:
    """Retry every job whose worker has given no sign of life for 30 s; returns how many."""
    manager = of_app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S))
    for stuck in stalled:
        await manager.retry_job(stuck)
    if stalled:
        logger.warning("%d stalled job(s) put back in the queue", len(stalled))
    return len(stalled)
