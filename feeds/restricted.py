"""What a feed does not give to every reader: features to take away, restricted properties, and
the log written before anything about a site leaves.

Leaves rights to the scope and rows to `feeds.sql`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from feeds.sql import Page
from geo.accounts.readlog import ReadPurpose, log_request
from geo.core.collections import Collection, Property
from geo.core.errors import Forbidden, InvalidInput
from geo.core.reader import ReaderRequest
from geo.core.scope import DataClass
from geo.core.sources import Request

MAX_NAMES = 100


def classes_of(request: ReaderRequest) -> tuple[DataClass, ...]:
    """The restricted classes that this way of reading can give; a token never gives the judicial.

    The scope says which of them the reader has.
    """
    person = request.user.is_authenticated and request.feed_token is None
    return tuple(
        each
        for each in DataClass
        if each != DataClass.GENERAL and (person or each != DataClass.JUDICIAL)
    )


def check_export(request: ReaderRequest, item: Collection) -> None:
    """Features that are not public are an export: refused to who may only look at them.

    The scope of a feed reads nothing but what may be taken away (`geo.accounts.middleware`).
    """
    if item.public or request.scope.exports_sites:
        return
    raise Forbidden(
        "Votre rôle ne permet pas d'exporter : il lit la carte, les fiches, les cartes imprimées."
    )


def parse_names(text: str | None, given: Sequence[Property]) -> tuple[str, ...] | None:
    """The names in `properties`, None when it is absent. One that is not given does not exist."""
    if not text:
        return None
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    known = [p.name for p in given]
    if len(names) > MAX_NAMES:
        raise InvalidInput(f"Au plus {MAX_NAMES} propriétés.", field="properties")
    for name in names:
        if name not in known:
            raise InvalidInput(
                f"Propriété inconnue : « {name[:60]} ». Acceptées : {', '.join(known)}.",
                field="properties",
            )
    return names


def asked_classes(given: Iterable[Property], asked: Request) -> frozenset[DataClass]:
    """The restricted classes that an answer will tell something of, by its values or its filters.

    Filtering on a property is a reading of it.
    """
    names, filtering = asked.names, asked.read
    told = {
        p.data_class
        for p in given
        if p.name in filtering or (not p.named if names is None else p.name in names)
    }
    return frozenset(told - {DataClass.GENERAL})


def kept_nowhere(asked: Request) -> bool:
    """True for an answer that tells something restricted: no cache keeps it, each one is logged."""
    return bool(asked.classes)


def log_page(request: ReaderRequest, page: Page, asked: Request, matched: int | None) -> None:
    """Write down which sites this page tells what of. Raises `ReadLogUnavailable`: no answer then.

    Every page about sites is an export and is written down. A filter on a restricted property that
    finds nobody has told something all the same.
    """
    filtered = {p.data_class for p in asked.collection.properties if p.name in asked.read}
    by_ids: dict[tuple[int, ...], list[DataClass]] = {}
    for each in sorted({DataClass.GENERAL, *asked.classes}):
        ids = tuple(page.read.get(each, ()))
        if ids or each in filtered:
            by_ids.setdefault(ids, []).append(each)
    for ids, classes in by_ids.items():
        log_request(
            request,
            data_classes=classes,
            object_ids=ids,
            purpose=ReadPurpose.EXPORT,
            count=len(ids) or matched,
        )
