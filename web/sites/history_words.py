"""The past of a site in French sentences: fields, values, who and why.

Labels are those of the models, sites are named by their reference where the reader sees them.
Leaves what is told to whom to `geo.sites.history`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

from geo.accounts.models import Organisation, User
from geo.core.history_models import Operation
from geo.core.scope import Scope
from geo.sites.history import Change, Step, moved_m
from geo.sites.models import Site
from web.sites.words import THEMES

TITLES = {
    "site": ("Site", "Fiche créée", "Fiche supprimée"),
    "site_location": ("Lieu", "Lieu donné", "Lieu effacé"),
    "site_footprint": ("Emprise", "Emprise relevée", "Emprise effacée"),
    "site_population": ("Habitants", "Habitants comptés", "Comptage effacé"),
    "site_living": ("Conditions de vie", "Conditions de vie relevées", "Relevé effacé"),
    "site_closure": ("Fermeture", "Site fermé", "Fermeture effacée"),
    "site_closure_solution": ("Orientation", "Orientation donnée", "Orientation effacée"),
    "reinstallation": ("Réinstallation", "Réinstallation notée", "Réinstallation effacée"),
    "site_actor": ("Intervenant", "Personne nommée", "Personne retirée"),
    "site_owner": ("Propriétaire", "Propriétaire noté", "Propriétaire effacé"),
    "site_judicial": ("Procédures", "Procédures notées", "Procédures effacées"),
    "site_health_watch": ("Veille sanitaire", "Veille notée", "Veille effacée"),
    "site_cost_estimate": ("Coût", "Coût estimé", "Estimation effacée"),
}
ROUTES = {
    "site_new": "création de la fiche",
    "site_edit": "modification de la fiche",
    "site_confirm": "confirmation de la fiche",
    "site_close": "fermeture ou réouverture",
    "site_origin": "origine des habitants",
    "site_owners": "propriétaires",
    "site_judicial": "procédures",
    "site_health": "veille sanitaire",
    "site_costs": "coûts",
}
SOURCES = {"command": "commande", "job": "tâche de fond", "web": "page"}
# Numbers of other rows, twins of other columns, and codes that no label tells.
HIDDEN = frozenset(
    {
        "id",
        "closure_id",
        "areas",
        "origin_areas",
        "version",
        "valid_until",
        "entered_at",
        "entered_by_id",
        "created_at",
        "created_by_id",
        "updated_at",
        "confirmed_by_id",
        "named_at",
        "named_by_id",
        "geom",
        "geom_3857",
        "grid_point",
        "grid_point_3857",
        "commune_point",
        "commune_point_3857",
        "commune_code",
        "epci_code",
        "departement_code",
        "region_code",
        "address_precision",
        "owner_known",
        "address_known",
        "opened_on",
        "needs_review",
        "active",
    }
)
LABELS = {
    "kind": "nature",
    "user_id": "personne",
    "origin_id": "site d’origine",
    "site_id": "site d’arrivée",
    "sanitary_toilet_types": "types de toilettes",
    "electricity_types": "types d’installation électrique",
    **{name: label.lower() for name, label in THEMES.items()},
}
SITUATION, MASKED = "observed_on", "…"
# The two sites that a reinstallation binds.
ENDS = ("site_id", "origin_id")
ERASED = "contenu effacé, sa durée de conservation est passée"
LONGEST, MOST_FACTS = 160, 8
MODELS = {model._meta.db_table: model for model in apps.get_models()}


@dataclass(frozen=True, slots=True)
class Names:
    """Who and what the numbers of rows are, for one reader: people, and the sites they see."""

    people: Mapping[int, str]
    sites: Mapping[int, str]

    def of(self, column: str, number: int) -> str:
        """The name of what a column numbers."""
        if column == "user_id":
            return self.people.get(number, "compte supprimé")
        return self.sites.get(number, "supprimé depuis")


@dataclass(frozen=True, slots=True)
class Told:
    """A step in words: when, who, why, and its sentences."""

    at: dt.datetime
    who: str
    why: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one table as they were, each a list of labels and values."""

    title: str
    rows: tuple[tuple[tuple[str, str], ...], ...]


def told(scope: Scope, site: Site, steps: Iterable[Step]) -> list[Told]:
    """Steps in words, in a number of queries that does not grow."""
    steps = list(steps)
    changes = [change for step in steps for change in step.changes]
    numbers = {step.context["user"] for step in steps if step.context and "user" in step.context}
    rows = [row for change in changes for row in (change.before, change.after)]
    names = _names(scope, numbers, rows)
    return [
        Told(
            step.at,
            _who(step.context, names.people),
            _why(step.context),
            tuple(filter(None, (_sentence(site, change, names) for change in step.changes))),
        )
        for step in steps
    ]


def sheets(scope: Scope, site: Site, rows: Mapping[str, list[dict[str, Any]]]) -> list[Sheet]:
    """A site as it was, table by table, known fields only."""
    told_of = [*rows.get("site_actor", []), *rows.get("reinstallation", [])]
    names = _names(scope, set(), told_of)
    found = []
    for table, several in rows.items():
        told_rows = [_facts(table, _from_here(site, row), names) for row in _in_order(several)]
        if any(told_rows):
            found.append(Sheet(TITLES[table][0], tuple(map(tuple, filter(None, told_rows)))))
    return found


