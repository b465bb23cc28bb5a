"""The pause after failures: when it opens, how it grows, who tries again."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.breaker import FIRST_PAUSE_S, LONGEST_PAUSE_S, TRIAL_S, Breaker


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("layers.breaker.time.time", clock.time)
    return clock


@pytest.fixture
def breaker(tmp_path: Path) -> Breaker:
    return Breaker(tmp_path / "layer.json")


def test_one_failure_is_forgiven(breaker: Breaker, clock: Clock) -> None:
    assert breaker.admit() == 0
    breaker.failed(clock.now)
    assert breaker.admit() == 0
    breaker.succeeded()
    breaker.failed(clock.now)
    assert breaker.admit() == 0
    assert breaker.pause_s() == 0


def test_a_service_that_does_not_answer_is_believed_at_once(breaker: Breaker, clock: Clock) -> None:
    breaker.failed(clock.now, silent=True)
    assert breaker.admit() == pytest.approx(FIRST_PAUSE_S)
    clock.now += FIRST_PAUSE_S + 0.1
    assert breaker.admit() == 0
    breaker.succeeded()
    assert breaker.pause_s() == 0


def test_failures_under_way_together_pause_once(breaker: Breaker, clock: Clock) -> None:
    started = clock.now
    clock.now += 4
    for _ in range(8):
        breaker.failed(started)
    assert breaker.admit() == pytest.approx(FIRST_PAUSE_S)


def test_one_caller_tries_at_the_end_of_the_pause(breaker: Breaker, clock: Clock) -> None:
    for _ in range(2):
        breaker.failed(clock.now)
    clock.now += FIRST_PAUSE_S + 0.1
    assert breaker.admit() == 0
    assert breaker.admit() == pytest.approx(TRIAL_S)
    breaker.succeeded()
    assert breaker.admit() == 0


def test_the_pause_doubles_up_to_a_minute(breaker: Breaker, clock: Clock) -> None:
    breaker.failed(clock.now)
    pauses = []
    for _ in range(7):
        breaker.failed(clock.now)
        pauses.append(breaker.pause_s())
        clock.now += pauses[-1] + 0.1
        assert breaker.admit() == 0
    assert pauses == pytest.approx([5, 10, 20, 40, 60, 60, 60])


def test_a_trial_that_dies_lets_another_try(breaker: Breaker, clock: Clock) -> None:
    for _ in range(2):
        breaker.failed(clock.now)
    clock.now += FIRST_PAUSE_S + 0.1
    assert breaker.admit() == 0
    clock.now += TRIAL_S + 0.1
    assert breaker.admit() == 0


def test_a_clock_put_back_does_not_pause_for_ever(breaker: Breaker, clock: Clock) -> None:
    for _ in range(2):
        breaker.failed(clock.now)
    clock.now -= 100_000
    assert breaker.pause_s() <= LONGEST_PAUSE_S


@pytest.mark.parametrize("text", ["", "{", "[]", '{"failures": null}', '{"failures": 3}'])
def test_an_unreadable_state_stops_nobody(breaker: Breaker, text: str) -> None:
    breaker.path.write_text(text)
    assert breaker.pause_s() == 0
    assert breaker.admit() == 0
