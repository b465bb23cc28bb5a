"""The general-data part of the rights matrix, as data: what each role reads and does, and where.

Leaves the restricted classes' tables to the applications that hold them: a class without a row
here is read by nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from geo.accounts.enums import Role
from geo.core.scope import Precision, Verb


class Reading(StrEnum):
    """Where a role reads general data, relative to its own areas."""

    NATION = "nation"
    OWN = "own"
    WIDENED = "widened"
    NAMED_SITES = "named_sites"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the matrix for general data.

    `own` is the precision inside the role's own areas, `around` outside them (widened reading);
    `verbs` are allowed in the own areas (everywhere for the nation).
    """

    reading: Reading
    own: Precision
    around: Precision = Precision.GRID
    verbs: frozenset[Verb] = frozenset()


ALL = frozenset(Verb)
WRITE = frozenset({Verb.CREATE, Verb.UPDATE, Verb.CLOSE, Verb.EXPORT})
AMEND = frozenset({Verb.UPDATE, Verb.EXPORT})
READ_OUT = frozenset({Verb.EXPORT})

MATRIX: dict[str, Rule] = {
    Role.NATIONAL_ADMIN: Rule(Reading.NATION, Precision.EXACT, verbs=ALL),
    Role.LOCAL_ADMIN: Rule(Reading.OWN, Precision.EXACT, verbs=WRITE),
    Role.CORRESPONDENT: Rule(Reading.OWN, Precision.EXACT, verbs=WRITE),
    Role.PARTNER: Rule(Reading.WIDENED, Precision.EXACT, verbs=AMEND),
    Role.NATIONAL_PARTNER: Rule(Reading.NATION, Precision.COMMUNE, verbs=READ_OUT),
    Role.OPERATOR: Rule(Reading.WIDENED, Precision.EXACT, verbs=AMEND),
    Role.INTERVENER: Rule(Reading.NAMED_SITES, Precision.EXACT),
    Role.OBSERVER: Rule(Reading.WIDENED, Precision.GRID),
    Role.API_TOKEN: Rule(Reading.OWN, Precision.COMMUNE, verbs=READ_OUT),
}
EXPORTING_ROLES = frozenset(role for role, rule in MATRIX.items() if Verb.EXPORT in rule.verbs)
