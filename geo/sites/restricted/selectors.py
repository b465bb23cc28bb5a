"""Reading the restricted blocks of one site, each only for who may read its class.

Whoever calls this shows nothing before `geo.accounts.readlog` has written the read. Leaves many
sites at once to the collections.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geo.core.scope import DataClass, Scope
from geo.sites.models import CostEstimate, HealthWatch, Judicial, Site, SiteOwner
from geo.sites.restricted.policies import readable, writes

TABLES: dict[DataClass, tuple[Any, tuple[str, ...]]] = {
    DataClass.OWNER: (SiteOwner, ("-active", "-observed_on", "id")),
    DataClass.JUDICIAL: (Judicial, ("-observed_on",)),
    DataClass.HEALTH: (HealthWatch, ("-started_on", "id")),
    DataClass.FINANCE: (CostEstimate, ("-observed_on", "kind")),
}


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one class on a site, the newest first; `version` names this state of them."""

    data_class: DataClass
    rows: tuple[Any, ...]
    can_write: bool

    @property
    def version(self) -> str:
        """The same for the same rows; any writing changes it."""
        return block_version(self.rows)


def block_rows(scope: Scope, data_class: DataClass, site_id: int) -> tuple[Any, ...]:
    """The rows of a class on a site, as far as the reader may read it."""
    model, order = TABLES[data_class]
    rows = model.objects.visible_to(scope).filter(site_id=site_id)
    return tuple(rows.select_related("entered_by").order_by(*order))


def blocks_of(scope: Scope, site: Site) -> tuple[Block, ...]:
    """The blocks that the reader may read on a site they see; the others do not exist."""
    return tuple(
        Block(each, block_rows(scope, each, site.pk), writes(scope, each, site))
        for each in readable(scope, site)
    )


def block_version(rows: Sequence[Any]) -> str:
    """A name for a state of a block."""
    state = sorted((row.pk, row.entered_at.isoformat()) for row in rows)
    return hashlib.sha256(repr(state).encode()).hexdigest()[:16]
