"""The rights matrix as data: what each role reads and does, on which class of data, and where.

Written in the letters of the rights reference, read once at import: a letter, a class or a role
that the matrix does not know stops the program. What is not written is not allowed. Leaves the
areas of each person and what is granted to them to `scopes`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from geo.accounts.enums import OptionKind, OrganisationType, Role
from geo.core.scope import RESTRICTED, DataClass, Precision, Verb


class Subject(StrEnum):
    """The columns of the matrix: the classes of data, then the journal and the accounts."""

    GENERAL = DataClass.GENERAL.value
    JUDICIAL = DataClass.JUDICIAL.value
    OWNER = DataClass.OWNER.value
    HEALTH = DataClass.HEALTH.value
    FINANCE = DataClass.FINANCE.value
    JOURNAL = "journal"
    ACCOUNTS = "accounts"


class Reading(StrEnum):
    """Where a role reads general data, relative to its own areas."""

    NATION = "nation"
    OWN = "own"
    WIDENED = "widened"
    NAMED_SITES = "named_sites"


class Given(StrEnum):
    """What it takes beside the role."""

    ROLE = "role"
    OPTION = "o"
    ORGANISATION = "g"
    OWN_ACTIONS = "a"


VIEW = "V"
LETTERS: Mapping[str, Verb] = MappingProxyType(
    {
        "C": Verb.CREATE,
        "U": Verb.UPDATE,
        "X": Verb.CLOSE,
        "D": Verb.DELETE,
        "E": Verb.EXPORT,
        "W": Verb.WRITE,
        "M": Verb.MODERATE,
        "A": Verb.ADMINISTER,
    }
)
# The letters that mean something in each column.
KNOWN: Mapping[Subject, str] = MappingProxyType(
    {
        Subject.GENERAL: "VCUXDE",
        **{Subject(each.value): "VUE" for each in RESTRICTED},
        Subject.JOURNAL: "VWM",
        Subject.ACCOUNTS: "A",
    }
)
OPTIONS: Mapping[tuple[Subject, str], OptionKind] = MappingProxyType(
    {
        (Subject.GENERAL, "C"): OptionKind.CREATE_SITE,
        (Subject.GENERAL, "X"): OptionKind.CLOSE_SITE,
        (Subject.JUDICIAL, VIEW): OptionKind.ACCESS_JUDICIAL,
        (Subject.OWNER, VIEW): OptionKind.ACCESS_OWNER,
        (Subject.FINANCE, VIEW): OptionKind.ACCESS_ACTION_FINANCES,
    }
)


@dataclass(frozen=True, slots=True)
class Cell:
    """Letters of one class, what gives them, and to which kind of organisation only (`only`)."""

    subject: Subject
    letters: str
    given: Given = Given.ROLE
    only: OrganisationType | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the matrix.

    `own` is the precision of general data inside the role's own areas, `around` outside them
    (widened reading). All but general reading is inside the own areas.
    """

    reading: Reading
    own: Precision
    cells: tuple[Cell, ...]
    around: Precision = Precision.GRID

    def letters(self, subject: Subject, given: Given = Given.ROLE) -> str:
        """The letters of a column that are given that way."""
        found = (c.letters for c in self.cells if (c.subject, c.given) == (subject, given))
        return "".join(found)


_CELL = re.compile(r"(?P<letters>[A-Z]+)(?: \((?P<given>[oga])(?:: (?P<only>\w+))?\))?")


def row(reading: Reading, own: Precision, **columns: str) -> Rule:
    """A rule from its columns as the reference writes them. Raises `ValueError` for the unknown."""
    cells = []
    for name, text in columns.items():
        subject = Subject(name)
        for part in filter(None, text.split(", ")):
            read = _CELL.fullmatch(part)
            if read is None:
                raise ValueError(f"{name}: not a cell of the matrix: {part!r}")
            given, only = Given(read["given"] or Given.ROLE), read["only"]
            for letter in read["letters"]:
                if letter not in KNOWN[subject]:
                    raise ValueError(f"{name}: {letter} means nothing there")
                if given == Given.OPTION and (subject, letter) not in OPTIONS:
                    raise ValueError(f"{name}: no option gives {letter}")
            kind = OrganisationType(only) if only else None
            cells.append(Cell(subject, read["letters"], given, kind))
    return Rule(reading, own, tuple(cells))


