"""Unusual volumes of reading (rule A20): counted with each line of the log, told once a day.

Two volumes, over the last hour: sheets opened, rows taken out by exports and prints. Not a tool to
watch people: below the thresholds nothing is kept but the log itself. Leaves the mail to
`life.reads`, and the log to `readlog`.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from geo.accounts.models import ReadAlert, ReadLog, ReadPurpose, Unusual, User
from geo.core.jobs import enqueue

OUT = (ReadPurpose.EXPORT, ReadPurpose.PRINT)
WITHIN = dt.timedelta(hours=1)
SHEETS = """
SELECT count(DISTINCT object_id) FROM read_log, unnest(object_ids) AS object_id
WHERE user_id = %s AND at > %s AND purpose IN ('consult', 'edit')
"""


def watch(user: User, purpose: str) -> ReadAlert | None:
    """After a line of the log: the alert that it raises, if it is the first of the day."""
    since = timezone.now() - WITHIN
    if purpose in OUT:
        kind, most = Unusual.EXPORT, settings.READ_ALERT_ROWS
        count = _rows_out(user, since)
    else:
        kind, most = Unusual.SHEETS, settings.READ_ALERT_SHEETS
        count = _sheets(user, since)
    return _alert(user, kind, count) if count > most else None


def _alert(user: User, kind: Unusual, count: int) -> ReadAlert | None:
    from geo.accounts.life.reads import unusual_mail

    alert, is_new = ReadAlert.objects.get_or_create(
        user=user, day=timezone.localdate(), kind=kind, defaults={"count": count}
    )
    if not is_new:
        return None
    enqueue(unusual_mail, alert_id=alert.pk)
    return alert


def _sheets(user: User, since: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(SHEETS, [user.pk, since])
        return int(cursor.fetchone()[0])


def _rows_out(user: User, since: dt.datetime) -> int:
    """One row given with several classes counts once: the class that gave most of them."""
    lines = ReadLog.objects.filter(user=user, at__gt=since, purpose__in=OUT)
    by_class = lines.values("data_class").annotate(rows=Sum("count")).order_by()
    return max((each["rows"] for each in by_class), default=0)
