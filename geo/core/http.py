"""The one door to outside services: pooled, bounded in time and size, retried with care.

Every client of an outside service (`layers`, `cadastre`, `geo.territories`, …) goes through
`fetch`. Leaves to each client the shape of the answers and what a failure means for its work.
"""

from __future__ import annotations

import io
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import connection
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from geo.core.errors import SourceSilent, SourceUnavailable

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 10.0
DEADLINE_S = 30.0
TRIES = 3
MAX_BYTES = 50_000_000
CHUNK_BYTES = 65_536
RETRIED = {429, 502, 503, 504}

_local = threading.local()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said: status, lower-cased headers, whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def fetch(
    source: str,
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    tries: int = TRIES,
    deadline_s: float = DEADLINE_S,
    max_bytes: int = MAX_BYTES,
) -> Answer:
    """GET (or POST when `json` or `form` is given) `path` of a named source.

    Retries 429 (honouring `Retry-After`), 502-504, timeouts and cut bodies with exponential
    back-off and jitter inside `deadline_s` seconds; follows no redirect to another host. Any other
    status is returned as it is. Raises `SourceSilent` (naming the source, never the query), and
    `SourceUnavailable` for an answer that is too long.
    """
    end = time.monotonic() + deadline_s
    url = settings.SOURCES[source] + path

    def once() -> Answer:
        body = io.BytesIO()
        answer = _once(
            url,
            params=params,
            json=json,
            form=form,
            headers=headers,
            end=end,
            max_bytes=max_bytes,
            sink=body,
        )
        return replace(answer, body=body.getvalue())

    return _insist(source, once, tries, end)


def download(
    source: str,
    path: str,
    target: Path,
    *,
    tries: int = TRIES,
    deadline_s: float = DEADLINE_S,
    max_bytes: int = MAX_BYTES,
) -> Answer:
    """GET `path` of a named source into the file `target`, never held in memory.

    Retries and errors are those of `fetch`; the answer's body is empty, whatever its status.
    """
    end = time.monotonic() + deadline_s
    url = settings.SOURCES[source] + path

    def once() -> Answer:
        with target.open("wb") as file:
            return _once(
                url,
                params=None,
                json=None,
                form=None,
                headers=None,
                end=end,
                max_bytes=max_bytes,
                sink=file,
            )

    return _insist(source, once, tries, end)


def _insist(source: str, once: Callable[[], Answer], tries: int, end: float) -> Answer:
    """The first usable answer of at most `tries` calls before `end` (monotonic seconds)."""
    if connection.in_atomic_block and not getattr(settings, "TESTING", False):
        raise RuntimeError("no outside call inside a database transaction")
    reason = "aucune réponse"
    for attempt in range(1, tries + 1):
        try:
            answer = once()
        except requests.Timeout:
            reason = "délai dépassé"
        except requests.RequestException as error:
            reason = "liaison coupée" if attempt > 1 else f"injoignable ({type(error).__name__})"
        else:
            if answer.status not in RETRIED:
                return answer
            reason = f"réponse {answer.status}"
            if not _pause(attempt, tries, end, answer.headers.get("retry-after")):
                break
            continue
        if not _pause(attempt, tries, end, None):
            break
    logger.warning("source %s: %s", source, reason)
    raise SourceSilent(f"Le service « {source} » ne répond pas ({reason}).")


def _once(
    url: str,
    *,
    params: Mapping[str, Any] | None,
    json: Any,
    form: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    end: float,
    max_bytes: int,
    sink: IO[bytes],
) -> Answer:
    """One call; its body goes to `sink`, and the answer is returned without it."""
    remaining = max(0.1, end - time.monotonic())
    with _session().request(
        "GET" if json is None and form is None else "POST",
        url,
        params=params,
        json=json,
        data=form,
        headers=dict(headers or {}),
        timeout=(min(CONNECT_TIMEOUT_S, remaining), min(READ_TIMEOUT_S, remaining)),
        allow_redirects=False,
        stream=True,
    ) as response:
        received = 0
        while chunk := _arrived(response):
            received += sink.write(chunk)
            if received > max_bytes:
                raise SourceUnavailable("La réponse du service dépasse la taille permise.")
            if time.monotonic() > end:
                raise requests.Timeout
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, lowered, b"")


def _arrived(response: requests.Response) -> bytes:
    """The bytes that are there, empty at the end.

    `iter_content` waits for a full block: a body told drop by drop would never meet its deadline.
    """
    try:
        return bytes(response.raw.read1(CHUNK_BYTES, decode_content=True))
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from error
    except HTTPError as error:
        raise requests.ConnectionError(error) from error


def _pause(attempt: int, tries: int, end: float, retry_after: str | None) -> bool:
    """Sleep before the next try; False when there is no next try or no time for it."""
    if attempt >= tries:
        return False
    delay = 0.25 * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311
    if retry_after and retry_after.isdigit():
        delay = max(delay, float(retry_after))
    if time.monotonic() + delay >= end:
        return False
    time.sleep(delay)
    return True


def _session() -> requests.Session:
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = requests.Session()
        session.headers["User-Agent"] = "atlas-resorption"
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=8)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        _local.session = session
    return session


def host_of(source: str) -> str:
    """The host name of a source, for attributions and reports."""
    return urlsplit(settings.SOURCES[source]).netloc
