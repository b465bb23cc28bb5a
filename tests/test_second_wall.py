"""Two walls: each alone keeps what the other would let through, in every output.

The first wall is taken down where it is built (`Areas.q`: every row matches); the second by sending
every right with every statement. What a reader may receive is computed apart.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import mapbox_vector_tile
import pytest
import zstandard
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlas.rows import read_rows
from cadastre.models import SiteParcel
from geo.accounts.enums import Level, Role
from geo.accounts.models import User
from geo.accounts.scopes import scope_for
from geo.accounts.tokens import token_create
from geo.core import collections, rls, sources
from geo.core.scope import Areas, DataClass, Reach, Scope, Verb
from geo.core.sources import Request
from geo.core.when import parse_when
from geo.sites.actors import site_actor_name
from geo.sites.models import Enrichment, Footprint, Site, SiteLocation
from geo.sites.services import reinstallation_declare, site_close
from tests.support.factories import make_site, make_user, square
from tests.support.pyramid import tile_at

pytestmark = pytest.mark.django_db
PRIVATE = ("sites", "evacuations", "resorptions", "other-closures", "reinstallations")
EXACT = ("site-footprints", "site-parcels")
POINTS = {
    "93066": (2.3512345, 48.9312345),
    "93008": (2.4512345, 48.9312345),
    "13055": (5.4012345, 43.3012345),
    "13001": (5.4012345, 43.5012345),
}


@dataclass(frozen=True)
class Ground:
    """Two sites a commune, one of them closed and followed by a reinstallation on the other."""

    open: dict[str, Site]
    closed: dict[str, Site]

    def ids(self, communes: set[str]) -> set[int]:
        return {sites[code].pk for sites in (self.open, self.closed) for code in communes}


@pytest.fixture
def ground(territories: Any) -> Ground:
    found = Ground({}, {})
    for code, (lon, lat) in POINTS.items():
        site = make_site(
            lon,
            lat,
            name=f"CANARI {code}",
            address_label=f"CANARI rue {code}",
            population={"people": 30},
            footprint=square(lon, lat, lon + 0.001, lat + 0.001),
        )
        gone = make_site(lon + 0.01, lat + 0.01, name=f"CANARI fermé {code}")
        site_close(
            by=None,
            scope=Scope.nation(),
            site_id=gone.pk,
            cause="closed_by_justice",
            closed_on=site.declared_on,
            context=f"CANARI contexte {code}",
            closed_with_solutions="no",
        )
        reinstallation_declare(
            by=None,
            scope=Scope.nation(),
            site_id=site.pk,
            origin_id=gone.pk,
            people=12,
            happened_on=site.declared_on,
        )
        SiteParcel.objects.create(site=site, parcel_id=f"{code}000AB0001", millesime="essai")
        Enrichment.objects.create(site=site, source="essai", status="done")
        found.open[code], found.closed[code] = site, gone
    return found


ALL, HOME = set(POINTS), {"93066", "93008"}
READERS: dict[str, tuple[str, str, str, set[str], set[str]]] = {
    # role, level, code; communes seen; communes seen exactly
    "departement": (Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", HOME, HOME),
    "region": (Role.CORRESPONDENT, Level.REGION, "93", ALL - HOME, ALL - HOME),
    "commune": (Role.PARTNER, Level.COMMUNE, "93066", HOME, {"93066"}),
    "epci": (Role.OPERATOR, Level.EPCI, "200054807", ALL - HOME, ALL - HOME),
    "observer": (Role.OBSERVER, Level.DEPARTEMENT, "93", HOME, set()),
    "intervener": (Role.INTERVENER, Level.DEPARTEMENT, "13", {"13055"}, {"13055"}),
    "ministry": (Role.NATIONAL_PARTNER, Level.NATION, "", ALL, set()),
}


def person(name: str, ground: Ground) -> User:
    role, level, code, seen, _ = READERS[name]
    user = make_user(role, level, code)
    if role == Role.INTERVENER:
        for commune in seen:
            for sites in (ground.open, ground.closed):
                site_actor_name(
                    by=None,
                    scope=Scope.nation(),
                    site_id=sites[commune].pk,
                    user=user,
                    themes=["health"],
                )
    return user


@contextmanager
def walls(patch: pytest.MonkeyPatch, *, first: bool = True, second: bool = True) -> Iterator[None]:
    """Take walls down inside the block. What was compiled with one does not serve the other."""
    sources._compiled.cache_clear()
    everything = rls.context_sql(Scope.everything())
    with patch.context() as down:
        if not first:
            down.setattr(Areas, "q", lambda self, prefix="": Q(**{f"{prefix}pk__isnull": False}))
        if not second:
            down.setattr(rls, "context_sql", lambda scope: everything)
        yield
    sources._compiled.cache_clear()


def plain(response: Any) -> bytes:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    encoding = response.headers.get("Content-Encoding", "")
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompress(body)
    return gzip.decompress(body) if encoding == "gzip" else bytes(body)


def outputs(client: Client, ground: Ground, headers: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Every output that tells of sites: pages of feeds, counts, tiles, sheets, lists."""
    paths = [
        f"/ogc/collections/{name}/items{query}"
        for name in (*PRIVATE, *EXACT)
        for query in ("", "?resultType=hits", "?bbox=2,43,6,49")
    ]
    paths.append("/ogc/collections/sites/items?q=canari")
    every = [*ground.open.values(), *ground.closed.values()]
    paths += [f"/ogc/collections/sites/items/{site.pk}" for site in every]
    if not headers:
        paths += [
            f"/sites/{site.pk}/{page}"
            for site in every
            for page in ("", "historique/", f"historique/?au={timezone.localdate():%Y-%m-%d}")
        ]
        paths += ["/carte/?v=list", "/carte/departements/93/?v=list"]
    for path in paths:
        response = client.get(path, headers=headers, follow=True)
        # A refused address names a site; what it answers need not be looked at.
        yield path, plain(response) if response.status_code == 200 else b""
    yield from tiles(client, headers)


