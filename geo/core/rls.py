"""The second wall: what touches a site is sent to the database together with the reader's rights.

The policies (`geo.core.rls_sql`) compare the areas of each row with settings that last as long as
one transaction. Here those settings go in front of every statement that names a protected table, in
the same message: nothing is left behind on a pooled connection, whoever opened the transaction and
however late a queryset is read. A statement without a reader is refused before it is sent. Leaves
rights to `Scope`, and the first wall to each model's `visible_to`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

from django.apps import apps
from django.db import models, transaction

from geo.core import tracing
from geo.core.scope import RESTRICTED, Areas, Reach, Scope, Verb

M = TypeVar("M", bound=type[models.Model])
T = TypeVar("T")
Person = Callable[[], int | None]

# One letter before each code: those of a region and of a departement may be equal.
REGION, DEPARTEMENT, EPCI, COMMUNE, SITE = "RDECS"
EVERYWHERE, NOWHERE = "*", "-"
CODE = re.compile(r"[0-9A-Z]{1,9}")
WRITING = (Verb.CREATE, Verb.UPDATE, Verb.CLOSE, Verb.DELETE)
# The owner's connection migrates; its rights are in the settings of the connection itself.
OWNER = "owner"

_roots: set[type[models.Model]] = set()


class NoReaderError(RuntimeError):
    """A statement touches sites and nobody is said to read: no answer, not even an empty one."""


class _Reader:
    """Who reads now. The rights may be lazy: they are resolved at the first protected statement."""

    __slots__ = ("_person", "_prefix", "_scope")

    def __init__(self, scope: Scope, person: Person) -> None:
        self._scope, self._person, self._prefix = scope, person, ""

    @property
    def prefix(self) -> str:
        """The statement that hands these rights to the policies for one transaction."""
        if not self._prefix:
            # The rights first: to know them may tell who reads.
            rights_sql = context_sql(self._scope)
            self._prefix = f"{rights_sql},{_person_sql(self._person())}"
        return self._prefix


_current: ContextVar[_Reader | None] = ContextVar("reader", default=None)


def _nobody() -> int | None:
    return None


@contextmanager
def reading(scope: Scope | None, person: Person = _nobody) -> Iterator[None]:
    """Read and write as `scope` allows inside the block; the former reader comes back after it.

    `None` is nobody: the block may touch no protected table. Threads start with nobody. `person`
    tells the number of who reads, for what is theirs whatever their rights.
    """
    token = _current.set(None if scope is None else _Reader(scope, person))
    try:
        yield
    finally:
        _current.reset(token)


def everything_sql() -> str:
    """The statement that hands over every right."""
    return _Reader(Scope.everything(), _nobody).prefix


def current_context() -> str:
    """The statement that hands over the rights of who reads now; empty when nobody does."""
    reader = _current.get()
    return reader.prefix if reader is not None else ""


def carried(scope: Scope, items: Iterable[T], person: Person = _nobody) -> Iterator[T]:
    """The same items, each computed as `scope` allows: for answers that stream after their view."""
    iterator, reader = iter(items), _Reader(scope, person)
    while True:
        # Around each step, not around the loop: between two steps the thread is someone else's.
        token = _current.set(reader)
        try:
            item = next(iterator)
        except StopIteration:
            return
        finally:
            _current.reset(token)
        yield item


def protect(model: M) -> M:
    """Declare the model whose rows the second wall hides; what points to it is protected too."""
    _roots.add(model)
    return model


@cache
def protected_models() -> frozenset[type[models.Model]]:
    """The declared models and all those with a foreign key that leads to one of them."""
    found = set(_roots)
    while True:
        more = {model for model in apps.get_models() if _points_to(model, found)} - found
        if not more:
            return frozenset(found)
        found |= more


def protected_tables() -> list[str]:
    """The tables of the protected models, sorted."""
    return sorted(model._meta.db_table for model in protected_models())


def rights(scope: Scope) -> dict[str, str]:
    """The settings that the policies read; codes are letters and digits, so nothing is escaped."""
    reach = scope.reach()
    write = Areas()
    for verb in WRITING:
        write |= scope.where(verb)
    # Who writes a block of a site locks the site, and its owner is noted there.
    classes = {each: scope.where(Verb.UPDATE, each) for each in RESTRICTED}
    for areas in classes.values():
        write |= areas
    return {
        "visible": _listed(reach.exact | reach.grid | reach.commune, reach.sites),
        "exact": _listed_exactly(reach),
        "creating": _listed(scope.where(Verb.CREATE)),
        "writing": _listed(write),
        "deleting": _listed(scope.where(Verb.DELETE)),
        **{each.value: _listed_exactly(scope.reach(each)) for each in RESTRICTED},
        **{f"{each.value}_writing": _listed(areas) for each, areas in classes.items()},
        "administering": _listed(scope.where(Verb.ADMINISTER)),
    }


def context_sql(scope: Scope) -> str:
    """`SELECT set_config(…)` of these rights, local to the transaction."""
    calls = (f"set_config('atlas.{name}','{value}',true)" for name, value in rights(scope).items())
    return f"SELECT {','.join(calls)}"


def _person_sql(person: int | None) -> str:
    number = NOWHERE if person is None else str(int(person))
    return f"set_config('atlas.person','{number}',true)"


def carry(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Django's execute wrapper: put the reader's rights in front of a protected statement.

    Who acts, and why, goes the same way in front of what writes (`geo.core.tracing`).
    """
    text = sql if isinstance(sql, str) else sql.as_string(None)
    protected, act = touches(text), tracing.settings_sql(text)
    if not protected and not act:
        return execute(sql, params, many, context)
    # One SELECT whatever it sets: one answer to pass over.
    prefix = _required().prefix if protected else "SELECT 1"
    if act:
        prefix = f"{prefix},{act}"
    cursor = context["cursor"].cursor
    if getattr(cursor, "name", None) is not None:
        raise NoReaderError("a named cursor outlives its rights: fetch from a plain one")
    if many:
        connection = context["connection"]
        with transaction.atomic(using=connection.alias), connection.cursor() as before:
            before.cursor.execute(prefix)
            return execute(sql, params, many, context)
    # Two statements in one message are one transaction, even in autocommit. The rights hold no %.
    result = execute(f"{prefix};{text}", params, many, context)
    cursor.nextset()
    return result


