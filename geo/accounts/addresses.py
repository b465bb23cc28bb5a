"""The address of who asks, as far as it can be believed. Leaves its use to who asks for it."""

from __future__ import annotations

import logging

from allauth.core.internal.httpkit import get_client_ip
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

logger = logging.getLogger(__name__)


def client_address(request: HttpRequest) -> str:
    """The reader's address, through as many proxies as the settings trust; empty if unknown.

    A request that came through fewer of them tells nothing sure: it counts as its last proxy.
    """
    try:
        return get_client_ip(request) or ""
    except ImproperlyConfigured:
        logger.error("TRUSTED_PROXIES is more than the addresses of X-Forwarded-For")
        return str(request.META.get("REMOTE_ADDR", ""))
