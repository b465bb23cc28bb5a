"""Writing the restricted blocks: who may, what is refused, what the database itself keeps."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from geo.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from geo.core.scope import RESTRICTED, DataClass, Scope
from geo.sites.models import CostEstimate, HealthWatch, Judicial, Site, SiteOwner
from geo.sites.restricted import services
from geo.sites.restricted.selectors import block_rows, block_version
from geo.sites.selectors import completion_of, site_sheet
from geo.sites.services import site_close
from tests.support.factories import make_site
from tests.support.restricted import DAY, everywhere, fill, in_departement

ALL = everywhere()
ALL_VERBS = Scope.nation()
TOMORROW = timezone.localdate() + dt.timedelta(1)
OWNER = {"name": "Nom inventé", "category": "private", "observed_on": DAY}
HEALTH = {"kind": "heat", "started_on": DAY, "people": 4}
COST = {"kind": "resorption", "observed_on": DAY, "amount_eur": 115_000}
SAVES = {
    DataClass.OWNER: (services.owners_save, {"rows": [OWNER]}),
    DataClass.JUDICIAL: (services.judicial_save, {"observed_on": DAY, "owner_complaint": True}),
    DataClass.HEALTH: (services.health_save, {"rows": [HEALTH]}),
    DataClass.FINANCE: (services.costs_save, {"rows": [COST]}),
}


@pytest.fixture
def site(territories: Any) -> Site:
    return make_site(name="Le Pré inventé")


def judicial(site: Site, **answers: Any) -> Judicial:
    values = {"observed_on": DAY} | answers
    return services.judicial_save(by=None, scope=ALL, site_id=site.pk, **values)


def owners(site: Site, *rows: dict[str, Any], **more: Any) -> list[SiteOwner]:
    return services.owners_save(by=None, scope=ALL, site_id=site.pk, rows=rows, **more)


@pytest.mark.parametrize("data_class", RESTRICTED)
class TestRights:
    def test_who_has_the_class_there_writes(self, site: Site, data_class: DataClass) -> None:
        save, values = SAVES[data_class]
        save(by=None, scope=in_departement("93", [data_class]), site_id=site.pk, **values)
        assert len(block_rows(ALL, data_class, site.pk)) == 1

    def test_without_the_class_the_block_does_not_exist(
        self, site: Site, data_class: DataClass
    ) -> None:
        others = [each for each in RESTRICTED if each != data_class]
        save, values = SAVES[data_class]
        with pytest.raises(NotFound):
            save(by=None, scope=in_departement("93", others), site_id=site.pk, **values)
        assert block_rows(ALL, data_class, site.pk) == ()

    def test_elsewhere_the_site_does_not_exist(self, site: Site, data_class: DataClass) -> None:
        save, values = SAVES[data_class]
        with pytest.raises(NotFound):
            save(by=None, scope=in_departement("13"), site_id=site.pk, **values)

    def test_who_only_reads_is_refused(self, site: Site, data_class: DataClass) -> None:
        save, values = SAVES[data_class]
        with pytest.raises(Forbidden):
            save(by=None, scope=in_departement("93", writes=False), site_id=site.pk, **values)

    def test_a_state_that_someone_changed_is_a_conflict(
        self, site: Site, data_class: DataClass
    ) -> None:
        save, values = SAVES[data_class]
        read = block_version(block_rows(ALL, data_class, site.pk))
        save(by=None, scope=ALL, site_id=site.pk, version=read, **values)
        with pytest.raises(Conflict):
            save(by=None, scope=ALL, site_id=site.pk, version=read, **values)

    def test_rows_are_seen_in_their_class_and_departement_alone(
        self, site: Site, data_class: DataClass
    ) -> None:
        fill(site)
        for each in RESTRICTED:
            seen = block_rows(in_departement("93", [data_class]), each, site.pk)
            assert len(seen) == (each == data_class)
            assert block_rows(in_departement("13", [data_class]), each, site.pk) == ()


class TestJudicial:
    def test_a_new_day_is_a_new_row_and_the_same_day_corrects(self, site: Site) -> None:
        judicial(site, justice_procedure=True)
        judicial(site, observed_on=DAY + dt.timedelta(30), justice_procedure=False)
        judicial(site, justice_procedure=None, bailiff="Étude inventée")
        rows = Judicial.objects.order_by("observed_on")
        assert [row.justice_procedure for row in rows] == [None, False]
        assert rows[0].valid_until == rows[1].observed_on
        assert Judicial.objects.on(DAY + dt.timedelta(2)).get().bailiff == "Étude inventée"

    def test_unknown_is_null(self, site: Site) -> None:
        row = judicial(site)
        assert row.owner_complaint is row.police_status is row.insalubrity_order is None

    @pytest.mark.parametrize(
        ("answers", "field"),
        [
            ({"observed_on": TOMORROW}, "observed_on"),
            ({"justice_rendered_on": DAY}, "justice_rendered_on"),
            ({"justice_rendered": True, "justice_rendered_on": TOMORROW}, "justice_rendered_on"),
            ({"police_status": "given"}, "police_status"),
            ({"police_requested_on": DAY}, "police_requested_on"),
            ({"police_status": "none", "police_requested_on": DAY}, "police_requested_on"),
            ({"police_status": "refused", "police_granted_on": DAY}, "police_granted_on"),
            (
                {
                    "police_status": "granted",
                    "police_requested_on": DAY,
                    "police_granted_on": DAY - dt.timedelta(1),
                },
                "police_granted_on",
            ),
            ({"order_by": "Préfet"}, "order_by"),
            (
                {
                    "evacuation_under_time_limit": True,
                    "order_on": DAY,
                    "order_evacuation_on": DAY - dt.timedelta(1),
                },
                "order_evacuation_on",
            ),
            ({"insalubrity_parcels": ["93066000AB0012"]}, "insalubrity_parcels"),
            ({"insalubrity_order": True, "insalubrity_parcels": ["93066AB12"]},
             "insalubrity_parcels"),
            ({"bailiff": "x" * 201}, "bailiff"),
            ({"name": "x"}, "name"),
        ],
    )  # fmt: skip
    def test_a_refusal_names_its_field(
        self, site: Site, answers: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refusal:
            judicial(site, **answers)
        assert refusal.value.field == field
        assert not Judicial.objects.exists()

    def test_parcels_are_written_in_their_one_form(self, site: Site) -> None:
        row = judicial(
            site,
            insalubrity_order=True,
            insalubrity_parcels=[" 93066000ab0012 ", "", "93066000AB0012", "2A004000AB0001"],
        )
        assert row.insalubrity_parcels == ["93066000AB0012", "2A004000AB0001"]

    @pytest.mark.parametrize(
        "change",
        [
            "police_status = 'given'",
            "police_granted_on = '2025-01-01'",
            "justice_rendered_by = 'x'",
            "order_by = 'x'",
            "insalubrity_parcels = '{93066AB12}', insalubrity_order = true",
            "insalubrity_parcels = '{93066000AB0012,\"\"}', insalubrity_order = true",
            "insalubrity_parcels = '{93066000AB0012}'",
        ],
    )
    def test_the_database_refuses_it_too(self, site: Site, change: str) -> None:
        judicial(site)
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE site_judicial SET {change}")


class TestOwners:
    def test_owners_are_added_changed_and_ended(self, site: Site) -> None:
        (first,) = owners(site, OWNER)
        assert SiteOwner.objects.get().active
        owners(
            site,
            {**OWNER, "id": first.pk, "ended_on": DAY + dt.timedelta(9)},
            {"category": "public_state", "parcel": "93066000ab0012", "observed_on": DAY},
        )
        first.refresh_from_db()
        assert not first.active
        other = SiteOwner.objects.exclude(pk=first.pk).get()
        assert (other.parcel, other.name, other.active) == ("93066000AB0012", "", True)

    @pytest.mark.parametrize(
        ("row", "field"),
        [
            ({"observed_on": DAY}, "name"),
            ({**OWNER, "category": "public"}, "category"),
            ({**OWNER, "parcel": "12"}, "parcel"),
            ({**OWNER, "observed_on": None}, "observed_on"),
            ({**OWNER, "observed_on": TOMORROW}, "observed_on"),
            ({**OWNER, "ended_on": DAY - dt.timedelta(1)}, "ended_on"),
        ],
    )
    def test_a_refusal_names_row_and_field_and_writes_nothing(
        self, site: Site, row: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refusal:
            owners(site, OWNER, row)
        assert refusal.value.field == f"1-{field}"
        assert not SiteOwner.objects.exists()

    def test_the_row_of_another_site_is_not_touched(self, site: Site) -> None:
        (there,) = owners(make_site(5.4, 43.3), OWNER)
        with pytest.raises(NotFound):
            owners(site, {**OWNER, "id": there.pk, "name": "Autre"})
        there.refresh_from_db()
        assert there.name == "Nom inventé"


class TestCompletion:
    def known(self, site: Site) -> set[str]:
        # A reader without the right on owners counts as everybody.
        return set(site_sheet(in_departement("93", []), site.pk).known)

    def test_a_known_category_counts_for_every_reader(self, site: Site) -> None:
        before = completion_of(site_sheet(in_departement("93", []), site.pk))[0]
        (row,) = owners(site, {**OWNER, "category": "unknown"})
        assert "owner_category" not in self.known(site)
        owners(site, {**OWNER, "id": row.pk})
        assert "owner_category" in self.known(site)
        assert completion_of(site_sheet(in_departement("93", []), site.pk))[0] == before + 1

    def test_it_is_that_of_the_day(self, site: Site) -> None:
        owners(site, {**OWNER, "ended_on": DAY + dt.timedelta(10)})
        known = [
            Site.objects.at(day).filter(owner_is_known=True).exists()
            for day in (DAY, DAY + dt.timedelta(9), DAY + dt.timedelta(10))
        ]
        assert known == [True, True, False]
        assert "owner_category" not in self.known(site)

    def test_it_is_forgotten_with_the_owner(self, site: Site) -> None:
        owners(site, OWNER)
        SiteOwner.objects.all().delete()
        assert "owner_category" not in self.known(site)


class TestHealthAndCosts:
    @pytest.mark.parametrize(
        ("row", "field"),
        [
            ({**HEALTH, "kind": "plague"}, "kind"),
            ({**HEALTH, "started_on": TOMORROW}, "started_on"),
            ({**HEALTH, "people": -1}, "people"),
            ({**HEALTH, "ended_on": DAY - dt.timedelta(1)}, "ended_on"),
        ],
    )
    def test_a_health_watch_is_checked(self, site: Site, row: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            services.health_save(by=None, scope=ALL, site_id=site.pk, rows=[row])
        assert refusal.value.field == f"0-{field}"
        assert not HealthWatch.objects.exists()

    @pytest.mark.parametrize(
        ("row", "field"),
        [
            ({**COST, "kind": "gift"}, "kind"),
            ({**COST, "amount_eur": None}, "amount_eur"),
            ({**COST, "amount_eur": 12.5}, "amount_eur"),
            ({**COST, "amount_eur": 10**10}, "amount_eur"),
            ({**COST, "observed_on": None}, "observed_on"),
        ],
    )
    def test_an_estimate_is_checked(self, site: Site, row: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            services.costs_save(by=None, scope=ALL, site_id=site.pk, rows=[row])
        assert refusal.value.field == f"0-{field}"
        assert not CostEstimate.objects.exists()

    def test_one_estimate_of_a_kind_a_day(self, site: Site) -> None:
        services.costs_save(by=None, scope=ALL, site_id=site.pk, rows=[COST])
        with pytest.raises(InvalidInput, match="déjà cette date"):
            services.costs_save(by=None, scope=ALL, site_id=site.pk, rows=[COST])


class TestAnonymisation:
    @pytest.fixture
    def closed_on(self, site: Site) -> dt.date:
        owners(site, {**OWNER, "parcel": "93066000AB0012"})
        day = DAY + dt.timedelta(30)
        site_close(
            by=None,
            scope=ALL_VERBS,
            site_id=site.pk,
            cause="other",
            closed_on=day,
            context="Contexte inventé",
            closed_with_solutions="unknown",
        )
        return day

    def test_an_erased_name_is_not_written_again(self, site: Site, closed_on: dt.date) -> None:
        SiteOwner.objects.update(name="", anonymised_on=closed_on + dt.timedelta(400))
        row = SiteOwner.objects.get()
        with pytest.raises(InvalidInput, match="effacé"):
            owners(site, {**OWNER, "id": row.pk})
        owners(site, {**OWNER, "id": row.pk, "name": "", "category": "public_state"})
