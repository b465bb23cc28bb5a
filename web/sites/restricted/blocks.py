"""The restricted blocks of a site's sheet: only those that the reader may read, logged first.

A block that the reader may not read leaves no trace in the page. Leaves drawing to the templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from geo.accounts.readlog import log_opened
from geo.core.scope import DataClass, Scope
from geo.sites.models import Judicial, Site
from geo.sites.restricted import checks
from geo.sites.restricted.policies import readable
from geo.sites.restricted.selectors import Block, blocks_of
from web.sites.restricted.forms import GROUPS
from web.sites.restricted.words import NOTHING, PAGES, TITLES

# Asked of every site: shown as unknown when nobody answered. The rest is shown when it is known.
QUESTIONS = frozenset(
    {
        "owner_complaint",
        "justice_procedure",
        "justice_rendered",
        "existing_litigation",
        "police_status",
        "evacuation_under_time_limit",
        "insalubrity_order",
    }
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A question and its answer, in words."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Situation:
    """The procedures at a date, under their titles."""

    row: Judicial
    groups: tuple[tuple[str, tuple[Fact, ...]], ...]


@dataclass(frozen=True, slots=True)
class SheetBlock:
    """One restricted block as the sheet shows it."""

    code: str
    title: str
    nothing: str
    rows: tuple[Any, ...]
    situations: tuple[Situation, ...]
    edit: str
    readers: str


def sheet_blocks(request: HttpRequest, scope: Scope, site: Site) -> tuple[SheetBlock, ...]:
    """The blocks that the reader may read, once the opening of the sheet is logged.

    Raises `ReadLogUnavailable`: then nothing of them was read.
    """
    log_opened(request, site.pk, restricted=readable(scope, site))
    return tuple(_shown(block, site) for block in blocks_of(scope, site))


def readers_address(site_id: int, data_class: DataClass) -> str:
    """The page « Qui peut lire ces informations ? »; empty where there is none."""
    try:
        return reverse("readers", args=[site_id, data_class.value])
    except NoReverseMatch:
        return ""


def situation_of(row: Judicial) -> Situation:
    """The procedures at a date in words: what was asked, and what is known."""
    groups = []
    for title, names in GROUPS:
        facts = [Fact(_label(name), words) for name in names if (words := _words(row, name))]
        groups.append((title, tuple(facts)))
    return Situation(row, tuple(groups))


def _shown(block: Block, site: Site) -> SheetBlock:
    judicial = block.data_class == DataClass.JUDICIAL
    return SheetBlock(
        code=block.data_class.value,
        title=TITLES[block.data_class],
        nothing=NOTHING[block.data_class],
        rows=block.rows,
        situations=tuple(map(situation_of, block.rows)) if judicial else (),
        edit=reverse(PAGES[block.data_class], args=[site.pk]) if block.can_write else "",
        readers=readers_address(site.pk, block.data_class),
    )


def _label(name: str) -> str:
    return checks.label(Judicial, name)


def _words(row: Judicial, name: str) -> str:
    value = getattr(row, name)
    if value is None or value in ("", []):
        return "Inconnu" if name in QUESTIONS else ""
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    if isinstance(value, list):
        return ", ".join(value)
    if name == "police_status":
        return str(row.get_police_status_display())
    if hasattr(value, "strftime"):
        return f"{value:%Y}" if row.reduced_on else f"{value:%d/%m/%Y}"
    return str(value)
