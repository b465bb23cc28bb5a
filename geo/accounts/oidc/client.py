"""Our side of the code flow: where to send the browser, and what to make of what it brings back.

Only the parameters that ProConnect accepts; state and nonce of 43 characters, PKCE S256, secret in
the POST body. Leaves the session to `web` and the person to `people`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from geo.accounts.oidc.provider import ask, issuer, json_of, parsed, provider
from geo.accounts.oidc.refusals import Reason, SignInRefused
from geo.accounts.oidc.tokens import id_token_claims, signed_claims

SCOPES = "openid given_name usual_name email uid siret idp_id"
MFA_LEVELS = ("eidas0-mfa", "eidas1-mfa", "eidas2", "eidas3")
# `amr` is essential: without it we could not tell. `acr` is only wished for: asked as essential, it
# would shut out everybody whose provider has no second factor, whom we ask for ours.
CLAIMS = {"id_token": {"amr": {"essential": True}, "acr": {"values": list(MFA_LEVELS)}}}
RETURNED = {
    "access_denied": Reason.ACCESS_DENIED,
    "login_required": Reason.LOGIN_REQUIRED,
    "server_error": Reason.SERVER_ERROR,
    "temporarily_unavailable": Reason.SERVER_ERROR,
}


@dataclass(frozen=True, slots=True)
class Journey:
    """What a browser must bring back: kept in its session while it is at the provider."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody as the provider vouches for them, every check passed. `mfa`: two factors there."""

    issuer: str
    sub: str
    email: str
    full_name: str
    siret: str
    provider: str
    mfa: bool
    id_token: str


def new_journey() -> Journey:
    """Fresh random values, 256 bits each."""
    return Journey(*(secrets.token_urlsafe(32) for _ in range(3)))


def authorize_address(journey: Journey, *, redirect_uri: str) -> str:
    """Where the browser goes; raises `SignInRefused` when the provider is down."""
    digest = hashlib.sha256(journey.verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "state": journey.state,
        "nonce": journey.nonce,
        "claims": json.dumps(CLAIMS, separators=(",", ":")),
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return f"{issuer()}{provider().authorize}?{urlencode(asked)}"


def returned_code(given: dict[str, str]) -> str:
    """The code of a callback; raises `SignInRefused` for an error or an incomplete return."""
    if "iss" in given and given["iss"] != issuer():
        raise SignInRefused(Reason.ISSUER_MIX)
    if "error" in given:
        raise SignInRefused(RETURNED.get(given["error"], Reason.SERVER_ERROR))
    if not given.get("code"):
        raise SignInRefused(Reason.CALLBACK)
    return given["code"]


def vouched_by_code(code: str, journey: Journey, *, redirect_uri: str) -> Vouched:
    """Exchange a code and check everything; raises `SignInRefused`."""
    access_token, id_token = _exchange(code, journey, redirect_uri)
    claims = id_token_claims(id_token, nonce=journey.nonce, access_token=access_token)
    told = _userinfo(access_token)
    if told.get("sub") != claims["sub"]:
        raise SignInRefused(Reason.USERINFO_SUBJECT)
    names = (_text(told, "given_name"), _text(told, "usual_name"))
    return Vouched(
        issuer=issuer(),
        sub=claims["sub"],
        email=_text(told, "email").lower()[:254],
        full_name=" ".join(name for name in names if name)[:120],
        siret=_text(told, "siret")[:14],
        provider=_text(told, "idp_id")[:255],
        mfa=used_two_factors(claims),
        id_token=id_token,
    )


def used_two_factors(claims: dict[str, Any]) -> bool:
    """Whether the verified claims say so: `mfa` among the methods, or a level that implies it."""
    methods = claims.get("amr")
    return claims.get("acr") in MFA_LEVELS or (isinstance(methods, list) and "mfa" in methods)


def end_session_address(*, id_token: str, state: str, back: str) -> str:
    """Where the browser goes to sign out of the provider too."""
    asked = {"id_token_hint": id_token, "state": state, "post_logout_redirect_uri": back}
    return f"{issuer()}{provider().end_session}?{urlencode(asked)}"


def _exchange(code: str, journey: Journey, redirect_uri: str) -> tuple[str, str]:
    answer = ask(
        provider().token,
        form={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": settings.OIDC_CLIENT_ID,
            "client_secret": settings.OIDC_CLIENT_SECRET,
            "code_verifier": journey.verifier,
        },
    )
    if answer.status in {400, 401}:
        told = parsed(answer.body).get("error")
        raise SignInRefused(
            Reason.CODE_REFUSED if told == "invalid_grant" else Reason.CLIENT_REFUSED
        )
    content = json_of(answer)
    access_token, id_token = content.get("access_token"), content.get("id_token")
    if not isinstance(access_token, str) or not isinstance(id_token, str):
        raise SignInRefused(Reason.PROVIDER_GARBAGE)
    return access_token, id_token


def _userinfo(access_token: str) -> dict[str, Any]:
    """What the provider says of the person: a signed token or JSON, as it was registered."""
    answer = ask(provider().userinfo, headers={"Authorization": f"Bearer {access_token}"})
    if answer.status in {400, 401, 403}:
        raise SignInRefused(Reason.USERINFO_REFUSED)
    if answer.status == 200 and answer.content_type == "application/jwt":
        try:
            token = answer.body.decode("ascii").strip()
        except UnicodeDecodeError as error:
            raise SignInRefused(Reason.TOKEN_MALFORMED) from error
        return signed_claims(token, required=("sub", "iss", "aud"))
    return json_of(answer)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""
