"""What of general data only readers of the exact place are told: free text, and who works there.

Named once, for the sheet, the history and the record of a past day. A text may say the street, the
family or the person. Their events are of the class of the place (`history_sql.told_exactly`), so
that both walls hold them. Leaves the place itself to its own tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# A table whose every column is told so is in `WHOLLY`.
EXACT_ONLY: Mapping[str, tuple[str, ...]] = {
    "site": ("reinstallation_comments",),
    "site_population": ("census_by",),
    "site_closure": ("context", "comment"),
    "site_closure_solution": ("message",),
}
WHOLLY = frozenset({"site_actor"})


def blurred(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table as it is told to a reader who does not have the exact place."""
    hidden = EXACT_ONLY.get(table, ())
    return {name: value for name, value in row.items() if name not in hidden}
