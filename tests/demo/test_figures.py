"""The invented lives and populations meet every published count, and are always the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from demo import figures
from demo.lives import Life, lives, moves
from demo.people import OFFICIAL_MIN, Series, series
from demo.spread import share, spread

CLOSINGS = {"evacuations": "evacuation", "resorptions": "resorption"}


@pytest.fixture(scope="module")
def drawn() -> list[Life]:
    return lives(figures.UNTIL)


@pytest.fixture(scope="module")
def counted(drawn: list[Life]) -> list[Series]:
    return series(drawn, figures.UNTIL)


def measured(figure: figures.Published, counted: Sequence[Series]) -> int:
    """The same measure on the invented sites, written apart from what draws them."""
    inside = [one for one in counted if one.life.departement in figure.members]
    if figure.measure in CLOSINGS:
        return sum(
            one.life.kind == CLOSINGS[figure.measure]
            and one.life.closed_on is not None
            and figure.start <= one.life.closed_on <= figure.end
            for one in inside
        )
    there = [
        one
        for one in inside
        if one.life.opened_on <= figure.start
        and (one.life.closed_on is None or one.life.closed_on > figure.start)
    ]
    if figure.measure == "sites":
        return len(there)
    if figure.measure == "departements":
        return len({one.life.departement for one in there})
    if figure.measure == "people":
        return sum(one.people.get(figure.start, 0) for one in there)
    official = [
        one.people[figure.start]
        for one in there
        if one.eu_only and one.people.get(figure.start, 0) >= OFFICIAL_MIN
    ]
    return len(official) if figure.measure == "eu_sites" else sum(official)


@pytest.mark.parametrize(
    "figure",
    figures.published(),
    ids=lambda figure: f"{figure.start}-{figure.code}-{figure.measure}",
)
def test_published_counts_are_met_exactly(figure: figures.Published, counted: list[Series]) -> None:
    assert measured(figure, counted) == figure.value


def test_the_country_has_its_size(drawn: list[Life], counted: list[Series]) -> None:
    still_open = [one for one in counted if one.life.closed_on is None]
    people = sum(next(reversed(one.people.values()), 0) for one in still_open)
    assert 1350 <= len(drawn) <= 1450
    assert len(still_open) >= 400
    assert 15_000 <= people <= 20_000
    assert {"971", "972", "973", "974", "976"} <= {life.departement for life in drawn}
    without = sum(not one.people for one in still_open)
    assert 0 < without < 0.1 * len(still_open)


def test_two_drawings_are_equal(drawn: list[Life], counted: list[Series]) -> None:
    again = lives(figures.UNTIL)
    assert again == drawn
    assert [one.people for one in series(again, figures.UNTIL)] == [one.people for one in counted]


def test_an_earlier_day_knows_nothing_of_what_follows(drawn: list[Life]) -> None:
    day = dt.date(2020, 6, 30)
    known = {life.number: life for life in lives(day)}
    for life in drawn:
        if life.opened_on > day:
            assert life.number not in known
        else:
            ended = life.closed_on if life.closed_on and life.closed_on <= day else None
            assert known[life.number].opened_on == life.opened_on
            assert known[life.number].closed_on == ended
    assert all(day >= visit for one in series(list(known.values()), day) for visit in one.people)


def test_lives_end_after_they_begin_and_resorptions_take_a_year(drawn: list[Life]) -> None:
    for life in drawn:
        if life.closed_on is not None:
            least = 365 if life.kind == "resorption" else 12
            assert (life.closed_on - life.opened_on).days >= least


def test_people_move_to_a_site_that_opens_after_theirs_closed(drawn: list[Life]) -> None:
    found = list(moves(drawn))
    assert len(found) > 100
    assert len({move.site.number for move in found}) == len(found)
    for move in found:
        assert move.origin.closed_on is not None
        assert 0 <= (move.site.opened_on - move.origin.closed_on).days <= 90
        assert move.site.departement == move.origin.departement


def test_shares_are_exact_and_respect_floors() -> None:
    assert share(10, {"a": 1.0, "b": 1.0, "c": 1.0}, {}) == {"a": 4, "b": 3, "c": 3}
    assert share(10, {"a": 100.0, "b": 1.0}, {"b": 4}) == {"a": 6, "b": 4}
    everyone = frozenset("abc")
    nested = spread(
        [(everyone, 12), (frozenset("ab"), 5), (frozenset("a"), 2)], dict.fromkeys("abc", 1.0), {}
    )
    assert nested == {"a": 2, "b": 3, "c": 7}
    with pytest.raises(ValueError):
        share(3, {"a": 1.0, "b": 1.0}, {"a": 2, "b": 2})
    with pytest.raises(ValueError):
        share(3, {"a": 0.0}, {})
