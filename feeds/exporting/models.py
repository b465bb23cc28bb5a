"""The table of exports: what was asked, how far it is, until when its file is kept.

It is the trace of each one as well: the log of reads tells which sites, this table which query.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from geo.core.models import random_id


class State(models.TextChoices):
    """How far an export is."""

    WAITING = "waiting", "En attente"
    RUNNING = "running", "En cours"
    DONE = "done", "Prêt"
    FAILED = "failed", "Échoué"
    CANCELLED = "cancelled", "Annulé"
    EXPIRED = "expired", "Expiré"


UNFINISHED = (State.WAITING, State.RUNNING)


class Export(models.Model):
    """One export of one account.

    `direct` was given in the answer itself: nothing is kept of it but this line. `about` is the
    number of rows expected, `rows` those read so far. `scope_hash` tells the rights it was made
    with: with others its file is not given.
    """

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)
    owner = models.ForeignKey("accounts.User", models.CASCADE, related_name="exports")
    collection = models.CharField("collection", max_length=60)
    format = models.CharField("format", max_length=10)
    query = models.TextField("filtres", blank=True)
    direct = models.BooleanField("donné aussitôt", default=False)
    state = models.CharField("état", max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    about = models.PositiveBigIntegerField("lignes attendues", null=True)
    rows = models.PositiveBigIntegerField("lignes", default=0)
    size_bytes = models.PositiveBigIntegerField("taille", null=True)
    message = models.CharField("ce qui a manqué", max_length=300, blank=True)
    scope_hash = models.CharField(max_length=40, blank=True)
    request_id = models.CharField("requête", max_length=64, blank=True)
    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    beat_at = models.DateTimeField("dernier signe", null=True)
    finished_at = models.DateTimeField("fini le", null=True)
    expires_at = models.DateTimeField("gardé jusqu'au", null=True)

    class Meta:
        db_table = "export"
        ordering = ("-asked_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(state__in=State.values), name="export_state"),
        )
        indexes = (
            models.Index(fields=["owner", "-asked_at"], name="export_owner"),
            models.Index(fields=["state"], name="export_state_at"),
        )

    def __str__(self) -> str:
        return f"{self.collection} {self.format} {self.state}"

    @property
    def is_unfinished(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in UNFINISHED

    @property
    def has_file(self) -> bool:
        """Whether its file can be asked for."""
        return (
            self.state == State.DONE
            and not self.direct
            and self.expires_at is not None
            and self.expires_at > timezone.now()
        )

    @property
    def percent(self) -> int | None:
        """How far the reading is, 99 at most until it is done; None when nobody knows."""
        if not self.about or not self.is_unfinished:
            return None
        return min(99, self.rows * 100 // self.about)
