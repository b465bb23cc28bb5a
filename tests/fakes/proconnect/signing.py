"""The fake's keys and what it signs with them, well or badly on order."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, RSAAlgorithm

from tests.fakes.proconnect.encoding import base64url


@dataclass
class Keys:
    """One pair of each kind; `number` names the generation, so that a rotation shows."""

    number: int = 1
    ec: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    _rsa: Any = None

    @property
    def rsa(self) -> Any:
        """Made at its first use: it takes a while."""
        if self._rsa is None:
            self._rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._rsa

    def kid(self, algorithm: str) -> str:
        """The name of a key."""
        return f"{algorithm.lower()}-{self.number}"

    def private(self, algorithm: str) -> Any:
        """The key that signs with this algorithm."""
        return self.rsa if algorithm == "RS256" else self.ec

    def published(self, algorithm: str) -> dict[str, Any]:
        """The public half, as the JWKS shows it."""
        public = self.private(algorithm).public_key()
        kind = RSAAlgorithm if algorithm == "RS256" else ECAlgorithm
        return {
            **kind.to_jwk(public, as_dict=True),
            "kid": self.kid(algorithm),
            "use": "sig",
            "alg": algorithm,
        }

    def pem(self) -> bytes:
        """The public key as text: the secret of a classic confusion of algorithms."""
        public = self.ec.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signed(claims: dict[str, Any], keys: Keys, algorithm: str, order: str = "") -> str:
    """A token; `order` spoils it: none, hs256-public-key, unknown-kid, no-kid, other-key, cut."""
    header = {"kid": keys.kid(algorithm)}
    if order == "none":
        return _by_hand({"alg": "none", **header}, claims, b"")
    if order == "hs256-public-key":
        # PyJWT refuses to make this one: it is made by hand, as an attacker would.
        hs256 = HMACAlgorithm(HMACAlgorithm.SHA256)
        head = {"alg": "HS256", "typ": "JWT", **header}
        return _by_hand(head, claims, b"", lambda text: hs256.sign(text, keys.pem()))
    if order == "unknown-kid":
        header = {"kid": "inconnue"}
    if order == "no-kid":
        header = {}
    signer = Keys(keys.number) if order == "other-key" else keys
    token = jwt.encode(claims, signer.private(algorithm), algorithm, headers=header)
    return token[:-20] if order == "cut" else token


def _by_hand(
    header: dict[str, Any], claims: dict[str, Any], signature: bytes, sign: Any = None
) -> str:
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    return f"{text}.{base64url(sign(text.encode()) if sign else signature)}"


def times(lives_s: int = 60) -> dict[str, int]:
    """`iat` and `exp` of a token made now."""
    now = int(time.time())
    return {"iat": now, "exp": now + lives_s}
