"""What Django's own filters say in English grammar, said in French; known to every template."""

from __future__ import annotations

from collections.abc import Sized

from django import template

register = template.Library()


@register.filter
def pluralize(count: float | str | Sized | None, marks: str = "s") -> str:
    """The mark of agreement with a count, or with the length of a list, the plural from two on;
    `"al,aux"` is both marks."""
    one, _, many = marks.rpartition(",")
    if isinstance(count, Sized) and not isinstance(count, str):
        count = len(count)
    try:
        return many if abs(float(count or 0)) >= 2 else one
    except (TypeError, ValueError):
        return one
