"""Who reads goes with every statement that touches sites; nobody is an error, not an empty answer.

Transactional tests: in the one transaction of an ordinary test, what is left behind goes unseen.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.contrib.gis.geos import Polygon
from django.core.management import CommandError
from django.db import InternalError, ProgrammingError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from config.env import RIGHTS
from geo.accounts.enums import Level, Role
from geo.accounts.middleware import ScopeMiddleware
from geo.core import rls
from geo.core.commands import AtlasCommand
from geo.core.jobs import job
from geo.core.scope import Areas, DataClass, Reach, Scope, Verb
from geo.sites.models import Population, Site, SiteLocation
from tests.bench.harness import application_parameters
from tests.support.database import parameters
from tests.support.factories import make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def reader(**areas: tuple[str, ...]) -> Scope:
    return Scope(reaches=((DataClass.GENERAL, Reach(exact=Areas(**areas))),))


def left_behind() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('atlas.visible', true), '')")
        return str(cursor.fetchone()[0])


@pytest.fixture
def sites(territories: Any) -> dict[str, Site]:
    """One site in each of the four communes."""
    return {
        "93066": make_site(2.35, 48.93),
        "93008": make_site(2.45, 48.93),
        "13055": make_site(5.40, 43.30),
        "13001": make_site(5.40, 43.50),
    }


def test_without_a_reader_nothing_is_answered(sites: Any) -> None:
    nowhere = Polygon.from_bbox((0, 0, 0.1, 0.1))
    nowhere.srid = 4326
    with rls.reading(None):
        for rows in (
            Site.objects.all(),
            Site.objects.filter(grid_point__bboverlaps=nowhere),
            Population.objects.filter(site__reference="x"),
        ):
            with pytest.raises(rls.NoReaderError):
                list(rows)
        with pytest.raises(rls.NoReaderError):
            Site.objects.update(heatwave_risk=True)
        with pytest.raises(rls.NoReaderError), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM site s JOIN site_location USING (departement_code)"
            )
        # What holds no site needs no reader.
        assert make_user(Role.OBSERVER, Level.DEPARTEMENT, "93").pk


def test_the_database_refuses_by_itself(sites: Any) -> None:
    with psycopg.connect(**application_parameters(), autocommit=True) as raw:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no reader"):
            raw.execute("SELECT count(*) FROM site")
        with raw.transaction():
            raw.execute(rls.context_sql(reader(departements=("93",))))
            assert raw.execute("SELECT count(*) FROM site").fetchone() == (2,)
        # After the transaction the setting is empty, not absent.
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no reader"):
            raw.execute("SELECT count(*) FROM site_location")


def test_the_policies_bind_the_owner_whose_connection_says_that_it_reads_all(sites: Any) -> None:
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="no reader")
    with psycopg.connect(**parameters("owner"), autocommit=True) as raw, refused:
        raw.execute("SELECT count(*) FROM site_location")
    options = connections["owner"].settings_dict["OPTIONS"]["options"]
    with psycopg.connect(**parameters("owner"), options=options) as migrating:
        assert migrating.execute("SELECT count(*) FROM site_location").fetchone() == (4,)


def test_the_application_owns_nothing_and_the_policies_bind_it(sites: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = user"
        )
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = user::regrole")
        assert cursor.fetchone() == (0,)
        for table in rls.protected_tables():
            cursor.execute("SELECT has_table_privilege(%s, 'TRUNCATE')", [f'"{table}"'])
            assert cursor.fetchone() == (False,), table


def test_nothing_is_left_on_the_connection(sites: Any) -> None:
    with rls.reading(reader(departements=("93",))):
        assert Site.objects.count() == 2
        assert left_behind() == ""
        with transaction.atomic():
            assert Site.objects.count() == 2
            assert left_behind() == "D93"
        assert left_behind() == ""
    with pytest.raises(ZeroDivisionError), rls.reading(reader(departements=("13",))):
        raise ZeroDivisionError
    assert Site.objects.count() == 4


def test_readers_nest_and_the_former_comes_back_in_one_transaction(sites: Any) -> None:
    with transaction.atomic(), rls.reading(reader(departements=("93",))):
        late = Site.objects.values_list("commune_id", flat=True)
        with rls.reading(reader(communes=("13001",))):
            assert list(Site.objects.values_list("commune_id", flat=True)) == ["13001"]
            with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE 'undone' USING ERRCODE = 'XX000'; END $$")
            assert Site.objects.count() == 1
        # A queryset reads as who reads when it is read.
        assert set(late) == {"93066", "93008"}


def test_rights_reach_every_level_and_named_sites(sites: dict[str, Site]) -> None:
    named = Scope(
        reaches=(
            (DataClass.GENERAL, Reach(sites=(sites["13055"].pk,), grid=Areas(regions=("11",)))),
        )
    )
    for scope, seen, exact in (
        (reader(regions=("11",)), {"93066", "93008"}, {"93066", "93008"}),
        # The departement 11 is not the region 11.
        (reader(departements=("11",)), set(), set()),
        (reader(epcis=("200054807",)), {"13055", "13001"}, {"13055", "13001"}),
        (reader(communes=("93008",)), {"93008"}, {"93008"}),
        (named, {"93066", "93008", "13055"}, {"13055"}),
        (Scope.public(), set(), set()),
        (Scope.nation(), set(sites), set(sites)),
    ):
        with rls.reading(scope):
            assert set(Site.objects.values_list("commune_id", flat=True)) == seen
            places = set(SiteLocation.objects.values_list("site_id", flat=True))
            assert places == {sites[code].pk for code in exact}


def test_only_codes_reach_the_settings() -> None:
    for code in ("93'", "", "93,13", "*", "d93", "93%"):
        with pytest.raises(ValueError, match="code"):
            rls.context_sql(reader(departements=(code,)))
    assert tuple(rls.rights(Scope.public())) == RIGHTS
    assert set(rls.rights(Scope.public()).values()) == {"-"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT scope_names()")
        assert tuple(cursor.fetchone()[0]) == RIGHTS


def test_what_the_policies_cannot_follow_is_refused(sites: Any) -> None:
    with rls.reading(reader(departements=("93",))):
        # Many at once: in one transaction with their rights.
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE site SET heatwave_risk = %s WHERE commune_code = %s", [(True, "13055")]
            )
        assert left_behind() == ""
        assert len(list(Site.objects.iterator(chunk_size=1))) == 2
        with transaction.atomic():
            named = CursorWrapper(connection.create_cursor("late"), connection)
            with pytest.raises(rls.NoReaderError):
                named.execute("SELECT id FROM site")
            named.close()
    assert not Site.objects.filter(heatwave_risk=True).exists()


def test_a_stream_keeps_its_reader_after_the_view(sites: Any) -> None:
    def lines() -> Iterator[bytes]:
        for offset in range(3):
            for code in Site.objects.order_by("pk").values_list("commune_id")[offset : offset + 1]:
                yield str(code[0]).encode() + b"\n"

    def view(_: HttpRequest) -> HttpResponse:
        return StreamingHttpResponse(lines())  # type: ignore[return-value] # as Django's views

    request = RequestFactory().get("/")
    request.user = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93")
    with rls.reading(None):
        response: Any = ScopeMiddleware(view)(request)
        body = response.streaming_content
        received = [next(body)]
        # Between two pieces the thread is nobody's.
        with pytest.raises(rls.NoReaderError):
            Site.objects.count()
        received += list(body)
    assert sorted(received) == [b"93008\n", b"93066\n"]


def test_a_request_reads_as_its_scope_and_gives_the_reader_back(sites: Any) -> None:
    seen: list[int] = []

    def view(_: HttpRequest) -> HttpResponse:
        seen.append(Site.objects.count())
        return HttpResponse("")

    for role, level, code, count in (
        (Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13", 2),
        (Role.PARTNER, Level.COMMUNE, "93066", 2),
        (Role.NATIONAL_PARTNER, Level.NATION, "", 4),
        (Role.INTERVENER, Level.DEPARTEMENT, "13", 0),
    ):
        request = RequestFactory().get("/")
        request.user = make_user(role, level, code)
        with rls.reading(None):
            ScopeMiddleware(view)(request)
            with pytest.raises(rls.NoReaderError):
                Site.objects.count()
        assert seen.pop() == count, role


def test_jobs_and_commands_say_who_reads(sites: Any) -> None:
    def counted(**_: Any) -> int:
        return Site.objects.count()

    of_nobody = job("tests.rls.nobody", reader=None)(counted)
    of_one = job("tests.rls.one", reader=reader(departements=("13",)))(counted)
    of_all = job("tests.rls.all")(counted)
    with rls.reading(None):
        assert of_all(site_id=1) == 4
        assert of_one(site_id=1) == 2
        with pytest.raises(rls.NoReaderError):
            of_nobody(site_id=1)

        class Counting(AtlasCommand):
            def handle(self, *_: Any, **__: Any) -> str:
                if self.reader is None:
                    raise CommandError(str(Site.objects.count()))
                return str(Site.objects.count())

        command = Counting(stdout=StringIO())
        assert command.execute(force_color=False, no_color=True, skip_checks=True) == "4"
        command.reader = None
        with pytest.raises(rls.NoReaderError):
            command.execute(force_color=False, no_color=True, skip_checks=True)
    assert list(inspect.signature(of_all.func).parameters) == ["_"]


def test_writing_asks_for_the_place_before_and_after(sites: dict[str, Site]) -> None:
    at_home = Areas(communes=("93066",))
    scope = Scope(
        reaches=((DataClass.GENERAL, Reach(exact=at_home, grid=Areas(departements=("93",)))),),
        verbs=((Verb.CREATE, at_home), (Verb.UPDATE, at_home)),
    )
    own, next_door, far = sites["93066"], sites["93008"], sites["13055"]
    with rls.reading(scope):
        # Without a condition too: then no reading policy is asked.
        assert Site.objects.update(heatwave_risk=True) == 1
        assert Site.objects.filter(pk=own.pk).update(heatwave_risk=True) == 1
        # Seen, not writable; not even seen.
        assert Site.objects.filter(pk=next_door.pk).update(heatwave_risk=True) == 0
        assert Site.objects.filter(pk=far.pk).update(heatwave_risk=True) == 0
        # Nobody may pull a neighbour's site home, nor push one's own away.
        assert Site.objects.filter(pk=next_door.pk).update(commune_id="93066") == 0
        with pytest.raises(ProgrammingError, match="row-level security"):
            Site.objects.filter(pk=own.pk).update(commune_id="13055", departement_id="13")
        with pytest.raises(ProgrammingError, match="row-level security"):
            Site.objects.create(reference="F", declared_on="2024-01-01", commune_id="93008")
        with pytest.raises(ProgrammingError, match="row-level security"):
            Population.objects.create(site=next_door, observed_on="2024-01-01", people=3)
        # A hidden site and an unknown one are refused in the same words.
        refused = set()
        for hidden in (far.pk, 12345):
            with pytest.raises(Exception, match="unknown site_id") as error:
                Population.objects.create(site_id=hidden, observed_on="2024-01-01", people=3)
            refused.add(str(error.value).splitlines()[0])
        assert len(refused) == 1
        assert Population.objects.create(site=own, observed_on="2024-01-01", people=3).pk
        # No verb to delete.
        assert Site.objects.filter(pk=own.pk)._raw_delete("default") == 0


def test_the_areas_of_a_row_are_those_of_its_site(sites: dict[str, Site]) -> None:
    site = sites["93066"]
    row = Population.objects.create(site=site, observed_on="2024-02-01", people=3)

    def areas(table: str, key: str, value: int) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT areas FROM {table} WHERE {key} = %s", [value])
            return set(cursor.fetchone()[0])

    home = {"D93", "C93066", "E200054781", "R11", f"S{site.pk}"}
    assert areas("site", "id", site.pk) == home
    with connection.cursor() as cursor:
        # Not as given: as they are.
        cursor.execute("UPDATE site_population SET areas = '{D13}' WHERE id = %s", [row.pk])
    assert areas("site_population", "id", row.pk) == home
    location = SiteLocation.objects.get(pk=site.pk)
    location.geom = sites["13055"].location.geom
    location.save()
    moved = {"D13", "C13055", "E200054807", "R93", f"S{site.pk}"}
    assert areas("site", "id", site.pk) == moved
    assert areas("site_location", "site_id", site.pk) == moved
    assert areas("site_population", "id", row.pk) == moved
