"""Files given to the commands: opened plain or gzip, bounded, decoded.

Leaves what a file holds to its reader.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from geo.core.errors import InvalidInput

GZIP_MAGIC = b"\x1f\x8b"
# What a reading may raise: OSError is also that of a damaged archive.
UNREADABLE = (EOFError, OSError, zlib.error)
ENCODINGS = ("utf-8-sig", "cp1252")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes as a stream, unpacked when they are gzip, whatever its name says."""
    with path.open("rb") as probe:
        packed = probe.read(2) == GZIP_MAGIC
    with gzip.open(path, "rb") if packed else path.open("rb") as stream:
        yield stream  # type: ignore[misc]


def read_bytes(path: Path, max_bytes: int, *, name: str = "", field: str = "file") -> bytes:
    """All of a file's bytes, unpacked. Raises `InvalidInput` naming `field`.

    A small archive may open into something huge: `max_bytes` bounds what comes out of it.
    """
    name = name or path.name
    try:
        with opened(path) as stream:
            raw = stream.read(max_bytes + 1)
    except UNREADABLE as error:
        raise InvalidInput(f"{name} : fichier abîmé ou tronqué.", field=field) from error
    if len(raw) > max_bytes:
        limit = f"{max_bytes // 1_000_000} Mo"
        raise InvalidInput(f"{name} : fichier trop lourd, {limit} au plus.", field=field)
    return raw


def decoded(
    raw: bytes, name: str, *, encodings: Sequence[str] = ENCODINGS, field: str = "file"
) -> str:
    """The text of a file in the first encoding that fits. Raises `InvalidInput` naming `field`."""
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(
        f"{name} : encodage non reconnu ; enregistrez le fichier en UTF-8.", field=field
    )