def tiles(client: Client, headers: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """The tiles that hold the sites, decoded, from the country to the street."""
    for names in (",".join(PRIVATE), ",".join(EXACT)):
        for z in (5, 12, 16):
            for lon, lat in POINTS.values():
                x, y = tile_at(z, lon, lat)
                path = f"/tiles/{names}/{z}/{x}/{y}.mvt"
                response = client.get(path, headers=headers)
                if response.status_code == 200 and response.content:
                    yield path, repr(mapbox_vector_tile.decode(plain(response))).encode()


@pytest.mark.usefixtures("all_may_export")
@pytest.mark.parametrize("down", [{"first": False}, {"second": False}], ids=str)
@pytest.mark.parametrize("name", READERS)
def test_each_wall_alone_keeps_every_output(
    name: str, down: dict[str, bool], ground: Ground, client: Client, monkeypatch: Any
) -> None:
    *_, seen, exact = READERS[name]
    user = person(name, ground)
    client.force_login(user)
    visible, received = ground.ids(seen), set()
    hidden = {str(site).encode() for site in ground.ids(ALL - seen)}
    hidden |= {
        f"CANARI {what}{code}".encode()
        for what in ("", "rue ", "fermé ", "contexte ")
        for code in ALL - exact
    }
    with walls(monkeypatch, **down):
        for path, body in outputs(client, ground, {}):
            leaked = [canary for canary in hidden if canary in body]
            assert not leaked, (path, leaked)
            received |= {site for site in visible if str(site).encode() in body}
            counted = re.search(rb'"numberMatched":(\d+)', body)
            if counted and path.startswith("/ogc/collections/sites/"):
                assert int(counted[1]) <= len(visible), path
    # A wall that hides everything would pass too.
    assert received == visible


@pytest.mark.parametrize("down", [{"first": False}, {"second": False}], ids=str)
def test_a_token_and_a_print_are_kept_as_well(
    down: dict[str, bool], ground: Ground, client: Client, monkeypatch: Any
) -> None:
    user = person("commune", ground)
    _, text = token_create(user=user, name="essai", purpose="essai")
    hidden = {str(site).encode() for site in ground.ids(ALL - HOME)}
    received: set[int] = set()
    with walls(monkeypatch, **down):
        for path, body in outputs(client, ground, {"Authorization": f"Bearer {text}"}):
            assert not [canary for canary in hidden if canary in body], path
            assert b"CANARI 93008" not in body, path
            received |= {site for site in ground.ids(HOME) if str(site).encode() in body}
        scope = scope_for(user)
        with rls.reading(scope):
            collection = collections.get("sites", scope)
            rows = read_rows(Request(collection, scope, parse_when(None)))
    # Without the first wall each row comes by the branch of exact places, empty for a neighbour.
    assert received >= ground.ids({"93066"})
    assert ground.ids({"93066"}) <= {row.id for row in rows} <= ground.ids(HOME)


def test_both_walls_down_the_canaries_come_out(
    ground: Ground, client: Client, monkeypatch: Any
) -> None:
    client.force_login(person("commune", ground))
    with walls(monkeypatch, first=False, second=False):
        bodies = b"".join(body for _, body in outputs(client, ground, {}))
    # Else the tests above prove nothing.
    assert b"CANARI 13001" in bodies
    assert b"CANARI contexte 13001" in bodies
    assert all(str(site).encode() in bodies for site in ground.ids(ALL))


CODES = {
    "regions": ("11", "93"),
    "departements": ("93", "13"),
    "epcis": ("200054781", "200054807"),
    "communes": tuple(POINTS),
}
areas = st.one_of(
    st.just(Areas()),
    st.just(Areas()),
    st.builds(
        Areas,
        nation=st.integers(0, 9).map(lambda drawn: drawn == 0),
        **{
            level: st.sets(st.sampled_from(codes), max_size=2).map(
                lambda drawn: tuple(sorted(drawn))
            )
            for level, codes in CODES.items()
        },
    ),
)


def test_walls_and_oracle_agree_on_random_rights(ground: Ground, monkeypatch: Any) -> None:
    every = {site.pk: site for site in Site.objects.all()}
    named = st.sets(st.sampled_from(sorted(every)), max_size=2).map(lambda ids: tuple(sorted(ids)))
    reaches = st.builds(Reach, exact=areas, sites=named, grid=areas, commune=areas)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(reach=reaches, writable=areas)
    def check(reach: Reach, writable: Areas) -> None:
        scope = Scope(reaches=((DataClass.GENERAL, reach),), verbs=((Verb.UPDATE, writable),))
        exact = {pk for pk, site in every.items() if reach.exact.covers(site) or pk in reach.sites}
        seen = exact | {
            pk
            for pk, site in every.items()
            if reach.grid.covers(site) or reach.commune.covers(site)
        }
        for down in ({}, {"first": False}, {"second": False}):
            with walls(monkeypatch, **down), rls.reading(scope):
                assert set(ids(Site.objects.visible_to(scope))) == seen, down
                assert set(ids(SiteLocation.objects.visible_to(scope))) == exact, down
                places = Footprint.objects.visible_to(scope).values_list("site_id", flat=True)
                assert set(places) == exact & ground_open, down
                flows = read_rows(Request(moves, scope, parse_when(None)))
                expected = seen & ground_open & origins(seen)
                # Without the first wall, an end of which only a blurred point may be seen has none.
                assert {row.properties["site"] for row in flows} <= expected, down
                assert len(flows) == len(expected) or "first" in down
        with rls.reading(scope):
            written = Site.objects.update(heatwave_risk=True)
        assert written == len({pk for pk in exact if writable.covers(every[pk])})

    ground_open = {site.pk for site in ground.open.values()}
    pairs = {ground.open[code].pk: ground.closed[code].pk for code in POINTS}

    moves = collections.get("reinstallations", Scope.nation())

    def origins(seen: set[int]) -> set[int]:
        return {site for site, origin in pairs.items() if origin in seen}

    check()


def ids(queryset: Any) -> list[int]:
    return list(queryset.values_list("pk", flat=True))


def test_under_the_policies_a_box_still_uses_its_index(ground: Ground) -> None:
    scope = scope_for(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    box = (2.6e5, 6.2e6, 2.7e5, 6.3e6)
    request = Request(collections.get("sites", scope), scope, parse_when(None), bounds_3857=box)
    sql, params = sources.union(sources.compile_sources(request), ["reference"])
    with connection.cursor() as cursor:
        # Enough rows for an index to be worth it.
        cursor.execute(
            "INSERT INTO site (id, reference, field_type, declared_on, heatwave_risk, "
            "  reinstallation_comments, version, created_at, updated_at, commune_code, "
            "  departement_code, region_code, grid_point) "
            "SELECT n, 'P' || n, 'land', '2024-01-01', false, '', 1, now(), now(), '93066', '93', "
            "  '11', ST_SetSRID(ST_MakePoint(2.31 + n * 1e-4, 48.91 + n * 2e-5), 4326) "
            "FROM generate_series(1, 1600) AS n"
        )
        with rls.reading(scope):
            plan = explained(cursor, sql, params)
        assert "site_grid_3857_gist" in plan, plan
        assert "Index Cond: (grid_point_3857 &&" in plan, plan
        # Rights are computed once a statement, in sub-selects, and never for each row.
        assert "InitPlan" in plan
        assert not [line for line in plan.splitlines() if "Filter" in line and "scope_" in line]
        # Of a few rows a scan is cheaper; without the mark the index could not be used at all.
        cursor.execute("SET LOCAL enable_seqscan = off")
        for table, index in (
            ("site_location", "site_location_3857_gist"),
            ("site_footprint", "footprint_3857_gist"),
        ):
            text = f"SELECT site_id FROM {table} WHERE geom_3857 && ST_MakeEnvelope(0,0,1,1,3857)"
            assert index in explained(cursor, text, None)


def explained(cursor: Any, sql: str, params: Any) -> str:
    cursor.execute("EXPLAIN " + sql, params)
    return "\n".join(row[0] for row in cursor.fetchall())
