"""Prints the demonstration accounts, read as JSON on the standard input, as a table."""

from __future__ import annotations

import json
import sys

HEADINGS = {
    "role": "rôle",
    "territory": "territoire",
    "email": "adresse",
    "password": "mot de passe",
}


def table(accounts: list[dict[str, str | None]]) -> str:
    """One line an account, columns aligned; the token and the one-time secret stay in the JSON."""
    rows = [list(HEADINGS.values())]
    rows += [[str(account.get(key) or "") for key in HEADINGS] for account in accounts]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = []
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(json.load(sys.stdin)))
