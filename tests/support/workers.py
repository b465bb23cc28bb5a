"""Real worker processes on the suite's database, for the tests that kill them.

Leaves what the jobs do to the tests.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from django.db import connections

ROOT = Path(__file__).resolve().parent.parent.parent


def database_url() -> str:
    """The address of the suite's database, as the application's role."""
    known = connections["default"].settings_dict
    wanted = {"user": known["USER"], "host": known["HOST"], "port": known["PORT"]}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"postgresql:///{quote(known['NAME'])}?{query}"


@contextmanager
def worker(log: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A running `manage.py worker`; killed at the end if the test did not end it."""
    environ = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": database_url(),
        "APICARTO_URL": "http://127.0.0.1:9",
    }
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", *options],
            cwd=ROOT,
            env=environ,
            stdout=file,
            stderr=file,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait(10)


def wait_until(condition: Callable[[], bool], *, seconds: float, log: Path) -> None:
    """Poll until a condition holds; fails with the worker's log when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not in {seconds} s; the worker says:\n{log.read_text()[-3000:]}")
        time.sleep(0.05)
