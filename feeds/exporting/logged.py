"""The line of the log of reads that each export writes before anything of it is given.

Leaves the log itself to `geo.accounts.readlog`.
"""

from __future__ import annotations

from feeds.exporting.asking import Asked
from feeds.exporting.layout import Read
from geo.accounts.models import User
from geo.accounts.readlog import ReadPurpose, log_read
from geo.core.scope import DataClass


def log_export(
    asked: Asked,
    read: Read,
    *,
    by: User | None,
    route: str,
    on_behalf_of: str = "",
    request_id: str = "",
) -> None:
    """Write down which sites the file tells what of. Raises `ReadLogUnavailable`: no file then.

    Open data has its line as well, about no site. A filter on a restricted property that finds
    nobody has told something all the same.
    """
    request = asked.request
    filtered = {p.data_class for p in asked.collection.properties if p.name in request.read}
    by_ids: dict[tuple[int, ...], list[DataClass]] = {}
    for each in sorted({DataClass.GENERAL, *request.classes}):
        ids = tuple(sorted(read.sites.get(each, ())))
        if ids or each in filtered or each == DataClass.GENERAL:
            by_ids.setdefault(ids, []).append(each)
    for ids, classes in by_ids.items():
        log_read(
            by=by,
            data_classes=classes,
            route=route,
            object_ids=ids,
            purpose=ReadPurpose.EXPORT,
            on_behalf_of=on_behalf_of,
            request_id=request_id,
        )
