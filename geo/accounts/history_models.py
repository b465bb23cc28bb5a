"""The history of accounts, roles, grants, tokens and organisations.

Names, addresses and secrets are not in it: it tells that they changed.
"""

from __future__ import annotations

from django.db import models

from geo.core.history_models import Event


class AccountEvent(Event):
    """One change of an account or of its rights; `user` is whom it is about, by number."""

    user = models.ForeignKey(
        "accounts.User",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        db_table = "account_event"
