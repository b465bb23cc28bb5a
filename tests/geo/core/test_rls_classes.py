"""The restricted classes behind the second wall alone: each on its own reach, read and written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import ProgrammingError, connection

from geo.core import rls
from geo.core.scope import RESTRICTED, Areas, DataClass, Reach, Scope, Verb
from geo.sites.models import (
    CostEstimate,
    HealthWatch,
    Judicial,
    Reinstallation,
    Site,
    SiteLocation,
    SiteOwner,
)
from geo.sites.services import reinstallation_declare
from tests.support.factories import make_site
from tests.support.restricted import fill

pytestmark = pytest.mark.django_db(transaction=True)
MODELS: dict[DataClass, Any] = {
    DataClass.OWNER: SiteOwner,
    DataClass.JUDICIAL: Judicial,
    DataClass.HEALTH: HealthWatch,
    DataClass.FINANCE: CostEstimate,
}
OF_PLACE = {DataClass.OWNER, DataClass.JUDICIAL}
HOME = Areas(departements=("93",))


def scope(
    *classes: DataClass, general: Reach | None = None, writes: tuple[DataClass, ...] = ()
) -> Scope:
    """General data of 93 read exactly and written, and these classes of the same departement."""
    return Scope(
        reaches=(
            (DataClass.GENERAL, general or Reach(exact=HOME)),
            *((each, Reach(exact=HOME)) for each in classes),
        ),
        verbs=((Verb.UPDATE, HOME),),
        restricted=tuple((each, Verb.UPDATE, HOME) for each in writes),
    )


@pytest.fixture
def sites(territories: Any) -> dict[str, Site]:
    """A site in each of two departements, every block of both filled."""
    found = {"93": make_site(2.35, 48.93), "13": make_site(5.40, 43.30)}
    for site in found.values():
        fill(site)
    return found


def seen() -> dict[DataClass, int]:
    return {each: model.objects.count() for each, model in MODELS.items()}


def areas(table: str, column: str = "areas") -> list[set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return [set(row[0]) for row in cursor.fetchall()]


def test_every_restricted_class_has_its_table_and_its_own_reach(sites: Any) -> None:
    assert set(MODELS) == set(RESTRICTED)
    with rls.reading(scope()):
        assert Site.objects.count() == 1
        assert set(seen().values()) == {0}
    # The jobs that serve nobody's screen read general data only.
    with rls.reading(Scope.nation()):
        assert set(seen().values()) == {0}
    with rls.reading(Scope.everything()):
        assert set(seen().values()) == {2}
    for each in RESTRICTED:
        with rls.reading(scope(each)):
            assert seen() == {other: int(other == each) for other in RESTRICTED}
        blurred = Reach(grid=HOME)
        with rls.reading(scope(each, general=blurred)):
            # A parcel tells the place: who may not have it has no owner either.
            assert MODELS[each].objects.count() == (0 if each in OF_PLACE else 1)


@pytest.mark.parametrize("each", RESTRICTED)
def test_a_class_is_written_by_who_may_write_it(each: DataClass, sites: Any) -> None:
    model = MODELS[each]
    moment = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
    with rls.reading(scope(each)):
        assert model.objects.update(entered_at=moment) == 0
        row = model.objects.get()
        if each in (DataClass.JUDICIAL, DataClass.FINANCE):
            row.observed_on = dt.date(2025, 1, 1)
        row.pk = 12345
        with pytest.raises(ProgrammingError, match="row-level security"):
            row.save(force_insert=True)
        assert model.objects.all()._raw_delete("default") == 0
    with rls.reading(scope(each, writes=(each,))):
        assert model.objects.update(entered_at=moment) == 1
        row.save(force_insert=True)
        assert model.objects.filter(pk=12345)._raw_delete("default") == 1
    others = tuple(other for other in RESTRICTED if other != each)
    with rls.reading(scope(*others, writes=others)):
        assert model.objects.update(entered_at=moment) == 0


def test_a_class_alone_suffices_to_write_it_through_its_service(sites: dict[str, Site]) -> None:
    """No verb on general data: the site is locked and told its owner all the same."""
    writer = Scope(
        reaches=tuple((each, Reach(exact=HOME)) for each in DataClass),
        restricted=tuple((each, Verb.UPDATE, HOME) for each in RESTRICTED),
    )
    SiteOwner.objects.all().delete()
    assert not Site.objects.get(pk=sites["93"].pk).owner_known
    Judicial.objects.all().delete()
    CostEstimate.objects.all().delete()
    with rls.reading(writer):
        fill(sites["93"], scope=writer)
        assert Site.objects.get(pk=sites["93"].pk).owner_known


def test_what_the_mover_does_not_see_follows_the_site(sites: dict[str, Site]) -> None:
    reinstallation_declare(
        by=None,
        scope=Scope.nation(),
        site_id=sites["13"].pk,
        origin_id=sites["93"].pk,
        people=4,
        happened_on=dt.date(2025, 4, 1),
    )
    mover = scope()
    with rls.reading(mover):
        assert not Judicial.objects.exists()
        assert not Reinstallation.objects.exists()
        location = SiteLocation.objects.get()
        location.geom = Point(2.45, 48.93, srid=4326)
        location.save()
        # Its rights are those that it had, no more.
        assert set(seen().values()) == {0}
        assert Site.objects.count() == 1
    for table in ("site_owner", "site_judicial", "site_health_watch", "site_cost_estimate"):
        assert {"C93008"} <= set.union(*areas(table)), table
        assert "C93066" not in set.union(*areas(table)), table
    assert ["C93008" in each for each in areas("reinstallation", "origin_areas")] == [True]
