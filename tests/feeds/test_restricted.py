"""Restricted properties in the feeds: who receives which, only when named, and logged first."""

from __future__ import annotations

import datetime as dt
import gzip
from dataclasses import replace
from typing import Any

import mapbox_vector_tile
import pytest
from django.db.models import QuerySet
from django.test import Client

from cadastre.models import SiteParcel
from geo.accounts import readlog
from geo.accounts.models import ReadLog
from geo.accounts.tokens import token_create
from geo.core.scope import RESTRICTED, Areas, DataClass, Reach, Scope
from geo.sites.models import Site
from geo.sites.restricted import services
from tests.support.factories import make_site
from tests.support.restricted import CANARIES, DAY, everywhere, fill, in_departement

ITEMS = "/ogc/collections/sites/items"
NAMED = {
    DataClass.OWNER: "owner_name,owner_parcel",
    DataClass.JUDICIAL: "bailiff,justice_rendered_by",
    DataClass.HEALTH: "health_measures",
    DataClass.FINANCE: "cost_resorption_eur",
}
ALL_NAMES = ",".join(NAMED.values())


@pytest.fixture
def sites(territories: Any) -> tuple[Site, Site]:
    """One site in each departement, with the same canaries."""
    here, there = make_site(2.35, 48.93), make_site(5.4, 43.3)
    for site in (here, there):
        fill(site)
    return here, there


