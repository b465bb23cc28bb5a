"""The demonstration in the database: fitted, invented, inside its land, and loaded once."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connection
from django.db.models import Count, Q, Sum

from demo import figures
from demo.load import demo_site_ids
from geo.accounts.models import Organisation, User
from geo.core.scope import Scope
from geo.facilities.models import Facility
from geo.sites.closing import closing_outcome
from geo.sites.living import levels
from geo.sites.models import (
    Closure,
    Footprint,
    Living,
    Population,
    Reinstallation,
    Site,
    SiteLocation,
)
from geo.sites.services import site_update
from geo.territories.models import Commune
from tests.demo.conftest import demo_data

pytestmark = pytest.mark.usefixtures("demo")
STATES = [figure for figure in figures.published() if figure.start == figure.end]


def state_of_tables() -> dict[str, object]:
    """Everything a second run could have touched."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT layer, sum(weight) FROM layer_change GROUP BY layer ORDER BY layer")
        versions = cursor.fetchall()
        cursor.execute("SELECT max(xmin::text::bigint) FROM account")
        (account_xmin,) = cursor.fetchone()
    return {
        "versions": versions,
        "accounts": account_xmin,
        "passwords": list(User.objects.order_by("pk").values_list("pk", "password")),
        "sites": list(Site.objects.order_by("pk").values_list("pk", "reference", "updated_at")),
    }


def test_a_second_run_changes_nothing(demo: Path) -> None:
    before, file_before = state_of_tables(), (demo / "demo_accounts.json").read_bytes()
    said = demo_data()
    assert "sites et services : déjà là" in said
    assert "comptes : déjà là" in said
    assert state_of_tables() == before
    assert (demo / "demo_accounts.json").read_bytes() == file_before


@pytest.mark.parametrize(
    "figure", STATES, ids=lambda figure: f"{figure.start}-{figure.code}-{figure.measure}"
)
def test_published_states_are_read_back(figure: figures.Published) -> None:
    there = (
        Site.objects.at(figure.start)
        .exclude(state="closed")
        .filter(departement_id__in=figure.members)
    )
    official = Q(pop__origins=["eu"], pop__people__gte=10)
    found = there.aggregate(
        sites=Count("pk"),
        people=Sum("pop__people"),
        departements=Count("departement_id", distinct=True),
        eu_sites=Count("pk", filter=official),
        eu_people=Sum("pop__people", filter=official),
    )
    assert found[figure.measure] == figure.value


@pytest.mark.parametrize(
    "figure",
    [figure for figure in figures.published() if figure.start != figure.end],
    ids=lambda figure: f"{figure.start}-{figure.code}-{figure.measure}",
)
def test_published_closings_are_read_back(figure: figures.Published) -> None:
    found = Closure.objects.filter(
        kind=figure.measure.removesuffix("s"),
        closed_on__range=(figure.start, figure.end),
        site__departement_id__in=figure.members,
    )
    assert found.count() == figure.value


def test_every_site_lies_in_its_departement_and_commune() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE ST_Covers(d.contour, l.geom)), "
            "count(*) FILTER (WHERE ST_Covers(c.contour, l.geom)) "
            "FROM site s JOIN site_location l ON l.site_id = s.id "
            "JOIN departement d ON d.code = split_part(s.reference, '-', 1) "
            "JOIN commune c ON c.code = s.commune_code"
        )
        total, in_departement, in_commune = cursor.fetchone()
    assert total == Site.objects.count() > 1350
    assert in_departement == in_commune == total


def test_footprints_hold_the_point_and_have_a_plausible_size() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), bool_and(ST_Covers(f.geom, l.geom)), min(f.area_m2), "
            "max(f.area_m2), count(DISTINCT f.site_id), max(ST_NumGeometries(f.geom)) "
            "FROM site_footprint f JOIN site_location l USING (site_id)"
        )
        total, around, smallest, largest, sites, parts = cursor.fetchone()
    assert total > sites > 700
    assert around
    assert 100 < smallest < largest < 60_000
    assert parts == 2
    in_parcels = Footprint.objects.filter(site__commune_id__in=["93066", "93001", "93005"])
    assert in_parcels.values("site").distinct().count() > 40


