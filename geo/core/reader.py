"""The request as views receive it, once the middlewares have said who reads.

Leaves how the scope is built to `geo.accounts`.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from geo.core.scope import Scope


class ReaderRequest(HttpRequest):
    """A request with the reader's rights; `feed_token` is None unless a token was given."""

    scope: Scope
    feed_token: Any
