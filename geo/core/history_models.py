"""What the events of the history have in common; written by the triggers alone.

Leaves the triggers to `sql/history.sql` and what an event belongs to to each application.
"""

from __future__ import annotations

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now


class Operation(models.TextChoices):
    """What was done to a row."""

    INSERT = "insert", "ajout"
    UPDATE = "update", "modification"
    DELETE = "delete", "suppression"


class Event(models.Model):
    """One change of one row: of an update the columns that changed, else the row.

    `context` says who and why (`geo.core.tracing`); without it the change was made outside the
    application.
    """

    at = models.DateTimeField("date", db_default=Now())
    source_table = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    operation = models.CharField(max_length=6, choices=Operation.choices)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    context = models.JSONField(null=True)
    # Once what the event says is erased: its digest, and the line of the ledger. No salt then.
    salt = models.UUIDField(null=True, db_default=RandomUUID())
    content_digest = models.CharField(max_length=64, null=True)
    erasure_id = models.BigIntegerField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.operation} {self.source_table}"
