"""The rights of the domain typed by hand, readers who hold them, and sites full of canaries.

The oracle of `tests/test_permissions.py`: it reads neither the matrix of the code nor its scopes.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.utils import timezone

from geo.accounts.enums import GrantKind, Level, OptionKind, OrganisationType, Role
from geo.accounts.models import Grant, Organisation, User
from geo.core.scope import RESTRICTED, DataClass
from geo.sites.actors import site_actor_name
from geo.sites.models import Closure, Site
from geo.sites.restricted import services
from tests.support.factories import close_site, make_site, make_user
from tests.support.restricted import everywhere

DAY = dt.date(2025, 2, 3)
# A site lives in each commune. Digits of a place are found again where it is told exactly.
PLACES = {
    "93066": (2.3512347, 48.9312347),
    "93008": (2.4512357, 48.9412357),
    "13055": (5.3812367, 43.3112367),
    "13001": (5.3912377, 43.5112377),
}
ALL = frozenset(PLACES)
IN_93, IN_13 = frozenset({"93066", "93008"}), frozenset({"13055", "13001"})
HOME, NEAR = frozenset({"93066"}), frozenset({"93008"})
NONE: frozenset[str] = frozenset()
EXACT = "exact"


@dataclass(frozen=True)
class Option:
    """A right given beside the role, on a territory."""

    option: OptionKind
    code: str
    approved: bool = False


@dataclass(frozen=True)
class Reader:
    """Who reads, and all that the domain lets them do, by the communes of the sites.

    `classes` are the restricted classes read, `verbs` the letters of the matrix on general data
    (C, U, X, E), `writes` the restricted classes written, `admin` where accounts are administered.
    """

    name: str
    role: Role
    level: Level
    code: str = ""
    exact: frozenset[str] = NONE
    grid: frozenset[str] = NONE
    commune: frozenset[str] = NONE
    classes: Mapping[DataClass, frozenset[str]] = field(default_factory=dict)
    writes: Mapping[DataClass, frozenset[str]] = field(default_factory=dict)
    verbs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    admin: bool = False
    options: tuple[Option, ...] = ()
    health_of_organisation: bool = False
    named: str = ""

    @property
    def reads(self) -> frozenset[str]:
        """Where it reads general data, at whatever precision."""
        return self.exact | self.grid | self.commune

    def may(self, letter: str, code: str) -> bool:
        """Whether it has a letter of the matrix on the site of a commune."""
        return code in self.verbs.get(letter, NONE)


def _every(where: frozenset[str]) -> dict[DataClass, frozenset[str]]:
    return dict.fromkeys(RESTRICTED, where)


def _verbs(letters: str, where: frozenset[str]) -> dict[str, frozenset[str]]:
    return dict.fromkeys(letters, where)


def _officer(name: str, role: Role, code: str, where: frozenset[str], **more: Any) -> Reader:
    """A préfecture's people: everything in their departement, nothing outside."""
    return Reader(
        name,
        role,
        Level.DEPARTEMENT,
        code,
        exact=where,
        classes=_every(where),
        writes=_every(where),
        verbs=_verbs("CUXE", where),
        **more,
    )


