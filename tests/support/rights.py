"""The rights of the domain typed by hand, and the readers who hold them.

The oracle of `tests/test_permissions.py`: it reads neither the matrix of the code nor its scopes.
Leaves what they read to `canaries`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geo.accounts.enums import Level, OptionKind, Role
from geo.core.scope import RESTRICTED, DataClass

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
class Exceptional:
    """Letters of a class given beside the role on a territory; refused everywhere without one."""

    data_class: DataClass
    letters: str
    code: str = ""


@dataclass(frozen=True)
class Reader:
    """Who reads, and all that the domain lets them do, by the communes of the sites.

    `classes` are the restricted classes read, `verbs` the letters of the matrix on general data
    (C, U, X, E), `writes` the restricted classes written, `takes` those exported, `admin` where
    accounts are administered. `taken` is where features are taken away, when not wherever it reads.
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
    takes: Mapping[DataClass, frozenset[str]] = field(default_factory=dict)
    verbs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    admin: bool = False
    options: tuple[Option, ...] = ()
    health_of_organisation: bool = False
    named: str = ""
    exports_by_exception: bool = False
    second: tuple[Role, Level, str] | None = None
    exceptions: tuple[Exceptional, ...] = ()
    taken: frozenset[str] | None = None

    @property
    def reads(self) -> frozenset[str]:
        """Where it reads general data, at whatever precision."""
        return self.exact | self.grid | self.commune

    @property
    def exports(self) -> frozenset[str]:
        """Where its features are taken away: a role that exports does so wherever it reads."""
        if self.taken is not None:
            return self.taken
        if not self.verbs.get("E") or self.exports_by_exception:
            return self.verbs.get("E", NONE)
        return self.reads

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
        takes=_every(where),
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
        takes=_every(ALL),
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
    Reader(
        "observer who may take one commune away",
        Role.OBSERVER,
        Level.DEPARTEMENT,
        "93",
        exact=HOME,
        grid=NEAR,
        verbs=_verbs("E", HOME),
        exports_by_exception=True,
    ),
    Reader("observer of 13", Role.OBSERVER, Level.DEPARTEMENT, "13", grid=IN_13),
    Reader(
        "intervener named on a site",
        Role.INTERVENER,
        Level.DEPARTEMENT,
        "93",
        exact=HOME,
        named="93066",
    ),
    Reader(
        "correspondent refused the owners and the changing",
        Role.CORRESPONDENT,
        Level.DEPARTEMENT,
        "93",
        exact=IN_93,
        classes={each: IN_93 for each in RESTRICTED if each != DataClass.OWNER},
        writes={each: IN_93 for each in RESTRICTED if each != DataClass.OWNER},
        takes={each: IN_93 for each in RESTRICTED if each != DataClass.OWNER},
        verbs=_verbs("CXE", IN_93),
        exceptions=(
            Exceptional(DataClass.OWNER, "V"),
            Exceptional(DataClass.GENERAL, "U"),
        ),
    ),
    Reader(
        "observer given one commune to change, and its owners",
        Role.OBSERVER,
        Level.DEPARTEMENT,
        "93",
        exact=HOME,
        grid=NEAR,
        classes={DataClass.OWNER: HOME, DataClass.HEALTH: HOME},
        writes={DataClass.HEALTH: HOME},
        verbs=_verbs("U", HOME),
        exceptions=(
            Exceptional(DataClass.GENERAL, "VU", "93066"),
            Exceptional(DataClass.OWNER, "V", "93066"),
            Exceptional(DataClass.HEALTH, "VU", "93066"),
        ),
    ),
    Reader(
        "operator of 13, observer of a commune of 93",
        Role.OPERATOR,
        Level.DEPARTEMENT,
        "13",
        exact=IN_13,
        grid=IN_93,
        verbs=_verbs("UE", IN_13),
        taken=IN_13,
        second=(Role.OBSERVER, Level.COMMUNE, "93066"),
    ),
    Reader("intervener named on none", Role.INTERVENER, Level.DEPARTEMENT, "93"),
)
BY_NAME = {reader.name: reader for reader in READERS}
