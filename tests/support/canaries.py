"""Sites full of canaries, the accounts of the readers, and which of them the domain lets out.

Leaves who the readers are, and their rights typed by hand, to `rights`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.utils import timezone

from geo.accounts.enums import GrantKind, Level, OrganisationType, Role
from geo.accounts.models import Grant, Membership, Organisation, User
from geo.core.scope import DataClass
from geo.sites.actors import site_actor_name
from geo.sites.models import Closure, Site
from geo.sites.restricted import services
from tests.support.factories import close_site, make_site, make_user
from tests.support.restricted import everywhere
from tests.support.rights import NONE, PLACES, Reader

DAY = dt.date(2025, 2, 3)


@dataclass(frozen=True)
class Canary:
    """A text that says a class of a site; `exact` ones are for readers of the place alone.

    `closed`: it is of the closed site of the commune, which is named to nobody.
    """

    code: str
    data_class: DataClass
    exact: bool
    text: str
    closed: bool = False


def canaries() -> Iterator[Canary]:
    """Every canary of every site, each found nowhere else."""
    for code, (lon, lat) in PLACES.items():
        yield Canary(code, DataClass.GENERAL, False, reference_of(code))
        for text in (f"Nomcanari{code}", f"Ruecanari{code}", f"Cheminscanari{code}"):
            yield Canary(code, DataClass.GENERAL, True, text)
        for text in (*_AROUND, _NAMED):
            yield Canary(code, DataClass.GENERAL, True, f"{text}{code}")
        for text in _OF_THE_CLOSING:
            yield Canary(code, DataClass.GENERAL, True, f"{text}{code}", closed=True)
        for degrees in (lon, lat):
            yield Canary(code, DataClass.GENERAL, True, digits_of(degrees))
        for data_class, text in _RESTRICTED.items():
            yield Canary(code, data_class, False, f"{text}{code}")
        yield Canary(code, DataClass.FINANCE, False, amount_of(code))


# Texts that may say the place or a person; who is named there; and texts of a closing.
_AROUND = ("Precisioncanari", "Diagnosticcanari")
_NAMED = "Nommecanari"
_OF_THE_CLOSING = ("Contextecanari", "Reponsecanari", "Orientationcanari")
_RESTRICTED = {
    DataClass.OWNER: "Propcanari",
    DataClass.JUDICIAL: "Etudecanari",
    DataClass.HEALTH: "Mesurecanari",
    DataClass.FINANCE: "Chiffragecanari",
}


def reference_of(code: str) -> str:
    """The reference of the site of a commune."""
    return f"CAN-{code}"


def amount_of(code: str) -> str:
    """An amount of euros that says which site it is of."""
    # Long enough to be in no random number of a row.
    return f"1973{code}"


def digits_of(degrees: float) -> str:
    """The five decimals, a metre, that tell an exact place and never a blurred one."""
    return f"{math.floor(degrees * 1e5) / 1e5:.5f}"


def allowed(reader: Reader | None, canary: Canary) -> bool:
    """Whether the domain lets a reader have this canary (None: nobody is signed in)."""
    if reader is None:
        return False
    if canary.data_class != DataClass.GENERAL:
        return canary.code in reader.classes.get(canary.data_class, NONE)
    if canary.closed and reader.named:
        return False
    return canary.code in (reader.exact if canary.exact else reader.reads)


def takes_away(reader: Reader | None, canary: Canary) -> bool:
    """Whether the domain lets a reader have this canary in a feed or a file."""
    if reader is None or not allowed(reader, canary) or canary.code not in reader.exports:
        return False
    if canary.data_class == DataClass.GENERAL:
        return True
    return canary.code in reader.takes.get(canary.data_class, NONE)


@dataclass(frozen=True)
class World:
    """The sites by the code of their commune, the closings of closed ones, and accounts."""

    sites: Mapping[str, Site]
    closed: Mapping[str, Site]
    closures: Mapping[str, Closure]
    other: User

    def site(self, code: str) -> int:
        """The id of the open site of a commune."""
        return int(self.sites[code].pk)


def make_world() -> World:
    """In each commune a site with a footprint and every restricted block, and a closed one."""
    sites, closed, closures = {}, {}, {}
    for code, (lon, lat) in PLACES.items():
        side = 4e-4
        ring = Polygon.from_bbox((lon - side, lat - side, lon + side, lat + side))
        site = make_site(
            lon,
            lat,
            reference=reference_of(code),
            name=f"Nomcanari{code}",
            address_label=f"Ruecanari{code}",
            access_details=f"Cheminscanari{code}",
            footprint=MultiPolygon(ring, srid=4326),
            reinstallation_comments=f"Precisioncanari{code}",
            population={"people": 41, "census_by": f"Diagnosticcanari{code}"},
        )
        _fill(site, code)
        _name(site, code)
        sites[code] = site
        gone = make_site(lon + 1e-3, lat, reference=f"FERME-{code}", name=f"Nomcanari{code}")
        closures[code], closed[code] = _close(gone, code), gone
    other = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", "autre@example.test")
    return World(sites, closed, closures, other)


def make_reader(reader: Reader, world: World, email: str = "lecteur@example.test") -> User:
    """The account of a reader, with what is granted to it."""
    user = make_user(reader.role, reader.level, reader.code, email)
    giver, second = (_national(name) for name in ("donneur", "second"))
    common: dict[str, Any] = {
        "reason": "Inventé",
        "granted_by": giver,
        "ends_on": timezone.localdate() + dt.timedelta(days=30),
    }
    for each in reader.options:
        signed = {"approved_by": second, "approved_at": timezone.now()} if each.approved else {}
        fields: dict[str, Any] = {"kind": GrantKind.OPTION, "user": user, "option": each.option}
        Grant.objects.create(**common, **fields, **_place(each.code), **signed)
    if reader.exports_by_exception:
        fields = {"kind": GrantKind.EXCEPTION, "user": user, "data_class": DataClass.GENERAL}
        for code in sorted(reader.verbs["E"]):
            Grant.objects.create(**common, **fields, letters="VE", **_place(code))
    if reader.second:
        role, level, code = reader.second
        Membership.objects.create(user=user, role=role, level=level, code=code)
    for exceptional in reader.exceptions:
        code = exceptional.code
        fields = {"kind": GrantKind.EXCEPTION, "user": user, "letters": exceptional.letters}
        fields |= {"data_class": exceptional.data_class, "refused": not code}
        where = _place(code) if code else {"level": Level.NATION, "code": ""}
        Grant.objects.create(**common, **fields, **where)
    if reader.health_of_organisation:
        agency = Organisation.objects.create(name=f"Agence {email}", type=OrganisationType.ARS)
        User.objects.filter(pk=user.pk).update(organisation=agency)
        fields = {"kind": GrantKind.ORGANISATION, "organisation": agency, "letters": "VU"}
        fields |= {"data_class": DataClass.HEALTH} | _place(reader.code)
        Grant.objects.create(**common, **fields)
    if reader.named:
        site_actor_name(
            by=None, scope=everywhere(), site_id=world.site(reader.named), user=user, themes=[]
        )
    return User.objects.get(pk=user.pk)


def _place(code: str) -> dict[str, str]:
    return {"level": Level.COMMUNE if len(code) > 3 else Level.DEPARTEMENT, "code": code}


def _national(name: str) -> User:
    email = f"{name}@example.test"
    found = User.objects.filter(email=email).first()
    return found or make_user(Role.NATIONAL_ADMIN, email=email)


def _name(site: Site, code: str) -> None:
    """Somebody works there, who has no role: no page lists them among who reads."""
    user = User.objects.create_user(f"nomme{code}@example.test", full_name=f"Nommecanari{code}")
    site_actor_name(by=None, scope=everywhere(), site_id=site.pk, user=user, themes=["health"])


def _close(site: Site, code: str) -> Closure:
    closing: Closure = close_site(
        site,
        context=f"Contextecanari{code}",
        comment=f"Reponsecanari{code}",
        solutions=[{"type": "other", "people": 3, "message": f"Orientationcanari{code}"}],
    )
    return closing


def _fill(site: Site, code: str) -> None:
    whole: dict[str, Any] = {"by": None, "scope": everywhere(), "site_id": site.pk}
    services.owners_save(
        **whole,
        rows=[{"name": f"Propcanari{code}", "category": "private", "observed_on": DAY}],
    )
    services.judicial_save(**whole, observed_on=DAY, bailiff=f"Etudecanari{code}")
    services.health_save(
        **whole,
        rows=[{"kind": "poisoning", "started_on": DAY, "measures": f"Mesurecanari{code}"}],
    )
    services.costs_save(
        **whole,
        rows=[
            {
                "kind": "resorption",
                "observed_on": DAY,
                "amount_eur": int(amount_of(code)),
                "comment": f"Chiffragecanari{code}",
            }
        ],
    )
