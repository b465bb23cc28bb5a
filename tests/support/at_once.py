"""Several works at the same time, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context

from django.db import connection


def at_once(*works: Callable[[], object]) -> None:
    """Run these in threads of their own, each with its connection; raise their first failure."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(10)
            work()
        except BaseException as error:  # noqa: BLE001 it is raised again below
            failures.append(error)
        finally:
            connection.close()

    # A thread starts with nobody who reads: these go on as the test does.
    threads = [threading.Thread(target=copy_context().run, args=(run, work)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "someone waits for ever"
    if failures:
        raise failures[0]
