"""What a reader may do with a site. Leaves where it comes from to the scope."""

from __future__ import annotations

from geo.core.errors import Forbidden
from geo.core.scope import Placed, Scope, Verb
from geo.sites.models import Site

REFUSALS = {
    Verb.CREATE: "Vous ne pouvez pas créer de site sur cette commune.",
    Verb.UPDATE: "Vous ne pouvez pas modifier ce site.",
    Verb.CLOSE: "Vous ne pouvez pas fermer ce site.",
    Verb.DELETE: "Vous ne pouvez pas supprimer ce site.",
}


def require(scope: Scope, verb: Verb, place: Placed) -> None:
    """Raise `Forbidden` unless the scope allows the verb at that place."""
    if not scope.can(verb, place):
        raise Forbidden(REFUSALS.get(verb, "Action refusée."))


def abilities(scope: Scope, site: Site) -> dict[str, bool]:
    """What the page may offer on a site."""
    return {verb.value: scope.can(verb, site) for verb in Verb}
