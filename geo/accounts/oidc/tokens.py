"""Checks of what the provider signed: the `id_token`, and `userinfo` where it is a token too.

The algorithm is the one of the settings, never the one that the token's header asks for. Leaves
fetching to `client`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import jwt
from django.conf import settings

from geo.accounts.oidc.provider import issuer, signing_key
from geo.accounts.oidc.refusals import Reason, SignInRefused

KEY_TYPES = {"ES256": "EC", "RS256": "RSA"}
LEEWAY_S = 30
# The order matters: the first class that fits gives the name.
NAMED: tuple[tuple[type[Exception], Reason], ...] = (
    (jwt.ExpiredSignatureError, Reason.EXPIRED),
    (jwt.ImmatureSignatureError, Reason.EXPIRED),
    (jwt.InvalidIssuerError, Reason.ISSUER),
    (jwt.InvalidAudienceError, Reason.AUDIENCE),
    (jwt.MissingRequiredClaimError, Reason.CLAIM_MISSING),
    (jwt.InvalidSignatureError, Reason.SIGNATURE),
    (jwt.InvalidAlgorithmError, Reason.ALGORITHM),
    (jwt.PyJWTError, Reason.TOKEN_MALFORMED),
)


def id_token_claims(token: str, *, nonce: str, access_token: str) -> dict[str, Any]:
    """The verified claims of an `id_token`; raises `SignInRefused` naming what is wrong."""
    claims = signed_claims(token, required=("sub", "iss", "aud", "exp", "iat", "nonce"))
    given = claims["nonce"]
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise SignInRefused(Reason.NONCE)
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if (several or "azp" in claims) and claims.get("azp") != settings.OIDC_CLIENT_ID:
        raise SignInRefused(Reason.AUDIENCE)
    if "at_hash" in claims and claims["at_hash"] != half_hash(access_token):
        raise SignInRefused(Reason.ACCESS_TOKEN)
    return claims


def signed_claims(token: str, *, required: tuple[str, ...]) -> dict[str, Any]:
    """The claims of a token signed by the provider for us; raises `SignInRefused`."""
    algorithm = settings.OIDC_ALGORITHM
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != algorithm:
            raise SignInRefused(Reason.ALGORITHM)
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise SignInRefused(Reason.KEY_UNKNOWN)
        key = jwt.PyJWK(signing_key(kid, KEY_TYPES[algorithm]), algorithm)
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=settings.OIDC_CLIENT_ID,
            issuer=issuer(),
            leeway=LEEWAY_S,
            options={"require": list(required)},
        )
    except jwt.PyJWTError as error:
        reason = next(reason for kind, reason in NAMED if isinstance(error, kind))
        raise SignInRefused(reason) from error
    if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
        raise SignInRefused(Reason.CLAIM_MISSING)
    return claims


def half_hash(access_token: str) -> str:
    """`at_hash`: the left half of the digest of the access token."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
