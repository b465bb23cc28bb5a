"""A stand-in for an outside service: an HTTP server on the loopback that can misbehave on order.

Leaves what is answered to each service's fake.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: path, first value of each parameter, all their values, headers, body.

    `body` is None for a GET.
    """

    path: str
    query: Mapping[str, str]
    values: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(slots=True)
class Reply:
    """What is answered. `cut` announces more bytes than are sent; `drip_s` is waited for before
    each byte."""

    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    drip_s: float = 0.0


Fault = Callable[[], Reply | None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Storms of simultaneous calls are part of the tests.
    request_queue_size = 256


class FakeServer(ABC):
    """Counts what it is asked, obeys ordered faults, then answers by `answer`.

    `delay_s` slows every answer; `refusals` lists calls outside the service's contract.
    """

    def __init__(self, port: int = 0) -> None:
        self.asked: list[Asked] = []
        self.refusals: list[str] = []
        self.delay_s = 0.0
        self._faults: deque[Fault] = deque()
        self._always: Fault | None = None
        self._lock = threading.Lock()
        self._released = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake._handle(self, None)

            def do_POST(self) -> None:
                fake._handle(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self._server = _Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    @abstractmethod
    def answer(self, asked: Asked) -> Reply:
        """The answer of the service in good health."""

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.port}"

    def calls(self, path: str = "") -> list[Asked]:
        """What was asked so far, under a path."""
        with self._lock:
            return [asked for asked in self.asked if asked.path.startswith(path)]

    def fault(self, make: Fault, *, times: int = 1) -> None:
        """The next `times` requests meet this fault."""
        self._faults.extend([make] * times)

    def always(self, make: Fault | None) -> None:
        """Every request meets this fault, until called with None."""
        self._always = make

    def hang(self) -> None:
        """A fault: the answer never comes while the fake lives."""
        self._released.wait(60)

    def refuse(self, what: str) -> None:
        """Note a call outside the contract: the test that made it fails at its end."""
        with self._lock:
            self.refusals.append(what)

    def close(self) -> None:
        """Stop listening and let hanging answers go."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _handle(self, handler: BaseHTTPRequestHandler, body: bytes | None) -> None:
        parts = urlsplit(handler.path)
        values = parse_qs(parts.query, keep_blank_values=True)
        asked = Asked(
            parts.path,
            {name: given[0] for name, given in values.items()},
            values,
            {name.lower(): value for name, value in handler.headers.items()},
            body,
        )
        with self._lock:
            self.asked.append(asked)
            ordered = self._faults.popleft() if self._faults else self._always
        if self.delay_s:
            self._released.wait(self.delay_s)
        reply = (ordered() if ordered else None) or self.answer(asked)
        try:
            _send(handler, reply, self._released)
        except (BrokenPipeError, ConnectionResetError):
            # The caller did not wait: that is what the test is about.
            handler.close_connection = True


def _send(handler: BaseHTTPRequestHandler, reply: Reply, released: threading.Event) -> None:
    handler.send_response(reply.status)
    announced = len(reply.body) + (1000 if reply.cut else 0)
    for name, value in {
        "Content-Type": reply.content_type,
        "Content-Length": str(announced),
        **reply.headers,
    }.items():
        handler.send_header(name, value)
    handler.end_headers()
    if reply.drip_s:
        for byte in reply.body:
            released.wait(reply.drip_s)
            handler.wfile.write(bytes([byte]))
    else:
        handler.wfile.write(reply.body)
    if reply.cut:
        handler.close_connection = True


@contextmanager
def standing_in(fake: FakeServer, source: str, settings: Any) -> Iterator[None]:
    """Point a source of the settings at a fake, which is closed at the end."""
    settings.SOURCES = {**settings.SOURCES, source: fake.url}
    settings.TESTING = True
    try:
        yield
    finally:
        fake.close()
