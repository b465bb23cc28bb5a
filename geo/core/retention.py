"""How long each kind of data is kept: rules as data, listed on a page, applied every day.

Each application declares its own in `retention.py`. A rule counts what has come to its term and
treats it; counting changes nothing. Leaves what is kept, and why, to the packages.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

logger = logging.getLogger(__name__)
Moment = Callable[[dt.datetime], int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of data, how long it stays as it is, then what happens to it.

    `delay` is read at each use: it is a parameter. `since` says from when it counts, `effect` what
    is done. `count` and `apply` take the date before which the term has come; `oldest` is the
    date of the oldest row that waits for its term, where the rule counts from one.
    """

    code: str
    data: str
    delay: Callable[[], dt.timedelta]
    since: str
    effect: str
    count: Moment
    apply: Moment
    oldest: Callable[[], dt.datetime | None] | None = None

    def limit(self, now: dt.datetime) -> dt.datetime:
        """What began before this has come to its term."""
        return now - self.delay()

    @property
    def kept(self) -> str:
        """The delay in words."""
        return in_words(self.delay())


@dataclass(frozen=True, slots=True)
class Done:
    """What a rule found, or treated."""

    rule: Rule
    rows: int
    failed: bool = False


_RULES: dict[str, Rule] = {}


def declare(rule: Rule) -> Rule:
    """Add a rule to the table. Raises `ValueError` for a code that is taken."""
    if rule.code in _RULES:
        raise ValueError(f"two rules of retention are called {rule.code}")
    _RULES[rule.code] = rule
    return rule


def rules() -> list[Rule]:
    """Every rule, in the order of its data."""
    return sorted(_RULES.values(), key=lambda rule: (rule.data, rule.delay()))


def run(*, now: dt.datetime | None = None, dry_run: bool = False) -> Iterator[Done]:
    """Treat what has come to its term, each rule in its own transaction.

    A rule that fails is told and does not stop the others; its data waits for the next day.
    """
    now = now or timezone.now()
    for rule in rules():
        work = rule.count if dry_run else rule.apply
        try:
            with transaction.atomic():
                rows = work(rule.limit(now))
        except Exception:
            logger.exception("retention rule %s failed", rule.code)
            yield Done(rule, 0, failed=True)
            continue
        logger.info("retention rule %s: %d row(s)%s", rule.code, rows, " due" * dry_run)
        yield Done(rule, rows)


def in_words(delay: dt.timedelta) -> str:
    """A delay as people say it: hours, days, months of thirty days, years."""
    days = delay.days
    if delay < dt.timedelta(days=1):
        hours = int(delay.total_seconds() // 3600)
        return f"{hours} heure{'s' if hours > 1 else ''}" if hours else "dès la fin"
    if days >= 700 and days % 365 < 5:
        return f"{days // 365} ans"
    if days >= 58:
        return f"{round(days / 30.44)} mois"
    return f"{days} jour{'s' if days > 1 else ''}"
