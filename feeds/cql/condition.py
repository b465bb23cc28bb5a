"""A filter in CQL2 as a condition on the rows of a collection, for one reader.

Only the collection's queryables, the relations below and two functions exist; anything else is a
refusal that names it. What a branch does not give to the reader has no value there. Leaves reading
the text to `feeds.cql.reading` and rows to `geo.core.sources`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feeds.cql import moments, places
from feeds.cql.fragments import (
    BOOLEAN,
    DATE,
    GEOMETRY,
    KINDS,
    NUMBER,
    STRING,
    TIME,
    WORDS,
    Fragment,
    condition,
    null,
    values,
)
from feeds.cql.reading import TEXT, read_tree, refuse
from geo.core.collections import Property
from geo.core.crs import CRS84, Crs

GEOMETRY_NAME, ID_NAME = "geometry", "id"
COMPARISONS = {"=", "<>", "<", ">", "<=", ">="}
ARITHMETIC = {"+", "-", "*", "/", "%", "^", "div"}
MAX_LITERAL = 500
MAX_LIST = 100
# Letters compare by Unicode, whatever the locale of the cluster.
FUNCTIONS = {"casei": 'lower(({}) COLLATE "und-x-icu")', "accenti": "public.unaccent({})"}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that has been read and checked for the queryables of one reader.

    `names` are the properties it reads, `text` its normal form. It is what
    `geo.core.sources.Condition` asks for.
    """

    tree: Any
    crs: Crs
    kinds: tuple[tuple[str, str], ...]
    names: frozenset[str]
    spatial: bool
    text: str

    def sql(self, columns: Mapping[str, str]) -> tuple[str, tuple[Any, ...]]:
        """The condition over these columns by name; a name without a column has no value."""
        written = _Writer(dict(self.kinds), columns, self.crs)
        made = written.boolean(self.tree)
        return made.sql, made.params


def parse_filter(
    text: str | None, queryables: Sequence[Property], *, language: str = TEXT, crs: Crs = CRS84
) -> Filter | None:
    """Read and check a filter; None without one. Raises `InvalidInput` naming what is wrong."""
    if text is None or not text.strip():
        return None
    tree = read_tree(text, language)
    kinds = {p.name: KINDS[p.type] for p in queryables}
    kinds |= {GEOMETRY_NAME: GEOMETRY, ID_NAME: NUMBER}
    writer = _Writer(kinds, {name: name for name in kinds}, crs)
    writer.boolean(tree)
    normal = json.dumps([tree, crs.uri], sort_keys=True)
    names = frozenset(writer.seen - {GEOMETRY_NAME, ID_NAME})
    return Filter(tree, crs, tuple(kinds.items()), names, GEOMETRY_NAME in writer.seen, normal)


