"""The process that runs the jobs: it outlives the database's absences and takes up what died.

Leaves what is run to each package's `tasks.py` and the command line to `manage.py worker`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Iterable
from typing import Any

import psycopg
import psycopg_pool
from asgiref.sync import sync_to_async
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector

from geo.core.jobs import STALLED_AFTER_S, rescue

logger = logging.getLogger(__name__)

CONCURRENCY = 4
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0
# A print may be under way when the machine stops; what is cut is taken up by the next worker.
# Shorter than what `make stop` and systemd leave before they kill.
GRACE_S = 15.0
AWAY = (ConnectorException, psycopg.Error, psycopg_pool.PoolTimeout, OSError)


async def serve(
    *,
    concurrency: int = CONCURRENCY,
    stalled_after_s: float = STALLED_AFTER_S,
    queues: Iterable[str] | None = None,
) -> None:
    """Run jobs until SIGTERM or SIGINT, then let those under way end.

    When the database goes away the worker starts again by itself as soon as it is back. It gives
    a sign of life every third of `stalled_after_s`, after which others take up its jobs.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    pause_s = FIRST_PAUSE_S
    while not stop.is_set():
        started = loop.time()
        try:
            await _work(stop, concurrency, stalled_after_s, queues)
        except AWAY as error:
            logger.warning("database away (%s)", type(error).__name__)
        # The connection of the thread that enqueues periodic jobs is dead too.
        await sync_to_async(connections.close_all)()
        if stop.is_set():
            break
        pause_s = FIRST_PAUSE_S if loop.time() - started > 60 else min(pause_s * 2, LONGEST_PAUSE_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause_s)
    logger.info("worker stopped")


async def _work(
    stop: asyncio.Event, concurrency: int, stalled_after_s: float, queues: Iterable[str] | None
) -> None:
    """One life of the worker: until `stop`, or until something of it fails."""
    connector = PsycopgConnector(
        kwargs=connector_params(), min_size=1, max_size=concurrency, timeout=10
    )
    # Not `replace_connector`: what jobs enqueue must go through Django's connection, in their own
    # transaction, and not through the worker's.
    of_worker = app.with_connector(connector)
    chosen: dict[str, Any] = {"queues": list(queues)} if queues else {}
    async with of_worker.open_async():
        work = asyncio.create_task(
            of_worker.run_worker_async(
                **chosen,
                concurrency=concurrency,
                install_signal_handlers=False,
                delete_jobs="successful",
                shutdown_graceful_timeout=GRACE_S,
                update_heartbeat_interval=stalled_after_s / 3,
                stalled_worker_timeout=stalled_after_s,
            )
        )
        sides = [
            asyncio.create_task(_rescue_regularly(of_worker, stalled_after_s)),
            asyncio.create_task(stop.wait()),
        ]
        logger.info("worker started (%d jobs at once)", concurrency)
        try:
            await asyncio.wait({work, *sides}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(work, *sides)


async def _rescue_regularly(of_worker: Any, stalled_after_s: float) -> None:
    while True:
        await rescue(of_worker, stalled_after_s=stalled_after_s)
        await asyncio.sleep(stalled_after_s / 2)


async def _end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel what still runs (the worker ends its jobs first) and raise the first failure."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
