"""The disk cache stays within its bound, and loses the least used first."""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from layers.cache import BLOCK, DiskCache
from layers.locks import Busy, locked


def key(n: int) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()


def used(cache: DiskCache) -> int:
    """What the files take, in whole blocks."""
    sizes = [path.stat().st_size for path in cache.folder.glob("tiles/*/*")]
    return sum(-(-size // BLOCK) * BLOCK for size in sizes)


def test_a_body_comes_back_with_its_age(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 10**6)
    assert cache.get(key(1)) is None
    assert cache.put(key(1), b"body")
    entry = cache.get(key(1))
    assert entry
    assert entry.body == b"body"
    assert abs(time.time() - entry.stored_at) < 5


def test_the_count_follows_the_files(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 10**6)
    for n in range(10):
        cache.put(key(n), bytes(5000 * n))
    cache.put(key(3), b"smaller")
    cache.drop(key(4))
    cache.drop(key(99))
    assert cache.used_bytes() == used(cache) > 0


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 20 * BLOCK)
    long_ago = time.time() - 100_000
    for n in range(20):
        cache.put(key(n), b"x")
        path = tmp_path / "tiles" / key(n)[:2] / key(n)[2:]
        os.utime(path, (long_ago + n, long_ago))
    assert cache.get(key(0))
    cache.put(key(20), b"x")
    assert cache.get(key(0)), "read just now"
    assert cache.get(key(20)), "written just now"
    assert cache.get(key(1)) is None
    assert used(cache) <= 20 * BLOCK
    assert cache.used_bytes() == used(cache)


def test_the_bound_holds_under_many_writers(tmp_path: Path) -> None:
    bound = 50 * BLOCK

    def write(n: int) -> None:
        DiskCache(tmp_path, bound).put(key(n), bytes(n % 3 * 4000 + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(400)))
    cache = DiskCache(tmp_path, bound)
    assert 0 < used(cache) <= bound
    assert cache.used_bytes() == used(cache)


@pytest.mark.parametrize("left", ["", "nonsense", None])
def test_a_lost_count_is_counted_again(tmp_path: Path, left: str | None) -> None:
    cache = DiskCache(tmp_path, 10**6)
    for n in range(5):
        cache.put(key(n), b"x")
    usage = tmp_path / "usage"
    if left is None:
        usage.unlink()
    else:
        usage.write_text(left)
    cache.put(key(5), b"x")
    # The new file may be counted on top of a scan that did not see it yet, never twice.
    assert cache.used_bytes() == used(cache) == 6 * BLOCK


def test_abandoned_writes_are_cleared_by_pruning(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 4 * BLOCK)
    cache.put(key(0), b"x")
    folder = tmp_path / "tiles" / key(0)[:2]
    (folder / ".new-old").write_bytes(bytes(BLOCK))
    (folder / ".new-now").write_bytes(bytes(BLOCK))
    os.utime(folder / ".new-old", (0, 0))
    for n in range(1, 6):
        cache.put(key(n), b"x")
    assert not (folder / ".new-old").exists()
    assert (folder / ".new-now").exists()


def test_a_lock_is_waited_for_within_a_bound(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path, wait_s=0):
        started = time.monotonic()
        with pytest.raises(Busy), locked(path, wait_s=0.1):
            pass
        assert 0.1 <= time.monotonic() - started < 2
    with locked(path, wait_s=0):
        pass
