"""The private folder of the files: one name for each export, read by this account of the machine
alone, nothing left that no export answers for.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

PRIVATE = 0o700
# Longer than the longest making: what is older is what a dead worker left.
ABANDONED_S = 6 * 3600


def folder() -> Path:
    """The folder, made if need be."""
    found = Path(settings.EXPORTS_DIR)
    found.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    found.chmod(PRIVATE)
    return found


def file_of(export_id: int) -> Path:
    """Where the file of an export is, if it is."""
    return folder() / f"{int(export_id)}.bin"


def workshop(export_id: int) -> Path:
    """An empty folder to make the file of an export in; what a former attempt left there goes."""
    found = folder() / f"{int(export_id)}.work"
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(mode=PRIVATE)
    return found


def discard(export_id: int) -> None:
    """Remove the file of an export; nothing happens when there is none."""
    file_of(export_id).unlink(missing_ok=True)


def free_bytes() -> int:
    """What the disk can still take."""
    return shutil.disk_usage(folder()).free


def sweep(known: Iterable[int]) -> int:
    """Remove what is not the file of one of these exports and is old enough; returns how many."""
    names = {file_of(each).name for each in known}
    removed = 0
    for each in folder().iterdir():
        if each.name in names or time.time() - each.stat().st_mtime < ABANDONED_S:
            continue
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)
        removed += 1
    return removed
