"""Small encodings of OAuth."""

from __future__ import annotations

import base64
import hashlib


def base64url(content: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier."""
    return base64url(hashlib.sha256(verifier.encode()).digest())


def half_hash(token: str) -> str:
    """`at_hash`."""
    return base64url(hashlib.sha256(token.encode()).digest()[:16])
