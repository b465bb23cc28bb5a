"""From the text of a `filter` to a tree that has been measured: CQL2 text or CQL2 JSON.

The parser of CQL2 text goes back on its steps at each open bracket of an expression that it
refuses, and follows nesting on the machine's stack: what it is given is measured first. Leaves the
meaning of the tree to `feeds.cql.condition`.
"""

from __future__ import annotations

import json
import re
from typing import Any

import cql2

from geo.core.errors import InvalidInput

FIELD = "filter"
MAX_TEXT = 4_000
MAX_BRACKETS = 12
# Open brackets double the work of a refusal: 2 ** brackets times the characters stays under this.
MAX_WORK = 1_000_000
MAX_DEPTH = 20
MAX_NODES = 500
MAX_VERTICES = 500
TEXT, JSON = "cql2-text", "cql2-json"
LANGUAGES = (TEXT, JSON)
_WHERE = re.compile(r"--> (\d+):(\d+)")
_SIGNS = re.compile(r"(?:-\s*){4}")


def refuse(message: str) -> InvalidInput:
    """The error for what a filter cannot hold."""
    return InvalidInput(message, field=FIELD)


def read_tree(text: str, language: str) -> Any:
    """The CQL2-JSON tree of a filter. Raises `InvalidInput` that says what cannot be read."""
    if len(text) > MAX_TEXT:
        raise refuse(f"Filtre trop long : {len(text)} caractères, au plus {MAX_TEXT}.")
    if "\x00" in text:
        raise refuse("Un caractère nul n'est pas un texte.")
    tree = _from_json(text) if language == JSON else _from_text(text)
    _measure(tree)
    return tree


def _from_json(text: str) -> Any:
    def constant(name: str) -> Any:
        raise refuse(f"« {name} » n'est pas un nombre.")

    try:
        return json.loads(text, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise refuse("Ce filtre n'est pas du JSON.") from error


def _from_text(text: str) -> Any:
    depth = brackets(text)
    if depth > MAX_BRACKETS or 2**depth * len(text) > MAX_WORK:
        raise refuse("Trop de parenthèses imbriquées pour un filtre de cette longueur.")
    if _SIGNS.search(text):
        raise refuse("Trop de signes « - » qui se suivent.")
    try:
        return cql2.parse_text(text).to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError) as error:
        raise refuse(_place(text, str(error))) from error


def brackets(text: str) -> int:
    """How deep brackets are nested outside of quoted texts. Raises when they do not close."""
    quote, depth, deepest = "", 0, 0
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in {"'", '"'}:
            quote = character
        elif character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
            if depth < 0:
                raise refuse("Une parenthèse est fermée sans avoir été ouverte.")
    if quote:
        raise refuse(f"Un texte ouvert par {quote} n'est pas fermé.")
    if depth:
        raise refuse("Une parenthèse n'est pas fermée.")
    return deepest


def _place(text: str, message: str) -> str:
    found = _WHERE.search(message)
    if found is None:
        return "Expression CQL2 illisible."
    lines = text.splitlines() or [""]
    line, column = int(found[1]), int(found[2])
    rest = lines[min(line, len(lines)) - 1][column - 1 :][:40].strip()
    near = f", devant « {rest} »" if rest else ", à la fin"
    return f"Expression CQL2 illisible au caractère {column}{near}."


def _measure(tree: Any) -> None:
    """Refuse what is too deep or too large, without recursion."""
    waiting, nodes = [(tree, 1)], 0
    while waiting:
        node, depth = waiting.pop()
        nodes += 1
        if depth > MAX_DEPTH:
            raise refuse(f"Filtre trop imbriqué : au plus {MAX_DEPTH} niveaux.")
        if nodes > MAX_NODES:
            raise refuse(f"Filtre trop grand : au plus {MAX_NODES} éléments.")
        if isinstance(node, dict):
            # Coordinates have their own bound.
            inner = [value for key, value in node.items() if key != "coordinates"]
            waiting.extend((value, depth + 1) for value in inner)
        elif isinstance(node, list):
            waiting.extend((value, depth + 1) for value in node)
