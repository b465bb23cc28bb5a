"""Writing the restricted blocks of a site: owners, procedures, health watch, costs.

One transaction each, for who may write the class on the site, on the state of the block that they
read. Leaves checks to `checks`, rights to `policies`, what retention erases to `erasure`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from geo.accounts.models import User
from geo.core.errors import Conflict, InvalidInput, NotFound
from geo.core.scope import RESTRICTED, DataClass, Scope
from geo.sites.models import CostEstimate, HealthWatch, Judicial, Site, SiteOwner
from geo.sites.restricted import checks, policies
from geo.sites.restricted.selectors import TABLES, block_rows, block_version

MAX_ROWS = 60
Row = Mapping[str, Any]


@transaction.atomic
def judicial_save(
    *,
    by: User | None,
    scope: Scope,
    site_id: int,
    observed_on: dt.date,
    version: str | None = None,
    **answers: Any,
) -> Judicial:
    """Write the procedures as they stood on a day: a new row, or that day's row corrected.

    Answers left out are unknown. Raises `NotFound` or `Forbidden` without the right, `Conflict`
    when `version` is no longer the block's, `InvalidInput` naming the field.
    """
    site = _writable(scope, DataClass.JUDICIAL, site_id, version)
    checks.check_day(observed_on, "observed_on")
    values = checks.check_judicial(answers)
    row, _ = Judicial.objects.update_or_create(
        site=site, observed_on=observed_on, defaults=values | _entered(by) | {"reduced_on": None}
    )
    return row


@transaction.atomic
def owners_save(
    *, by: User | None, scope: Scope, site_id: int, rows: Sequence[Row], version: str | None = None
) -> list[SiteOwner]:
    """Add owners, and change those whose row has an `id`; the others stay as they are.

    Raises as `judicial_save`; the field at fault is `<index of the row>-<name>`.
    """
    site = _writable(scope, DataClass.OWNER, site_id, version)
    return _rows_save(SiteOwner, site, by, rows, _owner)


@transaction.atomic
def health_save(
    *, by: User | None, scope: Scope, site_id: int, rows: Sequence[Row], version: str | None = None
) -> list[HealthWatch]:
    """Add health watches, and change those whose row has an `id`. Raises as `owners_save`."""
    site = _writable(scope, DataClass.HEALTH, site_id, version)
    return _rows_save(HealthWatch, site, by, rows, lambda row, _: checks.check_health(row))


@transaction.atomic
def costs_save(
    *, by: User | None, scope: Scope, site_id: int, rows: Sequence[Row], version: str | None = None
) -> list[CostEstimate]:
    """Add estimates, and change those whose row has an `id`. Raises as `owners_save`."""
    site = _writable(scope, DataClass.FINANCE, site_id, version)
    return _rows_save(CostEstimate, site, by, rows, _cost)


def _writable(scope: Scope, data_class: DataClass, site_id: int, version: str | None) -> Site:
    """The site, locked, whose block the writer read in its present state."""
    site = Site.objects.visible_to(scope).filter(pk=site_id).first()
    if site is None:
        raise NotFound("Site inconnu.")
    policies.require(scope, data_class, site)
    locked: Site = Site.objects.exact_to(scope).select_for_update().get(pk=site_id)
    if version is not None and version != block_version(block_rows(scope, data_class, site_id)):
        raise Conflict("Ces informations ont été modifiées entre-temps.")
    return locked


def _rows_save(
    model: Any,
    site: Site,
    by: User | None,
    rows: Sequence[Row],
    check: Callable[[Row, Any], dict[str, Any]],
) -> list[Any]:
    if len(rows) > MAX_ROWS:
        raise InvalidInput(f"Au plus {MAX_ROWS} lignes à la fois.")
    saved = []
    for index, given in enumerate(rows):
        values = dict(given)
        row = _row(model, site, values.pop("id", None))
        try:
            found = check(values, row)
        except InvalidInput as error:
            raise InvalidInput(error.message, field=f"{index}-{error.field}") from error
        for name, value in (found | _entered(by)).items():
            setattr(row, name, value)
        row.save()
        saved.append(row)
    return saved


def _row(model: Any, site: Site, key: int | None) -> Any:
    if key is None:
        return model(site=site)
    row = model.objects.filter(site=site, pk=key).first()
    if row is None:
        raise NotFound("Cette ligne n'existe plus.")
    return row


def _owner(values: Row, row: SiteOwner) -> dict[str, Any]:
    found = checks.check_owner(values)
    if row.anonymised_on is not None and found["name"]:
        raise InvalidInput(
            "Ce nom a été effacé après la fermeture du site : ajoutez un autre propriétaire.",
            field="name",
        )
    nothing = not found["name"] and not found["parcel"] and found["category"] == "unknown"
    if nothing and row._state.adding:
        raise InvalidInput("Donnez un nom, un type ou une parcelle.", field="name")
    return found


def _cost(values: Row, row: CostEstimate) -> dict[str, Any]:
    found = checks.check_cost(values)
    same = CostEstimate.objects.filter(
        site_id=row.site_id, kind=found["kind"], observed_on=found["observed_on"]
    )
    if same.exclude(pk=row.pk).exists():
        raise InvalidInput("Une estimation de cet objet a déjà cette date.", field="observed_on")
    return found


def _entered(by: User | None) -> dict[str, Any]:
    return {"entered_by": by, "entered_at": timezone.now()}


assert set(TABLES) == set(RESTRICTED)
