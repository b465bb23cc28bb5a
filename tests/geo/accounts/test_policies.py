"""The matrix against the rights reference, typed here from the reference and not from the code."""

from __future__ import annotations

from typing import Any

import pytest

from geo.accounts.enums import GrantKind, Level, OptionKind, OrganisationType, Role
from geo.accounts.models import Grant, User
from geo.accounts.policies import MATRIX, TOKEN_ROLES, Reading, row
from geo.accounts.scopes import scope_for, scope_of_role
from geo.core.scope import Areas, DataClass, Precision, Scope, Verb
from tests.geo.accounts.grants import make_grant
from tests.support.factories import make_user

# role: where it reads, then general, judicial, owner, health, finance, journal, accounts.
REFERENCE = {
    "national_admin": ("nation", "VCUXDE", "VUE", "VUE", "VUE", "VUE", "VWM", "A"),
    "local_admin": ("own", "VCUXE", "VUE", "VUE", "VUE", "VUE", "VWM", "A"),
    "correspondent": ("own", "VCUXE", "VUE", "VUE", "VUE", "VUE", "VW", ""),
    "partner": ("widened", "VUE CXo", "Vo", "Vo", "VUg", "Vo", "VW", ""),
    "national_partner": ("nation", "VE", "", "", "Vg", "Vo", "", ""),
    "operator": ("widened", "VUE CXo", "Vo", "", "VUg", "Vo", "VW", ""),
    "intervener": ("named_sites", "V", "", "", "", "", "VW", ""),
    "observer": ("widened", "V", "", "", "", "", "", ""),
    "api_token": ("own", "V Vg", "", "Vg", "Vg", "Vg", "", ""),
}
CLASSES = list(DataClass)
VERBS = {"C": Verb.CREATE, "U": Verb.UPDATE, "X": Verb.CLOSE, "D": Verb.DELETE, "E": Verb.EXPORT}
NATIONAL = {"national_admin", "national_partner"}


def letters(text: str, mark: str = "") -> set[str]:
    """The letters of the parts of a cell that have this mark (none: by the role alone)."""
    parts = text.split()
    marked = [p for p in parts if (p[-1] in "og") == bool(mark) and (not mark or p[-1] == mark)]
    return {letter for part in marked for letter in part if letter.isupper()}


def place_of(role: str) -> tuple[str, str]:
    return (Level.NATION, "") if role in NATIONAL else (Level.DEPARTEMENT, "93")


def held(scope: Scope, data_class: DataClass, areas: Areas) -> set[str]:
    """The letters that a scope gives on a class, all of them exactly in `areas`."""
    found = set()
    reach = scope.reach(data_class)
    if reach:
        found.add("V")
        if data_class != DataClass.GENERAL:
            assert reach.exact == areas
            assert (reach.grid, reach.commune) == (Areas(), Areas())
    for letter, verb in VERBS.items():
        where = scope.where(verb, data_class)
        if where:
            assert where == areas
            found.add(letter)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("role", REFERENCE)
def test_a_role_alone_holds_what_the_reference_gives_it(territories: Any, role: str) -> None:
    level, code = place_of(role)
    reads, *columns = REFERENCE[role]
    areas = Areas(nation=True) if level == Level.NATION else Areas.of(level, [code])
    scope = scope_for(make_user(role, level, code))
    for data_class, text in zip(CLASSES, columns, strict=False):
        wanted = letters(text)
        if reads == "named_sites":
            assert not scope.reach(data_class)  # nothing is named to them
            wanted = set()
        assert held(scope, data_class, areas) == wanted, data_class
    for verb, letter, text in (
        (Verb.WRITE, "W", columns[5]),
        (Verb.MODERATE, "M", columns[5]),
        (Verb.ADMINISTER, "A", columns[6]),
    ):
        expected = areas if letter in text and reads != "named_sites" else Areas()
        assert scope.where(verb) == expected
    assert scope == scope_of_role(role, level, code)


@pytest.mark.django_db
@pytest.mark.parametrize("role", REFERENCE)
def test_options_add_what_the_reference_marks_and_nothing_else(territories: Any, role: str) -> None:
    level, code = place_of(role)
    user, approver = make_user(role, level, code), make_user("national_admin", email="b@e.test")
    alone = scope_for(user)
    for option in OptionKind:
        make_grant(user=user, option=option, level=level, code=code, approved_by=approver)
    scope, columns = scope_for(user), REFERENCE[role][1:]
    areas = Areas(nation=True) if level == Level.NATION else Areas.of(level, [code])
    for data_class, text in zip(CLASSES, columns, strict=False):
        more = letters(text, "o")
        before = held(alone, data_class, areas)
        assert held(scope, data_class, areas) == before | more, data_class


@pytest.mark.django_db
@pytest.mark.parametrize("role", REFERENCE)
@pytest.mark.parametrize("kind", [OrganisationType.ARS, OrganisationType.ASSOCIATION])
def test_an_organisation_adds_what_the_reference_marks(
    territories: Any, role: str, kind: OrganisationType
) -> None:
    level, code = place_of(role)
    user = make_user(role, level, code)
    assert user.organisation is not None
    type(user.organisation).objects.update(type=kind)
    alone = scope_for(user)
    for data_class in CLASSES:
        if data_class != DataClass.JUDICIAL:
            for part in ("V", "VU"):
                make_grant(
                    kind=GrantKind.ORGANISATION,
                    organisation=user.organisation,
                    data_class=data_class,
                    letters=part,
                    level=level,
                    code=code,
                )
    scope, columns = scope_for(user), REFERENCE[role][1:]
    areas = Areas(nation=True) if level == Level.NATION else Areas.of(level, [code])
    for data_class, text in zip(CLASSES, columns, strict=False):
        more = letters(text, "g")
        if role == "partner" and kind != OrganisationType.ARS:
            more = set()
        before = held(alone, data_class, areas)
        assert held(scope, data_class, areas) == before | more, data_class
    exact = role == "api_token"
    assert (scope.reach().exact == areas) == (exact or alone.reach().exact == areas)


def test_reading_and_precision_follow_the_reference() -> None:
    assert {role: rule.reading for role, rule in MATRIX.items()} == {
        role: Reading(columns[0]) for role, columns in REFERENCE.items()
    }
    precisions = {role: rule.own for role, rule in MATRIX.items() if rule.own != Precision.EXACT}
    assert precisions == {
        Role.NATIONAL_PARTNER: Precision.COMMUNE,
        Role.OBSERVER: Precision.GRID,
        Role.API_TOKEN: Precision.COMMUNE,
    }
    exporting = {role for role, columns in REFERENCE.items() if "E" in letters(columns[1])}
    assert exporting | {Role.API_TOKEN} == TOKEN_ROLES


@pytest.mark.parametrize(
    "columns",
    [
        {"general": "VZ"},
        {"general": "VC (x)"},
        {"general": "V,U"},
        {"police": "V"},
        {"judicial": "VC"},
        {"owner": "VU (o)"},
        {"health": "V (g: police)"},
    ],
)
def test_what_the_matrix_does_not_know_stops_the_program(columns: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        row(Reading.OWN, Precision.EXACT, **columns)


@pytest.mark.django_db
def test_nobody_has_no_right_and_an_unknown_role_cannot_be_resolved(territories: Any) -> None:
    assert scope_for(User(is_active=False)) == Scope.public()
    with pytest.raises(KeyError):
        scope_of_role("police", "departement", "93")
    assert not Grant.objects.exists()
