"""What the fake answers: ProConnect's addresses, refusals and error codes (geodata reference, §11).

`orders` are the switches of a test: what the fake does wrong. Leaves keys to `signing`.
"""

from __future__ import annotations

import html
import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt

from tests.fakes.proconnect.encoding import challenge_of, half_hash
from tests.fakes.proconnect.signing import Keys, signed, times
from tests.fakes.server import Asked, FakeServer, Reply

BASE = "/api/v2"
ACCEPTED = {
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "claims", "prompt",
    "idp_hint", "login_hint", "siret_hint", "code_challenge", "code_challenge_method",
}  # fmt: skip
SCOPES = {
    "openid", "given_name", "usual_name", "email", "uid", "siret", "siren", "idp_id", "idp_acr",
    "organization_label", "roles",
}  # fmt: skip
SHORTEST = 32
CODE_LIVES_S = 60


@dataclass
class Grant:
    """A code that was given, and what it was given for."""

    agent: dict[str, Any]
    asked: dict[str, str]
    at: float
    used: bool = False


class ProConnect(FakeServer):
    """One client, some agents. Without the order `agent`, a page lets one choose who signs in."""

    def __init__(
        self,
        client: dict[str, str],
        agents: list[dict[str, Any]] | Path,
        *,
        redirect_uris: set[str],
        logout_uris: set[str],
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.client, self._agents = client, agents
        self.redirect_uris, self.logout_uris = redirect_uris, logout_uris
        self.keys, self.orders = Keys(), dict[str, Any]()
        self.codes: dict[str, Grant] = {}
        self.access: dict[str, Grant] = {}

    @property
    def issuer(self) -> str:
        """The address that the client is configured with."""
        return f"{self.url}{BASE}"

    @property
    def agents(self) -> list[dict[str, Any]]:
        """Who can sign in; a file is read again each time."""
        if isinstance(self._agents, Path):
            return json.loads(self._agents.read_text()) if self._agents.exists() else []
        return self._agents

    @property
    def algorithm(self) -> str:
        """What the client was registered with."""
        return str(self.orders.get("algorithm", "ES256"))

    def answer(self, asked: Asked) -> Reply:
        """Route a request; `orders["garbage"]`, `["status"]` and `["slow_s"]` spoil one path."""
        path = asked.path.removeprefix(BASE)
        if path == "/__orders":
            return self._ordered(asked)
        slow = self.orders.get("slow_s", {}).get(path)
        if slow:
            self._released.wait(slow)
        if path in self.orders.get("garbage", []):
            return Reply(200, "application/json", b"<html>panne</html>")
        if path in self.orders.get("status", {}):
            return Reply(self.orders["status"][path], "text/plain", b"erreur")
        known = {
            "/.well-known/openid-configuration": self._discovery,
            "/jwks": self._jwks,
            "/authorize": self._authorize,
            "/interaction": self._chosen,
            "/token": self._token,
            "/userinfo": self._userinfo,
            "/session/end": self._end,
        }
        return known[path](asked) if path in known else Reply(404, "text/plain", b"")

    def _ordered(self, asked: Asked) -> Reply:
        self.orders = json.loads(asked.body or b"{}")
        if self.orders.pop("new_keys", False):
            self.keys = Keys(self.keys.number + 1)
        if self.orders.pop("report", False):
            paths = [one.path.removeprefix(BASE) for one in self.asked]
            return _json({"paths": paths, "refusals": self.refusals})
        self.asked.clear()
        self.refusals.clear()
        return _json({})

    def _discovery(self, asked: Asked) -> Reply:
        ends = ("authorization:authorize", "token:token", "userinfo:userinfo")
        content = {f"{k}_endpoint": f"{self.issuer}/{v}" for k, v in (e.split(":") for e in ends)}
        content |= {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/session/end",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256", "HS256"],
            "userinfo_signing_alg_values_supported": ["ES256", "RS256", "HS256"],
        }
        return _json(content | self.orders.get("discovery", {}))

    def _jwks(self, asked: Asked) -> Reply:
        return _json({"keys": [self.keys.published(self.algorithm)]})

    def _authorize(self, asked: Asked) -> Reply:
        query = dict(asked.query)
        fault = self._fault_of(asked)
        if fault:
            code, text = fault
            self.refuse(f"{code} {text}")
            return _page(f"{code} : {text}", 400)
        if self.orders.get("error"):
            return self._back(query, {"error": self.orders["error"], "error_description": "ordre"})
        if query.get("prompt") == "none":
            return self._back(query, {"error": "login_required"})
        chosen = self.orders.get("agent")
        if chosen:
            return self._give(query, chosen)
        buttons = "".join(
            f'<button name="sub" value="{html.escape(agent["sub"])}">'
            f"{html.escape(agent['given_name'])} {html.escape(agent['usual_name'])} — "
            f"{html.escape(agent['email'])}"
            f"{' (deux facteurs)' if 'mfa' in agent.get('amr', []) else ''}</button><br><br>"
            for agent in self.agents
        )
        hidden = html.escape(urlencode(query))
        return _page(
            "Fournisseur d’identité fictif",
            body=f'<p>Choisissez un agent inventé.</p><form method="post" action="{BASE}'
            f'/interaction"><input type="hidden" name="asked" value="{hidden}">{buttons}'
            '<button name="sub" value="">Refuser</button></form>',
        )

    def _fault_of(self, asked: Asked) -> tuple[str, str] | None:
        query = asked.query
        if unknown := set(query) - ACCEPTED:
            return "Y000400", f"paramètres inconnus : {sorted(unknown)}"
        if any(len(given) > 1 for given in asked.values.values()):
            return "Y000400", "paramètre répété"
        if query.get("client_id") != self.client["id"] or query.get("response_type") != "code":
            return "Y000400", "client_id ou response_type"
        if query.get("redirect_uri") not in self.redirect_uris:
            return "Y030031", "redirect_uri"
        for name in ("state", "nonce"):
            if len(query.get(name, "")) < SHORTEST:
                return "Y000400", f"{name} trop court"
        scopes = query.get("scope", "").split()
        if "openid" not in scopes or set(scopes) - SCOPES:
            return "Y000400", "scope"
        if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            return "Y000400", "code_challenge_method"
        return None

    def _chosen(self, asked: Asked) -> Reply:
        form = dict(parse_qsl((asked.body or b"").decode()))
        query = dict(parse_qsl(form.get("asked", "")))
        if query.get("redirect_uri") not in self.redirect_uris:
            return _page("Y030031", 400)
        if not form.get("sub"):
            return self._back(query, {"error": "access_denied"})
        return self._give(query, form["sub"])

    def _give(self, query: dict[str, str], sub: str) -> Reply:
        agent = next(agent for agent in self.agents if agent["sub"] == sub)
        code = secrets.token_urlsafe(24)
        late = float(self.orders.get("code_age_s", 0))
        self.codes[code] = Grant(agent, query, time.time() - late)
        return self._back(query, {"code": code})

    def _back(self, query: dict[str, str], given: dict[str, str]) -> Reply:
        told = {**given, "state": query["state"], "iss": self.issuer}
        told |= self.orders.get("callback", {})
        return _redirect(f"{query['redirect_uri']}?{urlencode(told)}")

    def _token(self, asked: Asked) -> Reply:
        form = dict(parse_qsl((asked.body or b"").decode()))
        secret = form.get("client_id"), form.get("client_secret")
        if "authorization" in asked.headers or secret != (self.client["id"], self.client["secret"]):
            return _json({"error": "invalid_client"}, 401)
        grant = self.codes.get(form.get("code", ""))
        if (
            form.get("grant_type") != "authorization_code"
            or grant is None
            or grant.used
            or time.time() - grant.at > CODE_LIVES_S
            or form.get("redirect_uri") != grant.asked["redirect_uri"]
            or challenge_of(form.get("code_verifier", "")) != grant.asked.get("code_challenge")
        ):
            return _json({"error": "invalid_grant"}, 400)
        grant.used = True
        access = secrets.token_urlsafe(32)
        self.access[access] = grant
        claims = {
            "sub": grant.agent["sub"],
            "iss": self.issuer,
            "aud": self.client["id"],
            "nonce": grant.asked["nonce"],
            "at_hash": half_hash(access),
            "amr": grant.agent.get("amr", ["pwd"]),
            "acr": grant.agent.get("acr", "eidas0"),
            **times(),
            **self.orders.get("id_token", {}),
        }
        token = signed(_without(claims), self.keys, self.algorithm, self.orders.get("sign", ""))
        return _json(
            {
                "access_token": access,
                "token_type": "Bearer",
                "expires_in": 60,
                "id_token": token,
                "scope": grant.asked["scope"],
            }
        )

    def _userinfo(self, asked: Asked) -> Reply:
        access = asked.headers.get("authorization", "").removeprefix("Bearer ")
        grant = self.access.get(access)
        if grant is None:
            return _json({"error": "invalid_token"}, 401)
        scopes = set(grant.asked["scope"].split()) | {"sub"}
        told = {name: value for name, value in grant.agent.items() if name in scopes}
        told = _without({**told, **self.orders.get("userinfo", {})})
        if self.orders.get("userinfo_format") == "json":
            return _json(told)
        claims = {**times(), "iss": self.issuer, "aud": self.client["id"], **told}
        order = self.orders.get("sign_userinfo", "")
        token = signed(_without(claims), self.keys, self.algorithm, order)
        return Reply(200, "application/jwt; charset=utf-8", token.encode())

    def _end(self, asked: Asked) -> Reply:
        query = asked.query
        try:
            jwt.decode(
                query.get("id_token_hint", ""),
                self.keys.private(self.algorithm).public_key(),
                algorithms=[self.algorithm],
                audience=self.client["id"],
                options={"verify_exp": False},
            )
        except jwt.PyJWTError:
            return _page("Y000400 : id_token_hint", 400)
        if len(query.get("state", "")) < SHORTEST or set(query) - {
            "id_token_hint", "state", "post_logout_redirect_uri",
        }:  # fmt: skip
            self.refuse("Y000400 session/end")
            return _page("Y000400", 400)
        if query.get("post_logout_redirect_uri") not in self.logout_uris:
            self.refuse("Y030111")
            return _page("Y030111", 400)
        state = self.orders.get("logout_state", query["state"])
        return _redirect(f"{query['post_logout_redirect_uri']}?{urlencode({'state': state})}")


def _without(claims: dict[str, Any]) -> dict[str, Any]:
    """An order of None takes the claim away."""
    return {name: value for name, value in claims.items() if value is not None}


def _json(content: Any, status: int = 200) -> Reply:
    return Reply(status, "application/json; charset=utf-8", json.dumps(content).encode())


def _redirect(address: str) -> Reply:
    return Reply(303, "text/plain", b"", {"Location": address})


def _page(title: str, status: int = 200, body: str = "") -> Reply:
    text = (
        f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<main><h1>{title}</h1>{body}</main></html>"
    )
    return Reply(status, "text/html; charset=utf-8", text.encode())
