"""The analysts' client against a live server, and against a server that misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas
import pandas
import pytest

from atlas_client import AtlasError, Client
from atlas_client import client as module
from geo.accounts.tokens import token_create, token_revoke
from tests.fakes.server import Asked, FakeServer, Reply
from tests.support.factories import close_site, make_site, make_user


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.time, "sleep", lambda _: None)


@pytest.mark.django_db(transaction=True)
def test_tables_are_whole_and_typed(live_server: Any, territories: Any) -> None:
    made = [make_site(2.31 + i / 100, population={"people": 10 + i}) for i in range(5)]
    close_site(made[0])
    token, text = token_create(user=make_user("national_admin"), name="carnet", purpose="essai")
    atlas = Client(live_server.url, text)
    assert {"sites", "evacuations", "communes"} <= set(atlas.collections())
    sites = atlas.sites(limit=2)
    assert isinstance(sites, geopandas.GeoDataFrame)
    assert set(sites.index) == {site.pk for site in made}
    assert sites.crs.to_epsg() == 4326
    assert (sites["people"].dtype, sites["people"].sum()) == (pandas.Int64Dtype(), 60)
    assert sites["status"].cat.categories.tolist() == ["open", "resorption", "closed"]
    assert sites.loc[made[0].pk, "closed_on"] == pandas.Timestamp("2025-02-01")
    assert str(sites["updated_at"].dtype).endswith("UTC]")
    assert sites.attrs["collection"] == "sites"
    assert len(atlas.sites(status=["open", "resorption"], bbox=(2.3, 48, 2.325, 49))) == 1
    assert len(atlas.evacuations(datetime="2025-01-01/2025-12-31")) == 1
    empty = atlas.resorptions()
    assert (len(empty), empty.crs.to_epsg()) == (0, 4326)
    assert pandas.api.types.is_datetime64_dtype(empty["closed_on"])
    assert atlas.departements(code="93")["srid"].tolist() == [2154]
    with pytest.raises(AtlasError, match="couleur"):
        atlas.sites(couleur="rouge")
    with pytest.raises(AtlasError, match="bbox"):
        atlas.parcels()
    token_revoke(token=token)
    with pytest.raises(AtlasError, match="révoqué") as refused:
        atlas.sites()
    assert refused.value.status == 401
    assert "sites" not in Client(live_server.url).collections()


class Unsteady(FakeServer):
    """Answers one page; what goes wrong is ordered by the test."""

    following = ""

    def answer(self, asked: Asked) -> Reply:
        links = f'[{{"rel": "next", "href": "{self.following}"}}]' if self.following else "[]"
        return Reply(body=f'{{"features": [], "links": {links}}}'.encode())


@pytest.fixture
def unsteady() -> Iterator[Unsteady]:
    server = Unsteady()
    yield server
    server.close()


def test_it_tries_again_then_says_so(unsteady: Unsteady) -> None:
    atlas = Client(unsteady.url, "jeton")
    unsteady.fault(lambda: Reply(status=503, headers={"Retry-After": "1"}), times=3)
    assert list(atlas.pages("sites")) == [[]]
    assert len(unsteady.calls()) == 4
    unsteady.always(lambda: Reply(status=502, body=b"<html>"))
    with pytest.raises(AtlasError, match="502"):
        list(atlas.pages("sites"))


def test_nobody_at_the_address() -> None:
    with pytest.raises(AtlasError, match="en marche"):
        Client("http://127.0.0.1:9").collections()


def test_a_token_never_leaves_its_atlas(unsteady: Unsteady) -> None:
    """Neither a link nor a redirection takes it to another address."""
    other = Unsteady()
    try:
        unsteady.following = f"{other.url}/ogc/collections/sites/items?cursor=x"
        atlas = Client(unsteady.url, "jeton")
        with pytest.raises(AtlasError, match="sort de"):
            list(atlas.pages("sites"))
        unsteady.always(lambda: Reply(status=302, headers={"Location": other.url}))
        with pytest.raises(AtlasError, match="302"):
            list(atlas.pages("sites"))
        assert other.calls() == []
    finally:
        other.close()
