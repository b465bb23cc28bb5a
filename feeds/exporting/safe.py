"""Text that a spreadsheet must not take for a formula (security of exports)."""

from __future__ import annotations

import re

# Also after a quotation mark or a line break: a careless import cuts cells there.
DANGEROUS = re.compile(r"\A[=+\-@\t\r]|[\"\n][=+\-@\t\r]")


def safe(text: str) -> str:
    """The same text; with an apostrophe in front where a spreadsheet might compute it."""
    return f"'{text}" if DANGEROUS.search(text) else text
