"""Writing a site: what the database computes, what is refused, what a date shows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction

from geo.core.crs import transformer
from geo.core.errors import Conflict, DomainError, Forbidden, InvalidInput
from geo.core.scope import Areas, DataClass, Reach, Scope, Verb
from geo.core.versions import current
from geo.sites.models import Closure, Population, Site, SiteLocation
from geo.sites.services import site_close, site_update
from tests.support.factories import close_site, make_site, square

NATION = Scope.nation()
pytestmark = pytest.mark.django_db


def scope_of(code: str) -> Scope:
    areas = Areas.of("departement", [code])
    return Scope(
        reaches=((DataClass.GENERAL, Reach(exact=areas)),),
        verbs=tuple((verb, areas) for verb in (Verb.CREATE, Verb.UPDATE, Verb.CLOSE)),
    )


def test_territories_and_blurred_points_follow_the_geometry(territories: Any) -> None:
    site = make_site(2.35, 48.93)
    assert (site.commune_id, site.departement_id, site.region_id) == ("93066", "93", "11")
    x, y = transformer(4326, 2154).transform(site.grid_point.x, site.grid_point.y)
    assert (x - 250) % 500 == pytest.approx(0, abs=1e-3) or (x - 250) % 500 == pytest.approx(
        500, abs=1e-3
    )
    assert site.commune_point.equals_exact(territories["93066"].point, 1e-9)
    site_update(by=None, scope=NATION, site_id=site.pk, point=Point(5.4, 43.3, srid=4326))
    site.refresh_from_db()
    assert (site.commune_id, site.departement_id) == ("13055", "13")
    assert SiteLocation.objects.get(pk=site.pk).departement_id == "13"
    assert y > 6_000_000


def test_a_series_is_never_overwritten(territories: Any) -> None:
    site = make_site(population={"people": 50}, observed_on=dt.date(2024, 3, 1))
    site_update(
        by=None,
        scope=NATION,
        site_id=site.pk,
        population={"people": 80},
        observed_on=dt.date(2025, 3, 1),
    )
    site_update(
        by=None,
        scope=NATION,
        site_id=site.pk,
        population={"people": 60},
        observed_on=dt.date(2024, 9, 1),
    )
    rows = Population.objects.filter(site=site).order_by("observed_on")
    assert [(row.people, row.valid_until) for row in rows] == [
        (50, dt.date(2024, 9, 1)),
        (60, dt.date(2025, 3, 1)),
        (80, dt.date(9999, 12, 31)),
    ]
    for day, people in (
        (dt.date(2024, 8, 31), 50),
        (dt.date(2024, 9, 1), 60),
        (dt.date(2026, 1, 1), 80),
    ):
        assert Site.objects.at(day).values_list("pop__people", flat=True).get(pk=site.pk) == people


def test_state_at_a_date(territories: Any) -> None:
    site = make_site(declared_on=dt.date(2024, 3, 1), resorption_started_on=dt.date(2024, 6, 1))
    close_site(site, on=dt.date(2025, 1, 15))

    def state(day: dt.date) -> str | None:
        return Site.objects.at(day).filter(pk=site.pk).values_list("state", flat=True).first()

    assert state(dt.date(2024, 2, 29)) is None
    assert state(dt.date(2024, 3, 1)) == "open"
    assert state(dt.date(2024, 6, 1)) == "resorption"
    assert state(dt.date(2025, 1, 14)) == "resorption"
    assert state(dt.date(2025, 1, 15)) == "closed"


@pytest.mark.parametrize(
    ("cause", "answer", "kind", "review"),
    [
        ("closed_by_justice", "yes", "resorption", False),
        ("other", "yes", "resorption", False),
        ("closed_by_pref_admin", "no", "evacuation", False),
        ("resorbed", "no", "other", True),
        ("other", "no", "other", False),
        ("closed_by_city_admin", "unknown", "evacuation", True),
        ("resorbed", "unknown", "other", True),
        ("unknown", "unknown", "other", True),
    ],
)
def test_kind_of_a_closing(
    territories: Any, cause: str, answer: str, kind: str, review: bool
) -> None:
    site = make_site()
    closure = close_site(site, cause, answer, on=dt.date(2025, 1, 15))
    assert (closure.kind, closure.needs_review) == (kind, review)


def test_an_answer_against_the_durable_share_needs_a_comment(territories: Any) -> None:
    site = make_site(population={"people": 100}, observed_on=dt.date(2024, 3, 1))
    asked: dict[str, Any] = {
        "by": None,
        "scope": NATION,
        "site_id": site.pk,
        "cause": "resorbed",
        "closed_on": dt.date(2025, 1, 15),
        "context": "Inventé",
        "closed_with_solutions": "yes",
    }
    with pytest.raises(InvalidInput) as error:
        site_close(**asked, solutions=[{"type": "housing", "people": 65}])
    assert error.value.field == "comment"
    assert site_close(**asked, solutions=[{"type": "housing", "people": 66}]).kind == "resorption"
    with pytest.raises(Conflict):
        site_close(**asked, solutions=[])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"declared_on": dt.date(2990, 1, 1)}, "declared_on"),
        ({"population": {"people": -1}}, "people"),
        ({"population": {"people": 10, "minors": 11}}, "minors"),
        ({"living": {"water_access_type": "mer"}}, "water_access_type"),
        ({"couleur": "rouge"}, "couleur"),
    ],
)
def test_refused_values_name_their_field(
    territories: Any, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as error:
        make_site(**fields)
    assert error.value.field == field
    assert Site.objects.count() == 0


def test_writing_stays_in_the_writers_areas(territories: Any) -> None:
    site = make_site(2.35, 48.93)
    with pytest.raises(Site.DoesNotExist):
        site_update(by=None, scope=scope_of("13"), site_id=site.pk, field_type="building")
    with pytest.raises(Forbidden):
        site_update(
            by=None, scope=scope_of("93"), site_id=site.pk, point=Point(5.4, 43.3, srid=4326)
        )


def test_a_version_that_was_overtaken_is_a_conflict(territories: Any) -> None:
    site = make_site()
    site_update(by=None, scope=NATION, site_id=site.pk, version=1, field_type="building")
    with pytest.raises(Conflict):
        site_update(by=None, scope=NATION, site_id=site.pk, version=1, field_type="other")


def test_the_database_measures_footprints(territories: Any) -> None:
    site = make_site(footprint=square(2.3500, 48.9300, 2.3510, 48.9310))
    footprint = site.footprints.get()
    # 0.001 degree of longitude and latitude at 48.93° N: 73.3 m × 111.2 m.
    assert footprint.area_m2 == pytest.approx(73.3 * 111.2, rel=0.01)


def test_an_outline_ends_and_the_days_before_keep_it(territories: Any) -> None:
    """The removal is dated; a later outline takes over; the same day is a correction."""
    site = make_site(
        footprint=square(2.3500, 48.9300, 2.3510, 48.9310), observed_on=dt.date(2025, 3, 1)
    )

    def end(day: dt.date) -> None:
        site_update(by=None, scope=NATION, site_id=site.pk, observed_on=day, footprint_ended=True)

    def held(day: dt.date) -> list[dt.date]:
        rows = site.footprints.filter(observed_on__lte=day, valid_until__gt=day)
        return list(rows.values_list("observed_on", flat=True))

    with pytest.raises(InvalidInput) as refused:
        end(dt.date(2025, 2, 1))
    assert refused.value.field == "observed_on"
    before = current(["site-footprints"])
    end(dt.date(2025, 6, 1))
    assert current(["site-footprints"]) != before
    assert held(dt.date(2025, 5, 31)) == [dt.date(2025, 3, 1)]
    assert held(dt.date(2025, 6, 1)) == []
    other = square(2.3500, 48.9300, 2.3505, 48.9305)
    for day in (dt.date(2025, 9, 1), dt.date(2025, 12, 1)):
        site_update(by=None, scope=NATION, site_id=site.pk, observed_on=day, footprint=other)
    assert held(dt.date(2025, 8, 31)) == []
    assert held(dt.date(2025, 10, 1)) == [dt.date(2025, 9, 1)]
    end(dt.date(2025, 12, 1))
    assert held(dt.date(2026, 1, 1)) == [dt.date(2025, 9, 1)]
    assert site.footprints.count() == 2


def test_a_site_that_moves_raises_the_versions_of_its_layers(territories: Any) -> None:
    """The place is written by a trigger, which raises nothing itself."""
    layers = ("sites", "site-footprints", "evacuations", "reinstallations")
    site = make_site()
    before = [current([layer]) for layer in layers]
    SiteLocation.objects.filter(pk=site.pk).update(geom=Point(5.4, 43.3, srid=4326))
    moved = [current([layer]) for layer in layers]
    Site.objects.filter(pk=site.pk).update(heatwave_risk=True)
    changed = [current([layer]) for layer in layers]
    assert all(a != b != c for a, b, c in zip(before, moved, changed, strict=True))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("cause", {"cause": "justice"}),
        ("closed_with_solutions", {"closed_with_solutions": "peut-être"}),
        ("solutions", {"solutions": [{"type": "hotel", "people": 3}]}),
    ],
)
def test_a_closing_takes_known_codes_only(
    territories: Any, field: str, wrong: dict[str, Any]
) -> None:
    site = make_site()
    right: dict[str, Any] = {"cause": "closed_by_justice", "closed_with_solutions": "no"}
    with pytest.raises(InvalidInput) as refused:
        site_close(
            by=None,
            scope=Scope.nation(),
            site_id=site.pk,
            closed_on=dt.date(2025, 2, 1),
            context="Inventé",
            **(right | wrong),
        )
    assert refused.value.field == field
    assert not site.closures.exists()


def test_the_database_keeps_one_closing_in_force(territories: Any) -> None:
    site = make_site()
    closure = close_site(site)
    closure.pk = None
    with pytest.raises(IntegrityError, match="closure_one_in_force"), transaction.atomic():
        Closure.objects.bulk_create([closure])
    for field in ("cause", "closed_with_solutions"):
        with pytest.raises(IntegrityError, match="closure_"), transaction.atomic():
            Closure.objects.filter(site=site).update(**{field: "x"})
