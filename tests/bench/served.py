"""Servers to measure over HTTP: ours as `make serve` runs it, and its peers, on one database.

Leaves what is asked of them to `over_http`.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.support.database import parameters
from tests.support.workers import ROOT, database_url

PEERS = ROOT / ".local" / "peers"
LOCK = ROOT / "requirements" / "peers.txt"


class Connection:
    """One kept-open connection to a server, with the same headers at each request."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self.headers = headers or {}
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str, status: int = 200, **headers: str) -> bytes:
        """The body of an answer; fails on another status."""
        self.http.request("GET", path, headers=self.headers | headers)
        answer = self.http.getresponse()
        body = answer.read()
        assert answer.status == status, (path, answer.status, body[:300])
        self.etag = answer.headers.get("ETag", "")
        return body


@contextmanager
def product() -> Iterator[int]:
    """Our server on the test database: two processes of four threads; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", "--threads", "4", "--no-control-socket"]
    command += ["--keep-alive", "60"]
    environ = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": database_url(),
        "ATLAS_DEMO": "1",
    }
    # A database and a secret given together are those of a service, never of a demonstration.
    environ.pop("SECRET_KEY", None)
    with _running(command, environ, port, ROOT):
        yield port


@contextmanager
def vectortiles() -> Iterator[int]:
    """django-vectortiles under the server that ours has."""
    known, port = parameters("default"), free_port()
    command = [str(peer("gunicorn")), "vectortiles_project:application"]
    command += [
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
        "--keep-alive",
        "60",
    ]
    environ = os.environ | {
        "PEER_DATABASE": known["dbname"],
        "PEER_HOST": known["host"],
        "PEER_USER": known["user"],
    }
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    with _running(command, environ, port, Path(__file__).parent / "peers"):
        yield port


def peer(program: str) -> Path:
    """A program of the peers' environment, which is made when its lock has changed."""
    stamp = PEERS / ".lock"
    if not stamp.exists() or stamp.read_bytes() != LOCK.read_bytes():
        shutil.rmtree(PEERS, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
        install = [str(PEERS / "bin" / "pip"), "install", "--quiet", "--require-hashes"]
        subprocess.run([*install, "--only-binary", ":all:", "-r", str(LOCK)], check=True, cwd=ROOT)
        stamp.write_bytes(LOCK.read_bytes())
    return PEERS / "bin" / program


def free_port() -> int:
    """A port that nobody listens to now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _running(
    command: list[str], environ: dict[str, str], port: int, folder: Path
) -> Iterator[None]:
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=said
        ) as process,
    ):
        try:
            _wait(process, port, said)
            yield
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, said: IO[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            said.seek(0)
            raise RuntimeError(said.read().decode()[-2000:])
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
