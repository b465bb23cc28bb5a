"""The content security policy: everything from our own address, nothing else.

One exception, for forms alone: the provider that people sign in at, where the settings name one.
"""

from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF


def content_security_policy(issuer: str = "") -> dict[str, Any]:
    """The policy of every page; `issuer` is the address of the identity provider, or empty."""
    parts = urlsplit(issuer)
    provider = [f"{parts.scheme}://{parts.netloc}"] if issuer else []
    return {
        "DIRECTIVES": {
            "default-src": [NONE],
            "script-src": [SELF, NONCE],
            "worker-src": [SELF],
            "style-src": [SELF],
            "img-src": [SELF, "data:"],
            "font-src": [SELF],
            "connect-src": [SELF],
            "manifest-src": [SELF],
            "object-src": [NONE],
            "base-uri": [NONE],
            "frame-ancestors": [NONE],
            "form-action": [SELF, *provider],
        }
    }
