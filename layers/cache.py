"""A bounded cache of files on disk, shared by the processes of one machine.

Least recently used files go first once the bound is passed. A file's modification time is the
moment it was stored; its access time, set by us whatever the mount says, the last use. Leaves to
its callers what a body means and how long it is good.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from layers.locks import Busy, locked, read_note, write_note

logger = logging.getLogger(__name__)

# Pruning goes down to this share of the bound, so that it is rare.
KEPT_SHARE = 0.9
TOUCH_EVERY_S = 3600
# The disk gives whole blocks: what a small file truly takes.
BLOCK = 4096
LOCK_WAIT_S = 2.0
ABANDONED_S = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored body and the moment it was stored (seconds since the epoch)."""

    body: bytes
    stored_at: float


class DiskCache:
    """Bodies by key (hexadecimal text) under `folder`, at most `max_bytes` on disk in all."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._bodies = folder / "tiles"
        self._usage = folder / "usage"

    def get(self, key: str) -> Entry | None:
        """The body of `key` and its age; None when it is not held or cannot be read."""
        path = self._path(key)
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                body = file.read()
        except OSError:
            return None
        now = time.time()
        if now - status.st_atime > TOUCH_EVERY_S:
            with contextlib.suppress(OSError):
                os.utime(path, (now, status.st_mtime))
        return Entry(body, status.st_mtime)

    def put(self, key: str, body: bytes) -> bool:
        """Store a body in place of the former one; False (and a log line) when the disk refuses.

        Readers see the old body or the new one, never a part.
        """
        path = self._path(key)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(body)
                with self._counting(path, _size(len(body))):
                    Path(temporary).replace(path)
            finally:
                Path(temporary).unlink(missing_ok=True)
        except (OSError, Busy) as error:
            logger.warning("layer cache: a tile was not kept (%s)", type(error).__name__)
            return False
        return True

    def drop(self, key: str) -> None:
        """Forget a body; nothing happens when it is not held."""
        path = self._path(key)
        with contextlib.suppress(OSError, Busy), self._counting(path, 0):
            path.unlink(missing_ok=True)

    def used_bytes(self) -> int:
        """The bytes counted, as the last writers left them."""
        try:
            return int(self._usage.read_text() or 0)
        except (OSError, ValueError):
            return 0

    def _path(self, key: str) -> Path:
        return self._bodies / key[:2] / key[2:]

    @contextmanager
    def _counting(self, path: Path, size: int) -> Iterator[None]:
        """Hold the count while a file comes to take `size` bytes; makes room for it first."""
        with locked(self._usage, wait_s=LOCK_WAIT_S) as descriptor:
            note = read_note(descriptor)
            used = int(note) if note.isdecimal() else self._prune(self.max_bytes)
            used += size - _size_of(path)
            if used > self.max_bytes:
                used = self._prune(int(self.max_bytes * KEPT_SHARE) - size)
                used += size - _size_of(path)
            # Written before the file is: a process killed between the two leaves the count too
            # high, and the next pruning counts anew.
            write_note(descriptor, str(max(0, used)))
            yield

    def _prune(self, target: int) -> int:
        """Delete the least recently used files down to `target` bytes; returns what is left."""
        files: list[tuple[float, int, str]] = []
        now = time.time()
        for folder in self._bodies.glob("*"):
            for entry in os.scandir(folder):
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    if entry.name.startswith(".new-") and now - status.st_mtime < ABANDONED_S:
                        continue
                    files.append((status.st_atime, _size(status.st_size), entry.path))
        used = sum(size for _, size, _ in files)
        files.sort()
        for _, size, path in files:
            if used <= target:
                break
            with contextlib.suppress(FileNotFoundError):
                Path(path).unlink()
            used -= size
        return used


def _size(length: int) -> int:
    return -(-length // BLOCK) * BLOCK


def _size_of(path: Path) -> int:
    try:
        return _size(path.stat().st_size)
    except OSError:
        return 0
