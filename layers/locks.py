"""Locks on files, held across threads and processes, waited for within a bound.

`flock` belongs to each opening of the file, so two threads of one process exclude each other as
two processes do, and a lock dies with its holder. Leaves what is protected to the callers.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_S = 0.01


class Busy(Exception):
    """The lock was not free within the time allowed."""


@contextmanager
def locked(path: Path, *, wait_s: float) -> Iterator[int]:
    """Hold the lock of `path` (made if absent); yields its descriptor, open for both ways.

    Raises `Busy` after `wait_s` seconds, `OSError` when the file cannot be made.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    end = time.monotonic() + wait_s
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise Busy(path.name) from None
                time.sleep(POLL_S)
        yield descriptor
    finally:
        os.close(descriptor)


def read_note(descriptor: int) -> str:
    """The short text left in a lock's file by a former holder, empty when there is none."""
    return os.pread(descriptor, 4096, 0).decode("utf-8", "replace")


def write_note(descriptor: int, text: str) -> None:
    """Leave a short text in the lock's file for the next holder."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
