"""Who acts now, and why: what the database's triggers write beside each change.

Said once around a request, a command or a job; sent with each statement that writes, for one
transaction, by the wrapper of `geo.core.rls`. A write without it is told as made outside the
application. Leaves the triggers to `geo/core/sql/history.sql`, and names of people to the pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

WRITES = re.compile(r"\b(?:insert|update|delete|merge|history_redact)\b", re.IGNORECASE)
# Followed by no trigger, and written while the reader is being recognised.
UNFOLLOWED = ('"django_session"', '"read_log"', '"sign_in_failure"', "procrastinate_")


@dataclass(frozen=True, slots=True)
class Person:
    """Numbers, not names: those of an anonymised account stay nobody's."""

    user: int | None = None
    organisation: int | None = None
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What is being done: `source` is `web`, `command` or `job`, `name` that of the route or job.

    `who` and `route` are asked at the first write: a request is recognised late.
    """

    source: str
    name: str = ""
    request_id: str = ""
    who: Callable[[], Person] = Person
    route: Callable[[], str] | None = None

    def as_json(self) -> str:
        """The context as the events keep it, in ASCII without quote or percent."""
        person = self.who()
        said = {
            "source": self.source,
            "why": self.route() if self.route is not None else self.name,
            "request": self.request_id,
            "user": person.user,
            "organisation": person.organisation,
            "on_behalf_of": person.on_behalf_of,
        }
        text = json.dumps({key: value for key, value in said.items() if value})
        return text.replace("%", "\\u0025").replace("'", "\\u0027")


_current: ContextVar[Act | None] = ContextVar("act", default=None)


@contextmanager
def acting(act: Act | None) -> Iterator[None]:
    """Everything written inside the block is told as `act`."""
    token = _current.set(act)
    try:
        yield
    finally:
        _current.reset(token)


def settings_sql(sql: str) -> str:
    """The setting that goes with a statement; empty where nothing is written, or nobody acts."""
    act = _current.get()
    if act is None or not WRITES.search(sql) or any(name in sql for name in UNFOLLOWED):
        return ""
    # To know who acts may read: those reads are nobody's act.
    with acting(None):
        said = act.as_json()
    return f"set_config('atlas.context','{said}',true)"
