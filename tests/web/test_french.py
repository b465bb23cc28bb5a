"""The grammar of the pages."""

from __future__ import annotations

import pytest
from django.template import engines


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 site ouvert"),
        (1, "1 site ouvert"),
        (2, "2 sites ouverts"),
        (None, "None site ouvert"),
    ],
)
def test_the_plural_begins_at_two_in_every_template(count: int | None, words: str) -> None:
    text = "{{ n }} site{{ n|pluralize }} ouvert{{ n|pluralize }}"
    assert engines["django"].from_string(text).render({"n": count}) == words


def test_two_marks() -> None:
    template = engines["django"].from_string('journ{{ n|pluralize:"al,aux" }}')
    assert [template.render({"n": n}) for n in (0, 3)] == ["journal", "journaux"]