READERS = (
    Reader(
        "national_admin",
        Role.NATIONAL_ADMIN,
        Level.NATION,
        exact=ALL,
        classes=_every(ALL),
        writes=_every(ALL),
        verbs=_verbs("CUXE", ALL),
        admin=True,
    ),
    _officer("local_admin of 93", Role.LOCAL_ADMIN, "93", IN_93, admin=True),
    _officer("local_admin of 13", Role.LOCAL_ADMIN, "13", IN_13, admin=True),
    _officer("correspondent of 93", Role.CORRESPONDENT, "93", IN_93),
    _officer("correspondent of 13", Role.CORRESPONDENT, "13", IN_13),
    Reader(
        "partner of a commune",
        Role.PARTNER,
        Level.COMMUNE,
        "93066",
        exact=HOME,
        grid=NEAR,
        verbs=_verbs("UE", HOME),
    ),
    Reader(
        "partner with every option",
        Role.PARTNER,
        Level.COMMUNE,
        "93066",
        exact=HOME,
        grid=NEAR,
        classes={each: HOME for each in RESTRICTED if each != DataClass.HEALTH},
        verbs=_verbs("CUXE", HOME),
        options=(
            Option(OptionKind.CREATE_SITE, "93066"),
            Option(OptionKind.CLOSE_SITE, "93066"),
            Option(OptionKind.ACCESS_JUDICIAL, "93066", approved=True),
            Option(OptionKind.ACCESS_OWNER, "93066"),
            Option(OptionKind.ACCESS_ACTION_FINANCES, "93066"),
        ),
    ),
    Reader(
        "partner whose judicial access nobody has approved",
        Role.PARTNER,
        Level.COMMUNE,
        "93066",
        exact=HOME,
        grid=NEAR,
        verbs=_verbs("UE", HOME),
        options=(Option(OptionKind.ACCESS_JUDICIAL, "93066"),),
    ),
    Reader(
        "partner of a health agency",
        Role.PARTNER,
        Level.DEPARTEMENT,
        "93",
        exact=IN_93,
        classes={DataClass.HEALTH: IN_93},
        writes={DataClass.HEALTH: IN_93},
        verbs=_verbs("UE", IN_93),
        health_of_organisation=True,
    ),
    Reader(
        "operator",
        Role.OPERATOR,
        Level.DEPARTEMENT,
        "13",
        exact=IN_13,
        verbs=_verbs("UE", IN_13),
    ),
    Reader(
        "operator given the owners, which the role never has",
        Role.OPERATOR,
        Level.DEPARTEMENT,
        "93",
        exact=IN_93,
        classes={DataClass.JUDICIAL: IN_93, DataClass.FINANCE: IN_93},
        verbs=_verbs("UE", IN_93),
        options=(
            Option(OptionKind.ACCESS_OWNER, "93"),
            Option(OptionKind.ACCESS_JUDICIAL, "93", approved=True),
            Option(OptionKind.ACCESS_ACTION_FINANCES, "93"),
        ),
    ),
    Reader(
        "national_partner",
        Role.NATIONAL_PARTNER,
        Level.NATION,
        commune=ALL,
        verbs=_verbs("E", ALL),
    ),
    Reader("observer of a commune", Role.OBSERVER, Level.COMMUNE, "93066", grid=IN_93),
    Reader("observer of 13", Role.OBSERVER, Level.DEPARTEMENT, "13", grid=IN_13),
    Reader(
        "intervener named on a site",
        Role.INTERVENER,
        Level.DEPARTEMENT,
        "93",
        exact=HOME,
        named="93066",
    ),
    Reader("intervener named on none", Role.INTERVENER, Level.DEPARTEMENT, "93"),
)
BY_NAME = {reader.name: reader for reader in READERS}


@dataclass(frozen=True)
class Canary:
    """A text that says a class of a site; `exact` ones are for readers of the place alone."""

    code: str
    data_class: DataClass
    exact: bool
    text: str


def canaries() -> Iterator[Canary]:
    """Every canary of every site, each found nowhere else."""
    for code, (lon, lat) in PLACES.items():
        yield Canary(code, DataClass.GENERAL, False, reference_of(code))
        for text in (f"Nomcanari{code}", f"Ruecanari{code}", f"Cheminscanari{code}"):
            yield Canary(code, DataClass.GENERAL, True, text)
        for degrees in (lon, lat):
            yield Canary(code, DataClass.GENERAL, True, digits_of(degrees))
        for data_class, text in _RESTRICTED.items():
            yield Canary(code, data_class, False, f"{text}{code}")
        yield Canary(code, DataClass.FINANCE, False, amount_of(code))


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
    return canary.code in (reader.exact if canary.exact else reader.reads)


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
        )
        _fill(site, code)
        sites[code] = site
        gone = make_site(lon + 1e-3, lat, reference=f"FERME-{code}", name=f"Nomcanari{code}")
        closures[code], closed[code] = close_site(gone), gone
    other = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", "autre@example.test")
    return World(sites, closed, closures, other)


def make_reader(reader: Reader, world: World, email: str = "lecteur@example.test") -> User:
    """The account of a reader, with what is granted to it."""
    user = make_user(reader.role, reader.level, reader.code, email)
    giver, second = (_national(name) for name in ("donneur", "second"))
    end = timezone.localdate() + dt.timedelta(days=30)
    for each in reader.options:
        level = Level.COMMUNE if len(each.code) > 3 else Level.DEPARTEMENT
        Grant.objects.create(
            kind=GrantKind.OPTION,
            user=user,
            option=each.option,
            level=level,
            code=each.code,
            reason="Inventé",
            granted_by=giver,
            ends_on=end,
            approved_by=second if each.approved else None,
            approved_at=timezone.now() if each.approved else None,
        )
    if reader.health_of_organisation:
        agency = Organisation.objects.create(name=f"Agence {email}", type=OrganisationType.ARS)
        User.objects.filter(pk=user.pk).update(organisation=agency)
        Grant.objects.create(
            kind=GrantKind.ORGANISATION,
            organisation=agency,
            data_class=DataClass.HEALTH,
            letters="VU",
            level=Level.DEPARTEMENT,
            code=reader.code,
            reason="Inventé",
            granted_by=giver,
            ends_on=end,
        )
    if reader.named:
        site_actor_name(
            by=None, scope=everywhere(), site_id=world.site(reader.named), user=user, themes=[]
        )
    return User.objects.get(pk=user.pk)


def _national(name: str) -> User:
    email = f"{name}@example.test"
    found = User.objects.filter(email=email).first()
    return found or make_user(Role.NATIONAL_ADMIN, email=email)


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
