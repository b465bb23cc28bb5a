"""What feeds and tiles announce: counts, extents, origins, and refusals that tell nothing."""

from __future__ import annotations

import datetime as dt
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from cadastre.models import CadastreCoverage, Parcel
from feeds import sql
from geo.accounts import readlog
from geo.accounts.enums import Level, Role
from geo.accounts.models import ReadLog
from geo.accounts.tokens import token_create
from geo.core.errors import TooCostly
from geo.sites.extent import FRANCE, MARGIN_DEG
from geo.sites.models import Reinstallation
from geo.territories import collections as territory_collections
from geo.territories.models import Departement
from tests.support.factories import close_site, make_site, make_user
from tests.support.parcels import grid, written

pytestmark = pytest.mark.django_db
SITES = "/ogc/collections/sites/items"


def problem(response: Any, status: int) -> dict[str, Any]:
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert "\\u" not in response.content.decode()
    return dict(response.json())


def test_a_reserved_collection_is_refused_as_one_that_is_not(client: Client) -> None:
    reserved, absent = (
        problem(client.get(f"/ogc/collections/{name}/items"), 404) for name in ("sites", "licornes")
    )
    assert "joignez un jeton" in reserved["detail"]
    assert reserved["title"] == "Introuvable"
    assert {**reserved, "instance": ""} == {**absent, "instance": ""}


@pytest.mark.parametrize("path", ["/ogc/rien/", "/tiles/sites/1/2", "/layers/x"])
def test_programs_get_no_page_where_there_is_nothing(client: Client, path: str) -> None:
    assert problem(client.get(path), 404)["detail"] == "Rien à cette adresse."


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.INTERVENER])
def test_who_may_not_export_takes_no_feature_away(
    client: Client, territories: Any, role: Role, monkeypatch: Any
) -> None:
    site = make_site(2.35, 48.93)
    reader = make_user(role, Level.DEPARTEMENT, "93")
    if role == Role.INTERVENER:
        monkeypatch.setattr("geo.accounts.scopes._named_sites", lambda ids: {reader.pk: (site.pk,)})
    client.force_login(reader)
    for address in (SITES, f"{SITES}/{site.pk}", f"{SITES}/1"):
        assert "ne permet pas d'exporter" in problem(client.get(address), 403)["detail"]
    assert client.get("/ogc/collections/departements/items").status_code == 200
    assert client.get("/ogc/collections/sites").status_code == 200
    assert client.get("/tiles/sites.json").status_code == 200


def test_a_system_s_token_reads_without_the_verbs_of_a_person(
    client: Client, territories: Any
) -> None:
    make_site(2.35, 48.93)
    system = make_user(Role.API_TOKEN, Level.DEPARTEMENT, "93")
    _, text = token_create(user=system, name="essai", purpose="essai")
    answer = client.get(SITES, headers={"Authorization": f"Bearer {text}"})
    assert len(answer.json()["features"]) == 1


def test_parcels_are_counted_whatever_their_number(
    client: Client, monkeypatch: Any, parcels_of_two_communes: Any
) -> None:
    monkeypatch.setattr(sql, "COUNT_CAP", 2)
    items = "/ogc/collections/parcels/items"
    assert client.get(f"{items}?limit=1").json()["numberMatched"] == 5
    assert client.get(f"{items}?limit=1&commune=93066").json()["numberMatched"] == 4
    # Not kept anywhere, and above the cap: not told, unless the number alone is asked.
    filtered = f"{items}?limit=1&section=AB"
    assert "numberMatched" not in client.get(filtered).json()
    assert client.get(f"{filtered}&resultType=hits").json()["numberMatched"] == 5


def test_a_number_that_takes_too_long_is_refused(client: Client, monkeypatch: Any) -> None:
    def slow(*_: Any) -> Any:
        raise TooCostly("trop long")

    monkeypatch.setattr(sql, "fetch", slow)
    answer = client.get("/ogc/collections/parcels/items?resultType=hits&section=AB")
    assert problem(answer, 400)["parameter"] == "resultType"


