"""What Django's own filters say in English grammar, said in French; known to every template."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def pluralize(count: float | str | None, marks: str = "s") -> str:
    """The mark of agreement with a count, the plural from two on; `"al,aux"` is both marks."""
    one, _, many = marks.rpartition(",")
    try:
        return many if abs(float(count or 0)) >= 2 else one
    except (TypeError, ValueError):
        return one