class _Writer:
    """Writes the tree over given columns, and remembers the names it met."""

    def __init__(self, kinds: Mapping[str, str], columns: Mapping[str, str], crs: Crs) -> None:
        self.kinds, self.columns, self.crs = kinds, columns, crs
        self.seen: set[str] = set()

    def boolean(self, node: Any) -> Fragment:
        """A condition."""
        if isinstance(node, bool):
            return Fragment("TRUE" if node else "FALSE", (), BOOLEAN)
        if isinstance(node, dict) and "property" in node:
            found = self.scalar(node)
            if found.kind != BOOLEAN:
                raise refuse(f"{found.told} n'est pas une condition : il faut la comparer.")
            return Fragment(f"({found.sql})", found.params, BOOLEAN)
        name, args = _operation(node)
        if name in places.RELATIONS:
            return places.relation(name, args, self.geometry)
        if name in moments.RELATIONS:
            return moments.relation(name, args, self.scalar)
        if name in COMPARISONS:
            return self._compare(name, args)
        writers: dict[str, Callable[[list[Any]], Fragment]] = {
            "and": lambda given: self._join("AND", given),
            "or": lambda given: self._join("OR", given),
            "not": self._negate,
            "between": self._between,
            "in": self._among,
            "like": self._like,
            "isnull": self._is_null,
        }
        if name not in writers:
            raise refuse(_unsupported(name))
        return writers[name](args)

    def scalar(self, node: Any) -> Fragment:
        """A value: a literal, a property, or the folded form of a text."""
        if not isinstance(node, dict):
            return _literal(node)
        if "property" in node:
            return self._property(node["property"])
        if "date" in node:
            return moments.date_literal(node["date"])
        if "timestamp" in node:
            return moments.time_literal(node["timestamp"])
        if "interval" in node:
            raise refuse("INTERVAL ne se compare que par les fonctions T_… .")
        if places.is_literal(node):
            raise refuse("Une géométrie ne se compare que par les fonctions S_… .")
        return self._folded(*_operation(node))

    def geometry(self, node: Any) -> Fragment:
        """A geometry: the feature's own, or a literal in the filter's reference system."""
        if places.is_literal(node):
            return places.literal(node, self.crs)
        if isinstance(node, dict) and "property" in node:
            found = self._property(node["property"])
            if found.kind != GEOMETRY:
                raise refuse(f"{found.told} n'est pas une géométrie : attendu « geometry ».")
            return found
        if isinstance(node, dict) and "op" in node:
            raise refuse(_unsupported(_operation(node)[0]))
        raise refuse("Une géométrie est attendue : « geometry », POINT(…), POLYGON(…), BBOX(…).")

    def _property(self, name: Any) -> Fragment:
        if not isinstance(name, str) or name not in self.kinds:
            known = ", ".join(sorted(self.kinds))
            raise refuse(f"Propriété inconnue : « {str(name)[:60]} ». Acceptées : {known}.")
        self.seen.add(name)
        kind = self.kinds[name]
        column = self.columns.get(name)
        if column is None:
            return null(kind)
        return Fragment(column, (), kind, name=name)

    def _folded(self, name: str, args: list[Any]) -> Fragment:
        if name not in FUNCTIONS:
            raise refuse(_unsupported(name))
        if len(args) != 1:
            raise refuse(f"{name.upper()} prend un texte.")
        inner = self.scalar(args[0])
        if inner.kind != STRING:
            raise refuse(f"{name.upper()} prend un texte, non {inner.told}.")
        return Fragment(FUNCTIONS[name].format(inner.sql), inner.params, STRING, name=inner.name)

    def _join(self, word: str, args: list[Any]) -> Fragment:
        if len(args) < 2:
            raise refuse(f"{word} joint au moins deux conditions.")
        parts = [self.boolean(arg) for arg in args]
        return condition(f"({f' {word} '.join(part.sql for part in parts)})", *parts)

    def _negate(self, args: list[Any]) -> Fragment:
        _count(args, 1, "NOT")
        part = self.boolean(args[0])
        return condition(f"(NOT {part.sql})", part)

    def _compare(self, name: str, args: list[Any]) -> Fragment:
        _count(args, 2, name)
        left, right = self._alike(self.scalar(args[0]), self.scalar(args[1]))
        if left.kind == GEOMETRY:
            raise refuse("Une géométrie ne se compare que par les fonctions S_… .")
        return condition(f"({left.sql} {name} {right.sql})", left, right)

    def _between(self, args: list[Any]) -> Fragment:
        _count(args, 3, "BETWEEN")
        value, low, high = (self.scalar(arg) for arg in args)
        if value.kind not in {NUMBER, DATE, TIME}:
            raise refuse(f"BETWEEN compare des nombres ou des dates, non {value.told}.")
        first, low = self._alike(value, low)
        second, high = self._alike(value, high)
        sql = f"({first.sql} >= {low.sql} AND {second.sql} <= {high.sql})"
        return condition(sql, first, low, second, high)

    def _among(self, args: list[Any]) -> Fragment:
        _count(args, 2, "IN")
        if not isinstance(args[1], list) or not 1 <= len(args[1]) <= MAX_LIST:
            raise refuse(f"IN est suivi d'une liste de 1 à {MAX_LIST} valeurs.")
        value = self.scalar(args[0])
        pairs = [self._alike(value, self.scalar(each)) for each in args[1]]
        sql = " OR ".join(f"{left.sql} = {right.sql}" for left, right in pairs)
        return Fragment(f"({sql})", values(part for pair in pairs for part in pair), BOOLEAN)

    def _like(self, args: list[Any]) -> Fragment:
        _count(args, 2, "LIKE")
        value, pattern = self.scalar(args[0]), self.scalar(args[1])
        if value.kind != STRING:
            raise refuse(f"LIKE compare des textes, non {value.told}.")
        if pattern.kind != STRING or pattern.name:
            raise refuse("LIKE est suivi d'un modèle entre apostrophes.")
        (text,) = pattern.params
        if (len(text) - len(text.rstrip("\\"))) % 2:
            raise refuse("Le modèle de LIKE finit par une barre oblique inverse isolée.")
        return condition(f"({value.sql} LIKE {pattern.sql})", value, pattern)

    def _is_null(self, args: list[Any]) -> Fragment:
        _count(args, 1, "IS NULL")
        value = self.scalar(args[0])
        return condition(f"({value.sql} IS NULL)", value)

    def _alike(self, left: Fragment, right: Fragment) -> tuple[Fragment, Fragment]:
        """Two values as they compare; a text beside a date is read as one."""
        if {left.kind, right.kind} & {DATE, TIME}:
            return moments.same_grain(moments.moment_of(left), moments.moment_of(right))
        if left.kind != right.kind:
            named, other = (left, right) if left.name else (right, left)
            raise refuse(
                f"{named.told} se compare à {WORDS[named.kind]}, non à {WORDS[other.kind]}."
            )
        return left, right


