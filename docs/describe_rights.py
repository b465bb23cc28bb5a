"""Writes the matrix of docs/access.md from the rights as they are enforced: run it after a change.

    .venv/bin/python -m docs.describe_rights

Leaves the rights to `geo.accounts.policies` and the rest of the page to its authors.
"""

from __future__ import annotations

from pathlib import Path

from geo.accounts.enums import Role
from geo.accounts.policies import (
    EXPORTING_ROLES,
    KNOWN,
    LETTERS,
    MATRIX,
    OPTIONS,
    ORGANISATIONS,
    TOKEN_ROLES,
    VIEW,
    Given,
    Reading,
    Subject,
)

PAGE = Path(__file__).parent / "access.md"
BEGIN = "<!-- written by python -m docs.describe_rights: what follows is not typed by hand -->"
END = "<!-- end of what is written -->"
READINGS = {
    Reading.NATION: "the country",
    Reading.OWN: "own areas",
    Reading.WIDENED: "own areas, the rest of the departement at {around}",
    Reading.NAMED_SITES: "the sites that name them",
}


def described() -> str:
    """The part of the page that the code says, between its two marks."""
    head = ["role", "reads general data in", "precision at home", *Subject]
    rows = [
        [
            f"`{role}`, {Role(role).label}",
            READINGS[rule.reading].format(around=rule.around.value),
            rule.own.value,
            *(_cell(role, subject) for subject in Subject),
        ]
        for role, rule in MATRIX.items()
    ]
    letters = [f"`{VIEW}` read", *(f"`{each}` {verb.value}" for each, verb in LETTERS.items())]
    known = [f"`{subject}` {letters}" for subject, letters in KNOWN.items()]
    options = [f"`{kind}` gives {letter} on {on}" for (on, letter), kind in OPTIONS.items()]
    lines = [
        BEGIN,
        "",
        _table([head, *rows]),
        "",
        f"Letters: {', '.join(letters)}.",
        "",
        f"Letters of each column: {', '.join(known)}.",
        "",
        "(o) by option, (g) by grant to the organisation (of that kind only, where one is named),",
        "(a) on the actions of one's own organisation. What is not written is not allowed; all but",
        "the reading of general data is inside the own areas.",
        "",
        *(f"- {each}" for each in options),
        "",
        "`access_judicial` counts once a national administrator, neither giver nor holder,",
        "has approved it.",
        "",
        f"- roles that export: {_roles(EXPORTING_ROLES)}",
        *(
            f"- `{role}` is for people of: {', '.join(sorted(kinds))}"
            for role, kinds in ORGANISATIONS.items()
        ),
        "- a role for another kind of organisation is given by a national administrator",
        f"- roles that may hold a token: {_roles(TOKEN_ROLES)}",
        "",
        END,
    ]
    return "\n".join(lines)


def rewritten(page: str) -> str:
    """The page with this part as it should be. Raises `ValueError` without its two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("docs/access.md has lost the marks of its matrix")
    return before + described() + after


def _cell(role: str, subject: Subject) -> str:
    parts = []
    for cell in MATRIX[role].cells:
        if cell.subject == subject:
            only = f": {cell.only.value}" if cell.only else ""
            how = "" if cell.given == Given.ROLE else f" ({cell.given.value}{only})"
            parts.append(f"{cell.letters}{how}")
    return ", ".join(parts) or "–"


def _roles(roles: frozenset[str]) -> str:
    return ", ".join(f"`{role}`" for role in Role.values if role in roles)


def _table(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def main() -> None:
    """Write the page."""
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    django.setup()
    main()
