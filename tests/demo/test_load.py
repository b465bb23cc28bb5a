"""Drawing again on a few small territories: the same sites, without those that someone edited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from geo.core.scope import Scope
from geo.facilities.models import Facility
from geo.sites.models import Population, Site
from geo.sites.services import site_update
from tests.demo.conftest import demo_data
from tests.support.factories import make_site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _local(settings: Any, tmp_path: Path) -> None:
    settings.LOCAL_DIR = tmp_path


def test_territories_come_first() -> None:
    with pytest.raises(CommandError, match="import_territories"):
        demo_data()


def drawn() -> dict[int, tuple[object, ...]]:
    fields = ("reference", "opened_on", "location__geom", "location__name", "created_at")
    return {pk: rest for pk, *rest in Site.objects.values_list("pk", *fields)}  # type: ignore[misc]


@pytest.mark.usefixtures("territories")
def test_a_part_of_the_country_gives_a_part_of_the_demonstration() -> None:
    said = demo_data("--departements", "93")
    assert "Démonstration prête" in said
    assert set(Site.objects.values_list("departement_id", flat=True)) == {"93"}
    assert set(Facility.objects.values_list("commune_code", flat=True)) <= {
        code for code in Facility.objects.values_list("commune_code", flat=True) if code[:2] == "93"
    }


@pytest.mark.usefixtures("territories")
def test_drawing_again_gives_the_same_sites_and_leaves_what_is_not_its_own() -> None:
    demo_data("--departements", "93")
    own = make_site(name="Écrit par quelqu'un")
    edited = Site.objects.exclude(pk=own.pk).filter(closures__isnull=True).order_by("pk")[0]
    site_update(by=None, scope=Scope.nation(), site_id=edited.pk, population={"people": 77})
    before = drawn()
    demo_data("--departements", "93", "--again")
    assert drawn() == before
    assert Population.objects.filter(site=edited, people=77).exists()
    assert Population.objects.filter(site=edited).count() == len(
        set(Population.objects.filter(site=edited).values_list("observed_on", flat=True))
    )


@pytest.mark.usefixtures("territories")
def test_another_part_replaces_the_first() -> None:
    demo_data("--departements", "93")
    first = set(drawn())
    demo_data("--departements", "13")
    assert not first & set(drawn())
    assert set(Site.objects.values_list("departement_id", flat=True)) == {"13"}
