"""How many rows an export has, before it is made. Leaves reading them to `rows`."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from geo.core.sources import Request, compile_sources
from geo.core.timed import fetch


def count(request: Request, *, cap: int | None = None, timeout_ms: int | None = None) -> int:
    """How many rows there are, `cap` + 1 when there are more than `cap`."""
    stored = request.collection.stored_count
    if stored and request.bbox is None and (known := stored(request.filters.items)) is not None:
        return known if cap is None else min(known, cap + 1)
    sources = compile_sources(replace(request, limit=None, after=None))
    if not sources:
        return 0
    bound = f" LIMIT {cap + 1}" if cap is not None else ""
    every = " UNION ALL ".join(f"(SELECT 1 FROM ({source.sql}) s{bound})" for source in sources)
    params = [value for source in sources for value in source.params]
    counted = f"SELECT count(*) FROM (SELECT 1 FROM ({every}) u{bound}) c"
    ((total,),) = fetch(timeout_ms or settings.FEED_TIMEOUT_MS, counted, params)
    return int(total)
