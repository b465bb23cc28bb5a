"""The state of one block's page: the forms, from the rows stored and from what was sent.

Two shapes: one form for the procedures, a form for each row (and one more) for the others. Leaves
HTTP to `views` and rules to the services.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from geo.accounts.models import User
from geo.core.errors import DomainError
from geo.core.scope import DataClass, Scope
from geo.sites.restricted import checks, services
from geo.sites.restricted.services import MAX_ROWS
from web.sites.conflicts import (
    Difference,
    differences,
    flat,
    marks_in,
    marks_of,
    row_differences,
    settled,
)
from web.sites.restricted.forms import (
    CostForm,
    HealthForm,
    JudicialForm,
    OwnerForm,
    RowForm,
    blank_of,
    initial_of,
)

Save = Callable[..., Any]
PARCELS = "insalubrity_parcels"
ROWS: dict[DataClass, tuple[type[RowForm], Save]] = {
    DataClass.OWNER: (OwnerForm, services.owners_save),
    DataClass.HEALTH: (HealthForm, services.health_save),
    DataClass.FINANCE: (CostForm, services.costs_save),
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, on which site, on which state of the block."""

    by: User
    scope: Scope
    site_id: int
    version: str | None


class JudicialEditor:
    """The procedures: the last situation, to be written again at another date."""

    def __init__(self, rows: tuple[Any, ...], sent: QueryDict | None = None) -> None:
        # Of a situation reduced to its year no date is one to keep.
        known = bool(rows) and rows[0].reduced_on is None
        last = initial_of(rows[0], checks.JUDICIAL_FIELDS) if known else {}
        self.initial = last | {"observed_on": timezone.localdate()}
        now = self.initial | {PARCELS: "\n".join(self.initial.get(PARCELS) or ())}
        self.marks = marks_of(now)
        data = settled(sent, now) if sent is not None else None
        self.form = JudicialForm(data, initial=self.initial)
        self.forms: list[Any] = [self.form]

    def is_valid(self) -> bool:
        """Nothing to correct."""
        return self.form.is_valid()

    @property
    def changed(self) -> bool:
        """An answer differs from those stored."""
        return bool(set(self.form.changed_data) - {"observed_on"})

    def save(self, writer: Writer) -> None:
        """Write the situation. Raises the refusals of the service."""
        services.judicial_save(
            by=writer.by,
            scope=writer.scope,
            site_id=writer.site_id,
            version=writer.version,
            observed_on=self.form.cleaned_data["observed_on"],
            **self.form.answers(),
        )

    def refuse(self, error: DomainError) -> None:
        """Put a refusal beside its field."""
        known = error.field in self.form.fields
        self.form.add_error(error.field if known else None, error.message)

    def differences(self, shown: str = "") -> list[Difference]:
        """What the record now and the form disagree on; `shown` are the marks of the form."""
        return differences(self.form, self.initial, shown)


class RowsEditor:
    """Rows: those stored, those sent, and at least one to add."""

    def __init__(
        self,
        data_class: DataClass,
        rows: tuple[Any, ...],
        sent: QueryDict | None = None,
        *,
        more: bool = False,
    ) -> None:
        self.kind, self._save = ROWS[data_class]
        self.stored = {row.pk: row for row in rows}
        keys: list[int | None] = list(self.stored)
        self.marks = marks_of(flat((f"{key}.", self._initial(key)) for key in self.stored))
        self.sent: dict[str, Any] | None = None
        if sent is not None:
            keys = self._sent_keys(sent)
            kept = ((f"{index}-", self._initial(key)) for index, key in enumerate(keys))
            self.sent = settled(sent, flat(kept)).dict()
            # Rows that someone added meanwhile are shown too.
            for key in self.stored:
                if key not in keys:
                    self._add(len(keys), self._initial(key))
                    keys.append(key)
        if self.sent is None or more or not keys or keys[-1] is not None:
            if self.sent is not None:
                self._add(len(keys), blank_of(self.kind))
            keys.append(None)
        self.forms: list[RowForm] = [
            self.kind(
                self.sent,
                prefix=str(index),
                initial=self._initial(key),
                use_required_attribute=False,
                # A row to add that was left as it was asks nothing.
                empty_permitted=key is None,
            )
            for index, key in enumerate(keys)
        ]

    @property
    def written(self) -> list[RowForm]:
        """The forms in which something differs from what is stored."""
        return [form for form in self.forms if form.has_changed() and not form.is_blank]

    @property
    def changed(self) -> bool:
        """Something differs from what is stored."""
        return bool(self.written)

    def is_valid(self) -> bool:
        """Nothing to correct; a row left blank is no error."""
        return all([form.is_blank or form.is_valid() for form in self.forms])  # noqa: C419

    def save(self, writer: Writer) -> None:
        """Write the rows that changed. Raises the refusals of the service."""
        self._save(
            by=writer.by,
            scope=writer.scope,
            site_id=writer.site_id,
            version=writer.version,
            rows=[form.row for form in self.written],
        )

    def refuse(self, error: DomainError) -> None:
        """Put a refusal beside the field of its row."""
        index, _, name = (error.field or "").partition("-")
        forms = self.written or self.forms
        at = int(index) if index.isdecimal() and int(index) < len(forms) else 0
        forms[at].add_error(name if name in forms[at].fields else None, error.message)

    def differences(self, shown: str = "") -> list[Difference]:
        """What the rows now and the forms disagree on; `shown` are the marks of the forms."""
        return [
            each
            for index, form in enumerate(self.forms, start=1)
            if form.key in self.stored
            for each in row_differences(
                form,
                f"{form.word} {index}",
                self._initial(form.key),
                marks_in(shown, f"{form.key}."),
            )
        ]

    def _initial(self, key: int | None) -> dict[str, Any]:
        if key is None or key not in self.stored:
            return blank_of(self.kind)
        return initial_of(self.stored[key], self.kind.names) | {"id": key}

    def _sent_keys(self, sent: QueryDict) -> list[int | None]:
        text = str(sent.get("rows", ""))
        count = min(int(text) if text.isdecimal() and len(text) < 4 else 0, MAX_ROWS)
        keys = (str(sent.get(f"{index}-id", "")) for index in range(count))
        return [int(key) if key.isdecimal() and len(key) < 17 else None for key in keys]

    def _add(self, index: int, values: Mapping[str, Any]) -> None:
        assert self.sent is not None
        self.sent |= {
            f"{index}-{name}": "" if value is None else str(value) for name, value in values.items()
        }


def editor_of(
    data_class: DataClass,
    rows: tuple[Any, ...],
    sent: QueryDict | None = None,
    *,
    more: bool = False,
) -> JudicialEditor | RowsEditor:
    """The editor of a class of data."""
    if data_class == DataClass.JUDICIAL:
        return JudicialEditor(rows, sent)
    return RowsEditor(data_class, rows, sent, more=more)
