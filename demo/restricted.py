"""The invented restricted blocks of a share of the sites: owners, procedures, health, costs.

Values pass the checks of the services; names say that they are invented. Leaves writing to `load`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

from demo.invented import moment, stable_id
from demo.lives import Life
from geo.sites.enums import ClosureCause
from geo.sites.models import Closure, CostEstimate, HealthWatch, Judicial, SiteOwner
from geo.sites.restricted.checks import check_cost, check_health, check_judicial, check_owner
from geo.sites.restricted.enums import CostKind, HealthKind, OwnerCategory, PoliceStatus

# The shares of the cost model: private, public but not the State, the State.
CATEGORIES = ((OwnerCategory.PRIVATE, 43), (OwnerCategory.PUBLIC_LOCAL, 43),
              (OwnerCategory.PUBLIC_STATE, 14))  # fmt: skip
KNOWN_OWNERS, NAMED_PARCELS, PROCEDURES, WATCHES, ESTIMATES = 0.75, 0.3, 0.4, 0.06, 0.12
RESORPTION_EUR, EVACUATION_EUR, MODEL_PEOPLE = 115_000, 108_000, 50
MEASURES = {
    HealthKind.CLUSTER: "Mesures inventées : passage d'une équipe de soins, information.",
    HealthKind.POISONING: "Mesures inventées : visite, détecteurs de monoxyde remis.",
    HealthKind.HEAT: "Mesures inventées : eau distribuée, passages du matin.",
    HealthKind.COLD: "Mesures inventées : couvertures, maraude.",
    HealthKind.OTHER: "Mesures inventées.",
}


class Drawn:
    """The restricted rows of one site, drawn from its life; `until` is the last day known."""

    def __init__(self, life: Life, *, site_id: int, author: int | None, until: dt.date) -> None:
        self.life, self.site_id, self.author = life, site_id, author
        self.until = min(until, life.closed_on or until)

    def owners(self, town: str) -> Iterator[SiteOwner]:
        """One or two owners of a share of the sites."""
        rng = self.life.rng("owners")
        if rng.random() > KNOWN_OWNERS:
            return
        for index in range(1 + (rng.random() < 0.15)):
            category = _weighted(CATEGORIES, rng)
            number = stable_id("parcel", f"{self.life.number} {index}") % 10_000
            values: dict[str, Any] = {
                "name": f"Propriétaire fictif {self.life.number:04d}-{index + 1}",
                "category": category if rng.random() > 0.08 else OwnerCategory.UNKNOWN,
                "parcel": f"{town}000ZZ{number:04d}" if rng.random() < NAMED_PARCELS else "",
                "observed_on": self._day(rng, after=20),
            }
            yield SiteOwner(
                **check_owner(values), **self._entered("owner", values["observed_on"], rng, index)
            )

    def procedures(self, closure: Closure | None) -> Iterator[Judicial]:
        """A complaint, what justice said, and the police help asked, as they went."""
        rng = self.life.rng("procedures")
        judged = closure is not None and closure.cause == ClosureCause.JUSTICE
        ordered = closure is not None and closure.cause in {
            ClosureCause.PREF_ADMIN,
            ClosureCause.CITY_ADMIN,
        }
        if not judged and not ordered and rng.random() > PROCEDURES:
            return
        first = self._day(rng, after=60)
        values: dict[str, Any] = {
            "owner_complaint": judged or rng.random() < 0.7,
            "justice_procedure": judged or rng.random() < 0.5,
        }
        steps = [(first, dict(values))]
        later = min(self.until, first + dt.timedelta(rng.randint(30, 200)))
        if judged or (values["justice_procedure"] and rng.random() < 0.5):
            values |= _judged(later, rng)
            values |= _police(later, self.until, rng, granted=judged)
        if ordered:
            values |= {
                "evacuation_under_time_limit": True,
                "order_on": later,
                "order_by": "Préfecture (arrêté inventé)",
                "order_evacuation_on": self.until,
            }
        if later > first:
            steps.append((later, values))
        for index, (day, answers) in enumerate(steps):
            entered = self._entered("judicial", day, rng, index)
            yield Judicial(observed_on=day, **check_judicial(answers), **entered)

    def watches(self) -> Iterator[HealthWatch]:
        """A health watch on a few sites."""
        rng = self.life.rng("health")
        if rng.random() > WATCHES:
            return
        start = self._day(rng, after=400)
        end = start + dt.timedelta(rng.randint(5, 60))
        over = end <= self.until or self.life.closed_on is not None
        kind = rng.choice(tuple(HealthKind))
        values = {
            "kind": kind,
            "started_on": start,
            "ended_on": min(end, self.until) if over else None,
            "people": rng.choice((None, rng.randint(2, 14))),
            "measures": MEASURES[kind],
        }
        yield HealthWatch(**check_health(values), **self._entered("health", start, rng))

    def estimates(self, people: int | None) -> Iterator[CostEstimate]:
        """What a résorption and an evacuation would cost, around the cost model."""
        rng = self.life.rng("costs")
        if people is None or rng.random() > ESTIMATES:
            return
        day = self._day(rng, after=300)
        model = ((CostKind.RESORPTION, RESORPTION_EUR), (CostKind.EVACUATION, EVACUATION_EUR))
        for index, (kind, amount) in enumerate(model):
            scaled = amount * max(people, 5) / MODEL_PEOPLE * rng.uniform(0.7, 1.4)
            values = {
                "kind": kind,
                "observed_on": day,
                "amount_eur": round(scaled / 100) * 100,
                "comment": "Estimation inventée.",
            }
            yield CostEstimate(**check_cost(values), **self._entered("cost", day, rng, index))

    def _day(self, rng: random.Random, *, after: int) -> dt.date:
        """A day of the site's life, up to `after` days from its beginning."""
        return min(self.until, self.life.opened_on + dt.timedelta(rng.randint(0, after)))

    def _entered(
        self, kind: str, day: dt.date, rng: random.Random, index: int = 0
    ) -> dict[str, Any]:
        return {
            "id": stable_id(kind, f"{self.life.number} {index}"),
            "site_id": self.site_id,
            "entered_at": moment(day, rng, within_days=9),
            "entered_by_id": self.author,
        }


def _judged(day: dt.date, rng: random.Random) -> dict[str, Any]:
    return {
        "justice_rendered": True,
        "justice_rendered_on": day,
        "justice_rendered_by": "Tribunal (décision inventée)",
        "justice_challenged": rng.random() < 0.2,
        "existing_litigation": rng.random() < 0.2,
        "bailiff": "Étude fictive" if rng.random() < 0.5 else "",
    }


def _police(asked: dt.date, until: dt.date, rng: random.Random, *, granted: bool) -> dict[str, Any]:
    if granted:
        answered = min(until, asked + dt.timedelta(rng.randint(5, 60)))
        return {
            "police_status": PoliceStatus.GRANTED,
            "police_requested_on": asked,
            "police_granted_on": answered,
        }
    status = rng.choice((PoliceStatus.NONE, PoliceStatus.REQUESTED, PoliceStatus.REFUSED, None))
    dated = status in {PoliceStatus.REQUESTED, PoliceStatus.REFUSED}
    return {"police_status": status} | ({"police_requested_on": asked} if dated else {})


def _weighted(choices: tuple[tuple[Any, int], ...], rng: random.Random) -> Any:
    values, weights = zip(*choices, strict=True)
    return rng.choices(values, weights)[0]