def test_the_extent_is_that_of_the_scope(client: Client, territories: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    box = client.get("/ogc/collections/sites").json()["extent"]["spatial"]["bbox"]
    wide = MARGIN_DEG
    assert box == [pytest.approx([2.30 - wide, 48.90 - wide, 2.50 + wide, 48.96 + wide])]
    listed = {c["id"]: c for c in client.get("/ogc/collections").json()["collections"]}
    assert listed["sites"]["extent"]["spatial"]["bbox"] == box
    assert listed["departements"]["extent"]["spatial"]["bbox"] == [list(b) for b in FRANCE]
    assert client.get("/tiles/sites.json").json()["bounds"] == box[0]
    assert client.get("/tiles/sites,departements.json").json()["bounds"] == list(FRANCE[0])


def test_a_named_site_gives_no_place_by_its_extent(
    client: Client, territories: Any, monkeypatch: Any
) -> None:
    site = make_site(2.35, 48.93)
    reader = make_user(Role.INTERVENER, Level.DEPARTEMENT, "13")
    monkeypatch.setattr("geo.accounts.scopes._named_sites", lambda ids: {reader.pk: (site.pk,)})
    client.force_login(reader)
    west, south, east, north = client.get("/tiles/sites.json").json()["bounds"]
    assert (west, east) == (pytest.approx(2.27), pytest.approx(2.53))
    assert (south, north) == (pytest.approx(48.87), pytest.approx(48.99))


@pytest.mark.parametrize(
    ("source", "said", "licence"),
    [
        ("IGN Admin Express (Géoplateforme)", "IGN Admin Express", "Licence Ouverte 2.0"),
        ("Fichier a-93.geojson.gz", "contours d'origine non indiquée", None),
    ],
)
def test_contours_are_credited_to_where_they_come_from(
    client: Client, territories: Any, source: str, said: str, licence: str | None
) -> None:
    Departement.objects.update(source=source, millesime="2026")
    territory_collections._credit.cache_clear()
    told = client.get("/ogc/collections/departements").json()
    assert said in told["attribution"]
    assert told.get("license") == licence
    assert said in client.get("/tiles/departements.json").json()["attribution"]
    assert said in unescape(client.get("/aide/").content.decode())
    assert ("IGN" in told["attribution"]) == (licence is not None)


@pytest.fixture
def parcels_of_two_communes(territories: Any, tmp_path: Path) -> None:
    for commune, west, side in (("93066", 2.35, 2), ("93008", 2.45, 1)):
        parcels = grid(commune, west, 48.93, side, 1e-3)
        call_command(
            "import_parcels", str(written(tmp_path, f"{commune}.json", parcels)), stdout=StringIO()
        )
    assert Parcel.objects.published().count() == 5
    assert CadastreCoverage.objects.count() == 2


@pytest.mark.usefixtures("all_may_export")
def test_every_export_of_sites_is_written_down_first(
    client: Client, territories: Any, admin_93: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, site = make_site(), make_site()
    close_site(origin)
    Reinstallation.objects.create(origin=origin, site=site, happened_on=dt.date(2026, 1, 1))
    client.force_login(admin_93)
    general = {"properties": "reference"}
    told = {
        "sites": {origin.pk, site.pk},
        "evacuations": {origin.pk},
        "reinstallations": {origin.pk, site.pk},
    }
    for collection, ids in told.items():
        assert client.get(f"/ogc/collections/{collection}/items", general).status_code == 200
        line = ReadLog.objects.latest("pk")
        assert (line.user_id, line.data_class, line.purpose) == (admin_93.pk, "general", "export")
        assert set(line.object_ids) == ids
    written_down = ReadLog.objects.count()
    for public in ("departements", "parcels"):
        client.get(f"/ogc/collections/{public}/items")
    client.get(SITES, {"resultType": "hits"} | general)
    assert ReadLog.objects.count() == written_down

    def broken(*_: Any, **__: Any) -> None:
        raise readlog.ReadLogUnavailable("Le journal ne répond pas.")

    monkeypatch.setattr(readlog, "log_read", broken)
    assert client.get(SITES).status_code == 503
    assert client.get("/ogc/collections/departements/items").status_code == 200