def _from_here(site: Site, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without the number of the site that the page is about."""
    ends = {name for name in ENDS if row.get(name) == site.pk}
    return {name: value for name, value in row.items() if name not in ends}


def _sentence(site: Site, change: Change, names: Names) -> str:
    title, made, gone = TITLES[change.table]
    if change.erased:
        done = {"insert": made, "delete": gone}.get(change.operation, title)
        return f"{done} : {ERASED}"
    if change.operation == Operation.UPDATE:
        parts = [*_moves(change), *_fields(change, names)]
        return f"{title} : {' ; '.join(parts)}" if parts else ""
    row = change.after if change.operation == Operation.INSERT else change.before
    row = _from_here(site, row)
    words = made if change.operation == Operation.INSERT else gone
    if row.get(SITUATION):
        words += f" au {_value(change.table, SITUATION, row[SITUATION], names)}"
        row = {name: value for name, value in row.items() if name != SITUATION}
    facts = [f"{label} {value}" for label, value in _facts(change.table, row, names)]
    if len(facts) > MOST_FACTS:
        facts[MOST_FACTS - 1 :] = [f"et {len(facts) - MOST_FACTS + 1} autres réponses"]
    return f"{words} : {', '.join(facts)}" if facts else words


def _moves(change: Change) -> list[str]:
    if "geom" not in change.after:
        return []
    if change.table == "site_location":
        return [
            f"position déplacée de {moved_m(change.before['geom'], change.after['geom']):.0f} m"
        ]
    return ["contour modifié"]


def _fields(change: Change, names: Names) -> list[str]:
    found = []
    for name, after in change.after.items():
        if name in HIDDEN:
            continue
        was = _value(change.table, name, change.before.get(name), names)
        becomes = _value(change.table, name, after, names)
        found.append(f"{_label(change.table, name)} {was} → {becomes}")
    return found


def _facts(table: str, row: Mapping[str, Any], names: Names) -> list[tuple[str, str]]:
    """The known fields of a row, in the order of its model."""
    columns = [str(field.column) for field in MODELS[table]._meta.concrete_fields]
    return [
        (_label(table, name), _value(table, name, row[name], names))
        for name in columns
        if name in row and name not in HIDDEN and row[name] not in (None, "", [])
    ]


def _label(table: str, name: str) -> str:
    if name in LABELS:
        return LABELS[name]
    return str(_field(table, name).verbose_name)


def _value(table: str, name: str, value: Any, names: Names) -> str:
    if value in (None, "", []):
        return "inconnu"
    if value == MASKED:
        return "non gardé"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if name in ("user_id", *ENDS):
        return names.of(name, int(value))
    field = _field(table, name)
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return f"{dt.date.fromisoformat(value):%d/%m/%Y}"
    if isinstance(value, list):
        return ", ".join(str(_choice(getattr(field, "base_field", field), v)) for v in value)
    if isinstance(value, float):
        return f"{value:,.0f}".replace(",", "\u202f")
    text = str(_choice(field, value))
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return f"« {text} »" if isinstance(field, models.TextField) or _free(field) else text


def _free(field: Any) -> bool:
    return isinstance(field, models.CharField) and not field.choices


def _choice(field: Any, value: Any) -> Any:
    return dict(field.flatchoices).get(value, value) if field.choices else value


def _field(table: str, name: str) -> Any:
    fields = {field.column: field for field in MODELS[table]._meta.concrete_fields}
    return fields[name]


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        rows,
        key=lambda row: str(row.get("observed_on") or row.get("closed_on") or ""),
        reverse=True,
    )


def _who(context: Mapping[str, Any] | None, people: Mapping[int, str]) -> str:
    if context is None:
        return "Hors de l’application"
    if "user" in context:
        name = people.get(context["user"], "Compte supprimé")
        return (
            f"{name}, par jeton"
            if str(context.get("on_behalf_of", "")).startswith("token:")
            else name
        )
    return "Le service"


def _why(context: Mapping[str, Any] | None) -> str:
    if context is None:
        return "écrit directement dans la base"
    why, source = context.get("why", ""), context.get("source", "")
    if source == "web":
        return ROUTES.get(why, why)
    return f"{SOURCES.get(source, source)} {why}".strip()


def _names(scope: Scope, users: set[int], rows: Sequence[Mapping[str, Any]]) -> Names:
    """The names of these people, and of the people and sites that rows name."""
    users = users | {int(row["user_id"]) for row in rows if row.get("user_id")}
    others = {int(row[name]) for row in rows for name in ENDS if row.get(name)}
    people = User.objects.filter(pk__in=users).select_related("organisation")
    seen = Site.objects.visible_to(scope).filter(pk__in=others) if others else Site.objects.none()
    return Names(
        {user.pk: _named(user, user.organisation) for user in people},
        dict(seen.values_list("pk", "reference")),
    )


def _named(user: User, organisation: Organisation | None) -> str:
    return f"{user.full_name} ({organisation.name})" if organisation else user.full_name


def end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day, in the time zone of the site."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.max))
