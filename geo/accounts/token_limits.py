"""What a token is refused for, beside what it may read: its methods and the networks it is used in.

The one place of both. Leaves the secret to `tokens`, rows and classes to `scopes`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from http import HTTPStatus

from geo.accounts.enums import Role, TokenMethod
from geo.accounts.models import FeedToken, User
from geo.accounts.scopes import scope_for
from geo.core.errors import InvalidInput
from geo.core.scope import Verb

READING = frozenset({"GET", "HEAD", "OPTIONS"})
WRITING = (Verb.CREATE, Verb.UPDATE, Verb.CLOSE)
MAX_NETWORKS = 20
# Shorter ones are those of an operator, not of an office.
SHORTEST = {4: 8, 6: 19}
UNKNOWN = "Jeton inconnu ou expiré."
READ_ONLY = "Ce jeton ne permet que de lire."
Refusal = tuple[HTTPStatus, str]


def token_refused(token: FeedToken, *, method: str, address: str) -> Refusal | None:
    """Why a request by this token is refused; None when it may go on.

    Outside its networks a token is unknown: whoever found it learns nothing of it.
    """
    if token.networks and not _inside(address, token.networks):
        return HTTPStatus.UNAUTHORIZED, UNKNOWN
    if method not in READING and TokenMethod.WRITE not in token.methods:
        return HTTPStatus.FORBIDDEN, READ_ONLY
    return None


def may_write(user: User) -> bool:
    """Whether a token of this person may write anything: a system of a partner only reads."""
    if user.memberships.current().filter(role=Role.API_TOKEN).exists():
        return False
    scope = scope_for(user)
    return any(scope.where(verb) for verb in WRITING)


def methods_checked(user: User, wanted: Iterable[str]) -> list[str]:
    """The methods of a token. Raises `InvalidInput`; whatever writes reads too."""
    found = set(wanted) | {TokenMethod.READ.value}
    if not found <= set(TokenMethod.values):
        raise InvalidInput("Choisissez : lire, ou lire et écrire.", field="methods")
    if TokenMethod.WRITE in found and not may_write(user):
        raise InvalidInput("Vous ne pouvez rien écrire : ce jeton lira.", field="methods")
    return sorted(found)


def networks_checked(texts: Iterable[str]) -> list[str]:
    """Networks in their one form, each once. Raises `InvalidInput` saying what would be right."""
    found: list[str] = []
    for text in filter(None, (each.strip() for each in texts)):
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise InvalidInput(
                f"« {text[:43]} » n’est pas un réseau : une adresse comme 192.0.2.7, ou un réseau "
                "comme 192.0.2.0/24 ou 2001:db8::/32.",
                field="networks",
            ) from error
        if network.prefixlen < SHORTEST[network.version]:
            raise InvalidInput(
                f"« {network} » couvre trop d’adresses : /{SHORTEST[network.version]} au moins.",
                field="networks",
            )
        found.append(str(network))
    if len(found) > MAX_NETWORKS:
        raise InvalidInput(f"Au plus {MAX_NETWORKS} réseaux.", field="networks")
    return list(dict.fromkeys(found))


def _inside(address: str, networks: Sequence[str]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    # An IPv4 reader of a server that listens in IPv6 is the same reader.
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in ipaddress.ip_network(each) for each in networks)
