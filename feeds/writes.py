"""Writing features (OGC API - Features Part 4): create, replace, update, delete.

Each goes through the service that the collection declares (`geo.core.collections.Writer`), under
the rights of the request, in one transaction. Leaves conditions to `feeds.conditions`, the body to
`feeds.bodies`, what a feature is now to `feeds.seen`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import HttpResponse, HttpResponseNotAllowed

from feeds import bodies, restricted
from feeds.addresses import METHODS as READING
from feeds.conditions import Stale, check_origin, check_version_given, version_read
from feeds.items import UNKNOWN
from feeds.seen import Seen, conflict, seen
from geo.accounts.models import User
from geo.core.collections import Collection, Writer
from geo.core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from geo.core.params import check_names
from geo.core.problems import problem
from geo.core.reader import ReaderRequest
from geo.core.scope import Verb

METHODS = ("PUT", "PATCH", "DELETE", "POST")
VERBS = {"PUT": Verb.UPDATE, "PATCH": Verb.UPDATE, "DELETE": Verb.DELETE}
REFUSED = {
    Verb.CREATE: "Vous ne pouvez rien créer ici.",
    Verb.UPDATE: "Vous ne pouvez pas modifier cet objet.",
    Verb.DELETE: "Vous ne pouvez pas supprimer cet objet.",
}


def methods_of_all(request: ReaderRequest, item: Collection) -> list[str]:
    """What this reader may write somewhere in a collection."""
    writer = item.writer
    if writer is None or not request.scope.exports_sites:
        return []
    return ["POST"] if request.scope.where(writer.creating) else []


def methods_of_one(request: ReaderRequest, item: Collection, feature_id: int | None) -> list[str]:
    """What this reader may write of a feature; somewhere in the collection when none is named."""
    writer, scope = item.writer, request.scope
    if writer is None or not scope.exports_sites:
        return []
    if feature_id is None:
        return [method for method, verb in VERBS.items() if scope.where(verb)]
    try:
        place = writer.place(scope, _bounded(feature_id))
    except NotFound:
        return []
    return [method for method, verb in VERBS.items() if scope.can(verb, place)]


def received(request: ReaderRequest, item: Collection) -> frozenset[str]:
    """What this reader may write of the features of a collection: empty where they write none."""
    some = methods_of_all(request, item) or methods_of_one(request, item, None)
    return frozenset({"geometry", *item.writer.names}) if some and item.writer else frozenset()


def create(request: ReaderRequest, item: Collection) -> HttpResponse:
    """POST: a new feature, told by `Location` and `ETag`."""
    writer = item.writer
    if writer is None:
        return _not_allowed(request, READING)
    _check(request, item)
    if not request.scope.where(writer.creating):
        raise Forbidden(REFUSED[Verb.CREATE])
    body = bodies.read_feature(request, bodies.WHOLE)
    crs = bodies.content_crs(request)
    data = dict(_writable(item, writer, body.get("properties", {}), None))
    data["geometry"] = bodies.in_lonlat(body.get("geometry"), crs)
    values, geometry = _validated(writer, data)
    with _told(writer), transaction.atomic():
        made = writer.create(by=_by(request), scope=request.scope, geometry=geometry, values=values)
        now = seen(request, item, made)
    response = HttpResponse(status=201)
    response["Location"] = request.build_absolute_uri(f"{request.path}/{made}")
    return _written(response, now)


def change(request: ReaderRequest, item: Collection, feature_id: int) -> HttpResponse:
    """PUT, PATCH, DELETE of one feature, over the version that `If-Match` names."""
    writer, method = item.writer, str(request.method)
    if writer is None or method not in VERBS:
        mine = methods_of_one(request, item, feature_id)
        return _not_allowed(request, [*READING, *mine])
    _check(request, item)
    before = seen(request, item, _bounded(feature_id), bodies.content_crs(request))
    if before is None:
        raise NotFound(UNKNOWN)
    _require(request, writer, VERBS[method], before.id)
    given, body = check_version_given(request), {}
    if method != "DELETE":
        body = bodies.read_feature(request, bodies.PART if method == "PATCH" else bodies.WHOLE)
    try:
        version = version_read(given, before.version)
        on = {"scope": request.scope, "pk": before.id, "version": version}
        if method == "DELETE":
            with _told(writer):
                writer.delete(**on)
            return _written(HttpResponse(status=204), None)
        values, geometry = _changes(request, item, writer, body, before)
        with _told(writer), transaction.atomic():
            writer.update(by=_by(request), geometry=geometry, values=values, **on)
            now = seen(request, item, before.id)
    except (Conflict, Stale) as error:
        return conflict(request, item, error, before, body)
    return _written(HttpResponse(status=204), now)


def _changes(
    request: ReaderRequest,
    item: Collection,
    writer: Writer,
    body: Mapping[str, Any],
    before: Seen,
) -> tuple[dict[str, Any], Any]:
    """The values to write and the geometry, None when it is the one served already."""
    partial = request.method == "PATCH"
    if str(body.get("id", before.id)) != str(before.id):
        raise InvalidInput("L'identifiant est celui de l'adresse.", field="id")
    held, sent = before.feature["geometry"], body.get("geometry")
    if partial and isinstance(sent, dict):
        # A merge patch of a geometry is one of its members (RFC 7396).
        sent = {**held, **sent}
    data = dict(_writable(item, writer, body.get("properties", {}), before))
    if not partial or "geometry" in body:
        data["geometry"] = bodies.in_lonlat(sent, before.crs)
    values, geometry = _validated(writer, data, partial=partial)
    return values, None if bodies.same_shape(sent, held, before.crs) else geometry


def _validated(
    writer: Writer, data: dict[str, Any], *, partial: bool = False
) -> tuple[dict[str, Any], Any]:
    """Typed values and the geometry. Raises `InvalidInput` naming a member, `UnusableGeometry`."""
    serializer = writer.serializer(data=data, partial=partial)
    if not serializer.is_valid():
        raise _first_error(serializer.errors)
    values = dict(serializer.validated_data)
    return values, values.pop("geometry", None)


def _writable(
    item: Collection, writer: Writer, properties: Mapping[str, Any], before: Seen | None
) -> Iterator[tuple[str, Any]]:
    """The properties to write. One that is only read may be sent back as it was read."""
    names = writer.names
    for name, value in properties.items():
        known = item.find(name) is not None
        if name in names:
            yield name, value
            continue
        # A program that makes a feature sends every property that it knows, empty.
        as_read = before.tells(name, value) if before is not None else known and value is None
        if not as_read:
            what = f"« {name[:60]} » " + ("ne s'écrit pas ici" if known else "est inconnue")
            raise InvalidInput(f"{what}. S'écrivent : {', '.join(names)}.", field=name[:60])


def _first_error(errors: Mapping[str, Any]) -> InvalidInput:
    name, found = next(iter(errors.items()))
    text = found[0] if isinstance(found, list) else found
    return InvalidInput(f"« {name} » : {text}", field=name)


def _check(request: ReaderRequest, item: Collection) -> None:
    """Who may only look, or is not who it seems, writes nothing; no parameter is known here."""
    restricted.check_export(request, item)
    check_origin(request)
    check_names(request.GET, ())


def _require(request: ReaderRequest, writer: Writer, verb: Verb, feature_id: int) -> None:
    try:
        place = writer.place(request.scope, feature_id)
    except NotFound as error:
        # Seen, but not exactly.
        raise Forbidden(REFUSED[verb]) from error
    if not request.scope.can(verb, place):
        raise Forbidden(REFUSED[verb])


@contextmanager
def _told(writer: Writer) -> Iterator[None]:
    """The refusals of the services, under the names of the feed."""
    try:
        yield
    except ObjectDoesNotExist as error:
        raise NotFound(UNKNOWN) from error
    except DomainError as error:
        error.field = writer.told.get(error.field or "", error.field)
        raise


def _by(request: ReaderRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _bounded(feature_id: int) -> int:
    return min(feature_id, 2**63 - 1)


def _written(response: HttpResponse, now: Seen | None) -> HttpResponse:
    if now is not None and now.version:
        response["ETag"] = now.etag
    response["Cache-Control"] = "private, no-store"
    return response


def _not_allowed(request: ReaderRequest, methods: Any) -> HttpResponse:
    response = problem(request, 405, "Rien ne s'écrit ainsi à cette adresse.")
    response["Allow"] = HttpResponseNotAllowed(methods)["Allow"]
    return response