def needed(sql: str) -> str:
    """What goes in front of a statement sent without a Django cursor: empty when it needs nothing.

    Raises `NoReaderError` as `carry` does.
    """
    return _required().prefix if touches(sql) else ""


def install(*, connection: Any, **_: Any) -> None:
    """Receiver of `connection_created`: every new connection of the application carries rights."""
    from geo.core.compared import watch

    # First of all, so that whoever adds a wrapper for a while removes its own.
    if connection.alias != OWNER and carry not in connection.execute_wrappers:
        connection.execute_wrappers[:0] = [watch, carry]


def _required() -> _Reader:
    reader = _current.get()
    if reader is None:
        raise NoReaderError(
            "this statement touches sites and nobody reads: run it inside rls.reading(scope)"
        )
    return reader


def touches(sql: str) -> bool:
    """Whether a statement names a protected table. One too many is harmless: rights go with it."""
    stems, names = _names()
    # The expression alone takes ten times as long on the statements that have nothing to do here.
    return any(stem in sql for stem in stems) and names.search(sql) is not None


@cache
def _names() -> tuple[tuple[str, ...], re.Pattern[str]]:
    tables = protected_tables()
    stems = (name for name in tables if not any(o != name and o in name for o in tables))
    return tuple(stems), re.compile(rf"\b(?:{'|'.join(tables)})\b")


def _points_to(model: type[models.Model], targets: set[type[models.Model]]) -> bool:
    return any(
        (field.many_to_one or field.one_to_one) and field.related_model in targets
        for field in model._meta.concrete_fields
        if field.is_relation
    )


def _listed_exactly(reach: Reach) -> str:
    return _listed(reach.exact, reach.sites)


def _listed(areas: Areas, sites: Iterable[int] = ()) -> str:
    if areas.nation:
        return EVERYWHERE
    levels = (
        (REGION, areas.regions),
        (DEPARTEMENT, areas.departements),
        (EPCI, areas.epcis),
        (COMMUNE, areas.communes),
        (SITE, (str(int(site)) for site in sites)),
    )
    listed = []
    for letter, codes in levels:
        for code in codes:
            if letter != SITE and not CODE.fullmatch(code):
                raise ValueError(f"not the code of a territory: {code!r}")
            listed.append(letter + code)
    return ",".join(listed) or NOWHERE
