"""`/exports/{collection}.{ending}`: a small export in one request, for programs.

`gpkg`, `parquet`, `fgb`, `geojson`, `csv`, `xlsx` give the bare file; `csv.zip`, `geojson.zip` and
`shp.zip` come with their dictionary. Leaves the page and large exports to `web`.
"""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from feeds import restricted
from feeds.exporting.answers import file_response
from feeds.exporting.asking import asked
from feeds.exporting.formats import FORMATS, format_named
from feeds.exporting.services import Asker, export_give
from geo.accounts.models import User
from geo.accounts.readlog import on_behalf_of, request_id
from geo.core import collections
from geo.core.errors import InvalidInput
from geo.core.problems import answers_pages
from geo.core.reader import ReaderRequest
from geo.core.scope import Scope

ZIPPED = ".zip"


@require_GET
@login_not_required
@answers_pages
def export_file(request: ReaderRequest, collection_id: str, ending: str) -> HttpResponse:
    """The rows under the filters of the query, `EXPORT_DIRECT_ROWS` at most (else 413)."""
    code = ending.removesuffix(ZIPPED)
    boxed = ending.endswith(ZIPPED)
    known = FORMATS.get(code)
    if known is None or (boxed and not known.boxed) or (not boxed and not known.single):
        endings = [c if f.single else f"{c}{ZIPPED}" for c, f in FORMATS.items()]
        raise InvalidInput(f"Formats : {', '.join(endings)}.", field="format")
    # Whoever sees the collection and may not take it out is told so; the others, that it is not.
    restricted.check_export(request, collections.get(collection_id, request.scope))
    query = {name: ",".join(request.GET.getlist(name)) for name in request.GET}
    by_token = request.feed_token is not None
    wanted = asked(collection_id, query, scope_out(request), by_token=by_token)
    asker = Asker(
        request.user if isinstance(request.user, User) else None,
        "export-file",
        on_behalf_of(request),
        request_id(request),
    )
    given = export_give(wanted=wanted, form=format_named(code), asker=asker, boxed=boxed)
    return file_response(given.stream, given.made.name, given.made.media)


def scope_out(request: HttpRequest) -> Scope:
    """What the reader of a request may take away: person, token, or the role that is shown."""
    # Of its own, not a part of the lazy one: it is kept longer than the request.
    return cast(ReaderRequest, request).scope.outgoing