@pytest.fixture
def reads_as(client: Client, admin_93: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sign somebody in with exactly the rights given."""

    def sign_in(scope: Scope) -> Client:
        client.force_login(admin_93)
        exporting = replace(scope, exports=scope.reaches)
        monkeypatch.setattr("geo.accounts.middleware.scope_of", lambda *_: exporting)
        return client

    return sign_in


def restricted_lines() -> QuerySet[ReadLog]:
    """What was written down but for the general data of every export."""
    return ReadLog.objects.exclude(data_class=DataClass.GENERAL)


def features(client: Client, **query: str) -> dict[int, dict[str, Any]]:
    response = client.get(ITEMS, query)
    assert response.status_code == 200, response.content
    return {each["id"]: each["properties"] for each in response.json()["features"]}


def canaries(data_class: DataClass) -> set[str]:
    return {
        value for value in CANARIES[data_class] if value[:4] != "9306" and "hiffrage" not in value
    }


@pytest.mark.parametrize("data_class", RESTRICTED)
class TestNamed:
    def test_who_has_the_class_and_names_it_receives_it_at_home(
        self, reads_as: Any, sites: tuple[Site, Site], data_class: DataClass
    ) -> None:
        here, _ = sites
        client = reads_as(in_departement("93", [data_class]))
        found = features(client, properties=f"reference,{NAMED[data_class]}")
        assert set(found) == {here.pk}
        assert set(found[here.pk]) == {"reference", *NAMED[data_class].split(",")}
        assert canaries(data_class) <= {str(value) for value in found[here.pk].values()}

    def test_it_is_logged_first(
        self, reads_as: Any, sites: tuple[Site, Site], data_class: DataClass
    ) -> None:
        client = reads_as(in_departement("93", [data_class]))
        response = client.get(ITEMS, {"properties": NAMED[data_class]})
        line = restricted_lines().get()
        assert (line.data_class, line.route, line.purpose) == (data_class, "ogc-items", "export")
        assert (line.object_ids, line.count) == ([sites[0].pk], 1)
        assert response["Cache-Control"] == "private, no-store"

    def test_without_the_log_there_is_no_answer(
        self, reads_as: Any, sites: tuple[Site, Site], data_class: DataClass, monkeypatch: Any
    ) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise readlog.ReadLogUnavailable("Le journal ne répond pas.")

        monkeypatch.setattr(readlog, "log_read", broken)
        client = reads_as(in_departement("93", [data_class]))
        for path in (ITEMS, f"{ITEMS}/{sites[0].pk}"):
            response = client.get(path, {"properties": NAMED[data_class]})
            assert response.status_code == 503
            assert not any(value.encode() in response.content for value in CANARIES[data_class])

    def test_without_the_class_its_names_do_not_exist(
        self, reads_as: Any, sites: tuple[Site, Site], data_class: DataClass
    ) -> None:
        others = [each for each in RESTRICTED if each != data_class]
        client = reads_as(in_departement("93", others))
        name = NAMED[data_class].split(",")[0]
        for path in (ITEMS, f"{ITEMS}/{sites[0].pk}"):
            refused = client.get(path, {"properties": name})
            unknown = client.get(path, {"properties": "x" * len(name)})
            assert refused.status_code == unknown.status_code == 400
            assert refused.json()["parameter"] == "properties"
            told = refused.content.decode().replace(name, "x" * len(name), 1)
            assert told == unknown.content.decode()
        for document in ("schema", "queryables"):
            text = client.get(f"/ogc/collections/sites/{document}").content.decode()
            assert name not in text
        assert name not in client.get("/ogc/api").content.decode()

    def test_unnamed_it_is_not_given(
        self, reads_as: Any, sites: tuple[Site, Site], data_class: DataClass
    ) -> None:
        client = reads_as(in_departement("93"))
        for text in (
            client.get(ITEMS).content.decode(),
            client.get(f"{ITEMS}/{sites[0].pk}").content.decode(),
        ):
            assert not any(value in text for value in CANARIES[data_class])
            assert not any(name in text for name in NAMED[data_class].split(","))

    def test_it_filters_nothing(
        self, reads_as: Any, sites: tuple[Site, Site], data_class: DataClass
    ) -> None:
        client = reads_as(everywhere())
        name = NAMED[data_class].split(",")[0]
        assert client.get(ITEMS, {name: "x"}).status_code == 400


class TestOwnerCategory:
    def test_it_is_given_with_the_right_and_logged(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        client = reads_as(in_departement("93", [DataClass.OWNER]))
        found = features(client)
        assert found[sites[0].pk]["owner_category"] == "public_local"
        line = restricted_lines().get()
        assert (line.data_class, line.object_ids) == ("owner", [sites[0].pk])

    def test_without_the_right_it_is_absent_and_unknown(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        client = reads_as(in_departement("93", [DataClass.JUDICIAL]))
        assert "owner_category" not in features(client)[sites[0].pk]
        assert client.get(ITEMS, {"owner_category": "private"}).status_code == 400
        assert not restricted_lines().exists()

    def test_filtering_on_it_is_a_read_even_of_nobody(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        client = reads_as(in_departement("93", [DataClass.OWNER]))
        assert set(features(client, owner_category="public_local")) == {sites[0].pk}
        assert features(client, owner_category="private", properties="reference") == {}
        counted = client.get(ITEMS, {"owner_category": "public_local", "resultType": "hits"})
        assert counted.json()["numberMatched"] == 1
        first, empty, hits = restricted_lines().order_by("pk")
        assert (first.object_ids, empty.object_ids, hits.object_ids) == ([sites[0].pk], [], [])
        assert (first.count, empty.count, hits.count) == (1, 0, 1)

    def test_each_row_gives_what_its_reader_may_read_there(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        here, there = sites
        nation = Areas(nation=True)
        home = Reach(exact=Areas.of("departement", ["93"]))
        scope = Scope(
            reaches=(
                (DataClass.GENERAL, Reach(exact=nation)),
                (DataClass.OWNER, home),
                (DataClass.HEALTH, Reach(sites=(there.pk,))),
            )
        )
        client = reads_as(scope)
        found = features(client, properties="owner_category,health_kind,reference")
        assert set(found[here.pk]) == {"reference", "owner_category"}
        assert set(found[there.pk]) == {"reference", "health_kind"}
        assert set(features(client, owner_category="public_local")) == {here.pk}
        lines = restricted_lines().order_by("pk").values_list("data_class", "object_ids")
        assert set(map(str, lines[:2])) == {
            str(("owner", [here.pk])),
            str(("health", [there.pk])),
        }

    def test_unknown_is_null_where_it_may_be_read(self, reads_as: Any, territories: Any) -> None:
        site = make_site()
        found = features(reads_as(everywhere()), properties="owner_category,bailiff,health_kind")
        assert found[site.pk] == {"owner_category": None, "bailiff": None, "health_kind": None}

    def test_it_is_that_of_the_largest_part_on_the_day(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        here, _ = sites
        services.owners_save(
            by=None,
            scope=everywhere(),
            site_id=here.pk,
            rows=[
                {
                    "category": "private",
                    "parcel": "93066000ZZ7309",
                    "observed_on": DAY + dt.timedelta(5),
                }
            ],
        )
        client = reads_as(everywhere())
        assert features(client)[here.pk]["owner_category"] == "private"
        for idu, share in (("93066000ZZ7301", 0.7), ("93066000ZZ7309", 0.3)):
            SiteParcel.objects.create(
                site=here, parcel_id=idu, share=share, overlap_m2=10, millesime="2025"
            )
        assert features(client)[here.pk]["owner_category"] == "public_local"
        before = (DAY - dt.timedelta(1)).isoformat()
        assert features(client, datetime=before)[here.pk]["owner_category"] is None

    def test_an_owner_of_a_blurred_site_is_told_to_nobody(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        nation = Areas(nation=True)
        scope = Scope(
            reaches=(
                (DataClass.GENERAL, Reach(grid=nation)),
                *((each, Reach(exact=nation)) for each in RESTRICTED),
            )
        )
        client = reads_as(scope)
        found = features(client, properties="reference,health_kind,cost_resorption_eur")
        assert found[sites[0].pk]["health_kind"] == "poisoning"
        for name in ("owner_category", "bailiff"):
            assert client.get(ITEMS, {"properties": name}).status_code == 400


class TestTokens:
    def test_a_token_never_gives_the_judicial(
        self, client: Client, sites: tuple[Site, Site], admin_93: Any, monkeypatch: Any
    ) -> None:
        scope = replace(everywhere(), exports=everywhere().reaches)
        monkeypatch.setattr("geo.accounts.middleware.scope_of", lambda *_: scope)
        _, text = token_create(user=admin_93, name="essai", purpose="essai")
        headers = {"Authorization": f"Bearer {text}"}
        for name in ("bailiff", "police_status"):
            refused = client.get(ITEMS, {"properties": name}, headers=headers)
            assert refused.status_code == 400
        given = client.get(ITEMS, {"properties": "owner_name"}, headers=headers)
        assert given.json()["features"][0]["properties"] == {"owner_name": "Propriétaire Canari"}
        line = restricted_lines().get()
        assert line.on_behalf_of.startswith("token:")
        assert line.user_id == admin_93.pk

    def test_nobody_names_anything(self, client: Client, sites: tuple[Site, Site]) -> None:
        assert client.get(ITEMS, {"properties": ALL_NAMES}).status_code == 404


class TestOtherOutputs:
    def test_tiles_lists_and_prints_hold_none_of_it(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        here, _ = sites
        client = reads_as(everywhere())
        secrets = {value for values in CANARIES.values() for value in values}
        secrets |= {"public_local", "poisoning"}
        for z, x, y in ((0, 0, 0), (8, 129, 87), (14, 8298, 5632)):
            response = client.get(f"/tiles/sites/{z}/{x}/{y}.mvt")
            body = response.content
            if response.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            layers = mapbox_vector_tile.decode(body) if body else {}
            text = str(layers)
            assert not any(secret in text for secret in secrets)
        assert client.get("/tiles/sites/8/129/87.mvt?owner_category=private").status_code == 400
        assert "owner" not in client.get("/tiles/sites.json").content.decode()
        for path in (
            "/carte/departements/93/?v=list",
            f"/sites/{here.pk}/?fragment=1",
            "/impressions/departements/93.svg",
        ):
            response = client.get(path)
            assert response.status_code == 200
            assert not any(secret in response.content.decode() for secret in secrets)
        assert not restricted_lines().exists()

    def test_what_tells_the_restricted_is_kept_by_no_cache(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        client = reads_as(in_departement("93", [DataClass.OWNER]))
        plain = client.get(ITEMS, {"properties": "reference"})
        held = {"If-None-Match": plain["ETag"]}
        assert client.get(ITEMS, {"properties": "reference"}, headers=held).status_code == 304
        filtered = {"properties": "reference", "owner_category": "public_local"}
        for path, query in ((ITEMS, {}), (f"{ITEMS}/{sites[0].pk}", {}), (ITEMS, filtered)):
            given = client.get(path, query, headers=held)
            assert (given.status_code, given["Cache-Control"]) == (200, "private, no-store")
            if path == ITEMS:
                assert "ETag" not in given
            else:
                # Who writes the feature back needs its version; it never spares the log a line.
                again = client.get(path, query, headers={"If-None-Match": given["ETag"]})
                assert again.status_code == 200
        services.judicial_save(
            by=None, scope=everywhere(), site_id=sites[0].pk, observed_on=DAY, bailiff="x"
        )
        assert client.get(ITEMS, {"properties": "reference"})["ETag"] == plain["ETag"]


class TestConditions:
    """Filters in CQL2 on what is restricted: for who has the class, and logged."""

    def test_a_condition_is_a_logged_reading(self, reads_as: Any, sites: tuple[Site, Site]) -> None:
        client = reads_as(in_departement("93", [DataClass.OWNER]))
        asked = {"properties": "reference", "filter": "owner_category = 'public_local'"}
        response = client.get(ITEMS, asked)
        assert response["Cache-Control"] == "private, no-store"
        assert "ETag" not in response
        assert restricted_lines().get().data_class == DataClass.OWNER
        # One that finds nobody has told something all the same.
        client.get(ITEMS, asked | {"filter": "owner_category = 'x' AND FALSE"})
        assert restricted_lines().count() == 2

    def test_without_the_class_the_name_does_not_exist(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        client = reads_as(in_departement("93", []))
        refused = client.get(ITEMS, {"filter": "owner_category = 'public_local'"})
        unknown = client.get(ITEMS, {"filter": "owner_categorx = 'public_local'"})
        assert refused.status_code == unknown.status_code == 400
        told = refused.content.decode().replace("owner_category", "owner_categorx", 1)
        assert told == unknown.content.decode()
        assert not restricted_lines().exists()

    def test_where_the_class_stops_there_is_no_value(
        self, reads_as: Any, sites: tuple[Site, Site]
    ) -> None:
        """Owners at home only: elsewhere the category is as if it were not known."""
        here, there = sites
        client = reads_as(
            replace(
                everywhere(),
                reaches=(
                    (DataClass.GENERAL, Reach(exact=Areas(nation=True))),
                    (DataClass.OWNER, Reach(exact=Areas.of("departement", ["93"]))),
                ),
            )
        )

        def seen(text: str) -> set[int]:
            return set(features(client, properties="reference", filter=text))

        assert seen("owner_category IS NOT NULL") == {here.pk}
        assert seen("owner_category IS NULL") == {there.pk}

    def test_nothing_restricted_sorts(self, reads_as: Any, sites: tuple[Site, Site]) -> None:
        client = reads_as(everywhere())
        for name in ("owner_category", "bailiff", "name"):
            refused = client.get(ITEMS, {"sortby": name})
            assert (refused.status_code, refused.json()["parameter"]) == (400, "sortby")
