"""A fake of the cadastre's file server: what is put on it is served under the official addresses.

Leaves the faults to `tests.fakes.server`.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.fakes.server import Asked, FakeServer, Reply, standing_in

ROOT = "/data/etalab-cadastre"


class CadastreFiles(FakeServer):
    """Files by path; a path that is not there is a 404, another root is outside the contract."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.modified = "Thu, 01 Oct 2026 08:00:00 GMT"

    def put(self, path: str, body: bytes) -> str:
        """Serve `body`, packed, at `ROOT/path`."""
        self.files[f"{ROOT}/{path}"] = gzip.compress(body)
        return f"{self.url}{ROOT}/{path}"

    def answer(self, asked: Asked) -> Reply:
        """The file, or 404."""
        if not asked.path.startswith(ROOT):
            self.refuse(f"outside the cadastre: {asked.path}")
        body = self.files.get(asked.path)
        if body is None:
            return Reply(404, "text/html", b"<html>404</html>")
        return Reply(200, "application/gzip", body, {"Last-Modified": self.modified})


@contextmanager
def cadastre_files(settings: Any) -> Iterator[CadastreFiles]:
    """A running fake that the settings point at; fails at its end on calls outside the contract."""
    fake = CadastreFiles()
    with standing_in(fake, "cadastre", settings):
        yield fake
    assert not fake.refusals, fake.refusals
