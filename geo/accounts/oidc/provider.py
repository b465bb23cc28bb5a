"""The provider as it describes itself: its addresses and keys, fetched, checked, kept a while.

Everything must lie under the issuer's own address. Leaves what is signed with the keys to `tokens`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from geo.accounts.oidc.refusals import Reason, SignInRefused
from geo.core.errors import SourceUnavailable
from geo.core.http import Answer, fetch

SOURCE = "proconnect"
DISCOVERY = "/.well-known/openid-configuration"
DESCRIBED_FOR_S = 3600.0
KEYS_FOR_S = 600.0
# An unknown key makes us look again, but nobody can make us look at each request.
KEYS_AGAIN_S = 10.0
DEADLINE_S = 6.0
MAX_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Provider:
    """Paths under the issuer's address."""

    issuer: str
    authorize: str
    token: str
    userinfo: str
    jwks: str
    end_session: str


@dataclass(slots=True)
class _Kept:
    """What this process remembers of one issuer."""

    provider: Provider | None = None
    described_at: float = -1e9
    keys: tuple[dict[str, Any], ...] = ()
    keys_at: float = -1e9


_kept: dict[str, _Kept] = {}
_lock = threading.Lock()


def is_offered() -> bool:
    """Whether the settings name a provider."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET)


def issuer() -> str:
    """The issuer's address, without a final slash."""
    return str(settings.OIDC_ISSUER).rstrip("/")


def provider() -> Provider:
    """The provider's addresses; raises `SignInRefused` when it cannot be known."""
    if not is_offered():
        raise SignInRefused(Reason.NOT_CONFIGURED)
    kept = _of(issuer())
    if kept.provider is None or time.monotonic() - kept.described_at > DESCRIBED_FOR_S:
        kept.provider = _described(json_of(ask(DISCOVERY)))
        kept.described_at = time.monotonic()
    return kept.provider


def signing_key(kid: str, kty: str) -> dict[str, Any]:
    """The published key of that name and type; raises `SignInRefused` when there is none."""
    kept = _of(issuer())
    for fresh in (False, True):
        age = time.monotonic() - kept.keys_at
        if age > (KEYS_AGAIN_S if fresh else KEYS_FOR_S):
            kept.keys = _keys(json_of(ask(provider().jwks)))
            kept.keys_at = time.monotonic()
        for key in kept.keys:
            if key.get("kid") == kid and key.get("kty") == kty and key.get("use", "sig") == "sig":
                return key
    raise SignInRefused(Reason.KEY_UNKNOWN)


def ask(
    path: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One call of the provider; a POST is never repeated. Raises `SignInRefused` if it is down."""
    try:
        return fetch(
            SOURCE,
            path,
            form=form,
            headers=headers,
            tries=1 if form is not None else 2,
            deadline_s=DEADLINE_S,
            max_bytes=MAX_BYTES,
        )
    except SourceUnavailable as error:
        raise SignInRefused(Reason.PROVIDER_DOWN) from error


def json_of(answer: Answer) -> dict[str, Any]:
    """The JSON object of a 200 answer; anything else is refused."""
    if answer.status >= 500:
        raise SignInRefused(Reason.PROVIDER_DOWN)
    if answer.status != 200 or answer.content_type != "application/json":
        raise SignInRefused(Reason.PROVIDER_GARBAGE)
    return parsed(answer.body)


def parsed(body: bytes) -> dict[str, Any]:
    """A JSON object, or a refusal."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SignInRefused(Reason.PROVIDER_GARBAGE) from error
    if not isinstance(content, dict):
        raise SignInRefused(Reason.PROVIDER_GARBAGE)
    return content


def forget() -> None:
    """Forget what is remembered of every provider."""
    with _lock:
        _kept.clear()


def _of(name: str) -> _Kept:
    with _lock:
        return _kept.setdefault(name, _Kept())


def _described(content: dict[str, Any]) -> Provider:
    base = issuer()
    if content.get("issuer") != base:
        raise SignInRefused(Reason.PROVIDER_GARBAGE)
    paths = []
    for name in ("authorization", "token", "userinfo", "jwks", "end_session"):
        address = content.get("jwks_uri" if name == "jwks" else f"{name}_endpoint")
        if not isinstance(address, str) or not address.startswith(f"{base}/"):
            raise SignInRefused(Reason.PROVIDER_GARBAGE)
        paths.append(address.removeprefix(base))
    return Provider(base, *paths)


def _keys(content: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    keys = content.get("keys")
    if not isinstance(keys, list):
        raise SignInRefused(Reason.PROVIDER_GARBAGE)
    return tuple(key for key in keys if isinstance(key, dict))
