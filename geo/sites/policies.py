"""What a reader may do with a site. Leaves where it comes from to the scope."""

from __future__ import annotations

from geo.core.errors import Forbidden
from geo.core.scope import Placed, Scope, Verb
from geo.sites.models import Site
from geo.territories.selectors import Place

REFUSALS = {
    Verb.CREATE: "Vous ne pouvez pas créer de site ici.",
    Verb.UPDATE: "Vous ne pouvez pas modifier ce site.",
    Verb.CLOSE: "Vous ne pouvez pas fermer ce site.",
    Verb.DELETE: "Vous ne pouvez pas supprimer ce site.",
}


def require(scope: Scope, verb: Verb, place: Placed) -> None:
    """Raise `Forbidden` unless the scope allows the verb at that place."""
    if scope.can(verb, place):
        return
    refusal = REFUSALS.get(verb, "Action refusée.")
    if isinstance(place, Place):
        where = f"{place.commune_name} (département {place.departement_id})"
        refusal = f"{refusal[:-1]} : {where} est hors de votre territoire."
    raise Forbidden(refusal)


def abilities(scope: Scope, site: Site) -> dict[str, bool]:
    """What the page may offer on a site."""
    return {verb.value: scope.can(verb, site) for verb in Verb}