def _literal(node: Any) -> Fragment:
    if isinstance(node, bool):
        return Fragment("TRUE" if node else "FALSE", (), BOOLEAN)
    if isinstance(node, int | float):
        return Fragment("%s", (_number(node),), NUMBER)
    if isinstance(node, str):
        return _text(node)
    if node is None:
        raise refuse("NULL ne se compare pas : écrivez IS NULL.")
    raise refuse("Une liste n'est attendue qu'après IN.")


def _operation(node: Any) -> tuple[str, list[Any]]:
    if not isinstance(node, dict) or not isinstance(node.get("op"), str):
        raise refuse(f"Une condition est attendue à la place de « {str(node)[:40]} ».")
    args = node.get("args", [])
    if not isinstance(args, list):
        raise refuse(f"{node['op'][:40].upper()} : « args » est une liste.")
    return node["op"].lower(), args


def _count(args: list[Any], expected: int, name: str) -> None:
    if len(args) != expected:
        raise refuse(f"{name} prend {expected} opérande{'s' if expected > 1 else ''}.")


def _number(value: float) -> float | int:
    if abs(value) > 1e300 or value != value:  # noqa: PLR0124 - NaN is the only one
        raise refuse("Nombre hors limites.")
    # Whole numbers compare as such: the parser of texts gives 3.0 for 3.
    return int(value) if abs(value) < 2**53 and value == int(value) else float(value)


def _text(value: str) -> Fragment:
    if len(value) > MAX_LITERAL:
        raise refuse(f"Texte trop long dans le filtre : au plus {MAX_LITERAL} caractères.")
    if "\x00" in value:
        raise refuse("Un caractère nul n'est pas un texte.")
    return Fragment("%s::text", (value,), STRING, text=value)


def _unsupported(name: str) -> str:
    shown = name[:40]
    if shown in ARITHMETIC:
        return f"Les calculs ne sont pas pris en charge : « {shown} »."
    if shown.startswith("a_"):
        return f"Les fonctions sur les listes ne sont pas prises en charge : {shown.upper()}."
    return f"Fonction ou opérateur non pris en charge : « {shown} »."
