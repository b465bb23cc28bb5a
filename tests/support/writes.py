"""What a valid form sends to each address that writes, and the marks that a write leaves.

`addresses` says what is refused to whom; here a request that is refused would otherwise write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from geo.core.scope import DataClass
from geo.sites.models import Site
from tests.support.addresses import PERSON, SITE, Gate, administers, block, letter, manages
from tests.support.canaries import World
from tests.support.rights import PLACES, Reader

Values = dict[str, Any]
# The site and its commune, and the page of its form as somebody who may write is shown it.
Sent = Callable[[World, str, Client], Values]
BLOCKS = {
    DataClass.OWNER: "proprietaires",
    DataClass.JUDICIAL: "judiciaire",
    DataClass.HEALTH: "sante",
    DataClass.FINANCE: "couts",
}
CHANGED = {
    DataClass.OWNER: {"0-name": "Autre propriétaire inventé"},
    DataClass.JUDICIAL: {"bailiff": "Autre étude inventée"},
    DataClass.HEALTH: {"0-measures": "Autres mesures inventées"},
    DataClass.FINANCE: {"0-comment": "Autre chiffrage inventé"},
}


@dataclass(frozen=True)
class Write:
    """An address, what it is sent, and who may: 302 for them, else what they are answered."""

    path: str
    sent: Sent
    gate: Gate


def nothing(world: World, code: str, shown: Client) -> Values:
    """A button."""
    return {}


def new_site(world: World, code: str, shown: Client) -> Values:
    """A site in the commune."""
    lon, lat = PLACES[code]
    return {
        "name": "Site de trop",
        "position": f"{lat + 0.01:.4f}, {lon:.4f}",
        "field_type": "land",
        "location_accuracy": "exact",
        "declared_on": "2025-01-05",
        "observed_on": timezone.localdate().isoformat(),
        "action": "save",
        # Others are near: the second question is answered.
        "is_new": "1",
    }


def edited(world: World, code: str, shown: Client) -> Values:
    """The form as it is shown, with another name."""
    form = shown.get(f"/sites/{world.site(code)}/modifier/").context["form"]
    version = Site.objects.get(pk=world.site(code)).version
    return {"version": str(version), "action": "save"} | _shown([form]) | {"name": "Autre nom"}


def closing(world: World, code: str, shown: Client) -> Values:
    """A closing."""
    return {
        "cause": "closed_by_pref_admin",
        "closed_on": "2025-03-01",
        "context": "Contexte inventé",
        "closed_with_solutions": "no",
    }


def origin(world: World, code: str, shown: Client) -> Values:
    """The closed site of the commune is where people came from."""
    reference = world.closed[code].reference
    return {"reference": reference, "people": "3", "happened_on": "2025-02-10"}


def blocked(data_class: DataClass) -> Sent:
    """A restricted block as it is shown, with another word."""

    def sent(world: World, code: str, shown: Client) -> Values:
        context = shown.get(f"/sites/{world.site(code)}/{BLOCKS[data_class]}/").context
        rows = str(len(context["forms"]))
        values = {"version": context["version"], "action": "save", "rows": rows}
        return values | _shown(context["forms"]) | CHANGED[data_class]

    return sent


def invitation(world: World, code: str, shown: Client) -> Values:
    """Somebody more in the 93."""
    return {
        "full_name": "Personne de trop",
        "email": "trop@example.test",
        "organisation": "Association inventée",
        "organisation_type": "association",
        "role": "observer",
        "territory": "departement:93",
        "precise": "",
        "ends_on": (timezone.localdate() + dt.timedelta(days=30)).isoformat(),
    }


def role(world: World, code: str, shown: Client) -> Values:
    """One more role."""
    return {"role": "partner", "territory": "departement:93", "precise": "93066", "ends_on": ""}


def creates(reader: Reader | None, code: str) -> int:
    """In one's own areas; elsewhere the form says so, and who creates nowhere has no form."""
    if reader is None or not reader.verbs.get("C"):
        return 302 if reader is None else 403
    return 302 if reader.may("C", code) else 422


def invites(reader: Reader | None, code: str) -> int:
    """Into one's own areas."""
    status = administers(302)(reader, code)
    return 422 if reader is not None and status == 302 and "93066" not in reader.exact else status


def whole(reader: Reader | None, code: str) -> int:
    """For who administers every territory of the person."""
    return manages(302)(reader, code)


WRITES: Mapping[str, Write] = {
    "site_new": Write("/sites/nouveau/", new_site, creates),
    "site_edit": Write(f"{SITE}modifier/", edited, letter("U", 302)),
    "site_confirm": Write(f"{SITE}confirmer/", nothing, letter("U", 302)),
    "site_close": Write(f"{SITE}fermer/", closing, letter("X", 302)),
    "site_origin": Write(f"{SITE}origines/", origin, letter("U", 302)),
    **{
        f"site {data_class}": Write(f"{SITE}{page}/", blocked(data_class), block(data_class, 302))
        for data_class, page in BLOCKS.items()
    },
    "invite": Write("/compte/administration/inviter/", invitation, invites),
    "managed_person": Write(PERSON, role, manages(302)),
    "managed_deactivate": Write(f"{PERSON}desactiver/", nothing, whole),
    "managed_anonymise": Write(f"{PERSON}anonymiser/", nothing, whole),
}
# The same whatever the commune.
ONCE = frozenset({"invite", "managed_person", "managed_deactivate", "managed_anonymise"})


def posts(world: World) -> Iterator[tuple[str, str, Write]]:
    """Each write about the site of each commune."""
    for name, write in WRITES.items():
        for code in sorted(PLACES)[:1] if name in ONCE else PLACES:
            yield name, code, write


def marks() -> tuple[Any, ...]:
    """What any write of a site, an account, a right or an invitation changes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM site_event), (SELECT count(*) FROM account_event),"
            " (SELECT count(*) FROM invitation), (SELECT sum(version) FROM site)"
        )
        return tuple(cursor.fetchone())


def _shown(forms: Any) -> Values:
    """What a browser would send back of these forms untouched."""
    found: Values = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value not in (None, "", False, []):
                plain = value.isoformat() if isinstance(value, dt.date) else value
                found[bound.html_name] = plain
    return found