def test_kinds_and_levels_are_those_of_the_services() -> None:
    series: dict[int, list[tuple[dt.date, int | None]]] = {}
    counted = Population.objects.order_by("observed_on")
    for site, day, people in counted.values_list("site_id", "observed_on", "people"):
        series.setdefault(site, []).append((day, people))
    for closure in Closure.objects.prefetch_related("solutions"):
        before = [n for day, n in series.get(closure.site_id, []) if day <= closure.closed_on]
        outcome = closing_outcome(
            cause=closure.cause,
            answer=closure.closed_with_solutions,
            solutions=[(row.type, row.people) for row in closure.solutions.all()],
            people=before[-1] if before else None,
        )
        assert (closure.kind, closure.needs_review) == (outcome.kind, outcome.needs_review)
        assert closure.comment or not outcome.needs_comment
    for living in Living.objects.order_by("pk")[::5]:
        answers = {field.name: getattr(living, field.name) for field in Living._meta.fields}
        computed = levels(answers)
        assert {theme: answers[theme] for theme in computed} == computed


def test_everything_says_that_it_is_invented() -> None:
    assert not SiteLocation.objects.exclude(name__startswith="Site fictif ").exists()
    assert not SiteLocation.objects.exclude(
        Q(address_label="") | Q(address_label__endswith="(adresse fictive)")
    ).exists()
    assert not Closure.objects.exclude(context__startswith="Contexte inventé").exists()
    assert Facility.objects.count() > 1000
    assert not Facility.objects.exclude(
        invented=True, licence__contains="inventé", name__icontains="ficti"
    ).exists()
    assert not Organisation.objects.exclude(name__icontains="ficti").exists()
    assert not User.objects.exclude(email__endswith=".example").exists()


def test_sheets_differ_in_freshness_and_completion() -> None:
    last = figures.UNTIL
    still_open = Site.objects.filter(closures__isnull=True)
    fresh = still_open.filter(confirmed_on__gt=last - dt.timedelta(90)).count()
    stale = still_open.filter(confirmed_on__lte=last - dt.timedelta(180)).count()
    total = still_open.count()
    assert min(fresh, stale, total - fresh - stale) > total / 10
    assert still_open.filter(populations__isnull=True).exists()
    assert still_open.filter(resorption_started_on__isnull=False).count() > 30
    assert Reinstallation.objects.count() > 100
    assert not Site.objects.filter(created_at__date__gt=last + dt.timedelta(10)).exists()


def test_references_are_those_that_the_service_would_give() -> None:
    for reference in Site.objects.values_list("reference", flat=True):
        assert re.fullmatch(r"(\d{2,3}|2[AB])-[2-9A-HJKMNP-Z]{6}", reference)
    assert set(Site.objects.values_list("pk", flat=True)) <= set(demo_site_ids())


def test_new_contours_move_the_sites_but_those_that_someone_edited() -> None:
    commune = Commune.objects.get(code="93066")
    edited = Site.objects.filter(commune_id="93066").order_by("pk")[0]
    site_update(by=None, scope=Scope.nation(), site_id=edited.pk, heatwave_risk=True)
    before = dict(SiteLocation.objects.values_list("pk", "geom"))
    smaller = commune.point.buffer(0.006)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE commune SET contour = ST_Multi(ST_GeomFromEWKB(%s)), "
            "source = 'autres contours' WHERE code = '93066'",
            [bytes(smaller.ewkb)],
        )
    said = demo_data()
    assert "0 écrits" in said
    after = dict(SiteLocation.objects.values_list("pk", "geom"))
    assert set(after) == set(before)
    assert after[edited.pk].equals_exact(before[edited.pk])
    moved = [pk for pk in before if not after[pk].equals_exact(before[pk])]
    assert moved
    home = set(Site.objects.filter(commune_id="93066").values_list("pk", flat=True))
    assert all(smaller.covers(after[pk]) for pk in home - {edited.pk})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM site_footprint f JOIN site_location l USING (site_id) "
            "WHERE NOT ST_Covers(f.geom, l.geom)"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("command", ["demo_data", "demo_accounts"])
def test_only_in_a_demonstration(command: str, settings: object) -> None:
    from django.core.management import call_command

    settings.ATLAS_DEMO = False  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="ATLAS_DEMO=1"):
        call_command(command)
