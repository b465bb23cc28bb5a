"""Small French phrases of the sign-in pages."""

from __future__ import annotations


def pause_in_words(seconds: int) -> str:
    """A pause as one says it: « 15 secondes », « 2 minutes »."""
    if seconds < 60:
        return f"{seconds} secondes"
    minutes = -(-seconds // 60)
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