_NATIONAL = {"judicial": "VUE", "owner": "VUE", "health": "VUE", "finance": "VUE"}

# (o) by option, (g) by grant to the organisation, (a) on the actions of one's own organisation.
MATRIX: Mapping[str, Rule] = MappingProxyType(
    {
        Role.NATIONAL_ADMIN: row(
            Reading.NATION,
            Precision.EXACT,
            general="VCUXDE",
            **_NATIONAL,
            journal="VWM",
            accounts="A",
        ),
        Role.LOCAL_ADMIN: row(
            Reading.OWN,
            Precision.EXACT,
            general="VCUXE",
            **_NATIONAL,
            journal="VWM",
            accounts="A",
        ),
        Role.CORRESPONDENT: row(
            Reading.OWN, Precision.EXACT, general="VCUXE", **_NATIONAL, journal="VW"
        ),
        Role.PARTNER: row(
            Reading.WIDENED,
            Precision.EXACT,
            general="VUE, CX (o)",
            judicial="V (o)",
            owner="V (o)",
            health="VU (g: ars)",
            finance="V (o)",
            journal="VW",
        ),
        Role.NATIONAL_PARTNER: row(
            Reading.NATION,
            Precision.COMMUNE,
            general="VE",
            health="V (g)",
            finance="V (o)",
        ),
        Role.OPERATOR: row(
            Reading.WIDENED,
            Precision.EXACT,
            general="VUE, CX (o)",
            judicial="V (o)",
            health="VU (g)",
            finance="VU (a), V (o)",
            journal="VW",
        ),
        Role.INTERVENER: row(Reading.NAMED_SITES, Precision.EXACT, general="V", journal="VW"),
        Role.OBSERVER: row(Reading.WIDENED, Precision.GRID, general="V"),
        # (g) on general data: the exact place instead of the commune.
        Role.API_TOKEN: row(
            Reading.OWN,
            Precision.COMMUNE,
            general="V, V (g)",
            owner="V (g)",
            health="V (g)",
            finance="V (g)",
        ),
    }
)
if set(MATRIX) != set(Role):
    raise ValueError("the matrix and the roles differ")
if any(MATRIX[Role.API_TOKEN].letters(Subject.JUDICIAL, given) for given in Given):
    raise ValueError("no token reads judicial data")

# The kinds of organisation whose people a role is for; a role that is not named is for all. Another
# one takes a decision of the nation: such a role reads judicial data without a second approval.
ORGANISATIONS: Mapping[str, frozenset[OrganisationType]] = MappingProxyType(
    {
        Role.NATIONAL_ADMIN: frozenset({OrganisationType.DIHAL}),
        Role.LOCAL_ADMIN: frozenset(
            {OrganisationType.DIHAL, OrganisationType.PREFECTURE, OrganisationType.DDETS}
        ),
        Role.CORRESPONDENT: frozenset(
            {OrganisationType.DIHAL, OrganisationType.PREFECTURE, OrganisationType.DDETS}
        ),
        Role.NATIONAL_PARTNER: frozenset({OrganisationType.DIHAL, OrganisationType.CENTRAL}),
    }
)
if any(
    rule.letters(Subject.JUDICIAL) and role not in ORGANISATIONS for role, rule in MATRIX.items()
):
    raise ValueError("a role that reads judicial data is for some organisations only")

EXPORTING_ROLES = frozenset(
    role for role, rule in MATRIX.items() if "E" in rule.letters(Subject.GENERAL)
)
# Partner systems have no letter E: a token under quota is all they have.
TOKEN_ROLES = EXPORTING_ROLES | {Role.API_TOKEN}
