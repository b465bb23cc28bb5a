"""Exports: who takes what out, logged first, by an address or a command."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import geopandas
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from feeds.exporting.models import Export, State
from geo.accounts import readlog
from geo.accounts.enums import GrantKind, Level, Role
from geo.accounts.models import Grant, ReadLog, User
from geo.accounts.scopes import scope_of_exports
from geo.accounts.tokens import token_create
from geo.core.scope import RESTRICTED, DataClass
from geo.sites.models import Site
from tests.support.exports import FORMULA, body, lines, table
from tests.support.factories import make_user
from tests.support.restricted import CANARIES, everywhere, fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("export_store")]


class TestRights:
    def test_each_reader_at_its_precision(
        self, client: Client, export_sites: list[Site], tmp_path: Path
    ) -> None:
        partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        client.force_login(partner)
        found = {int(row["id"]): row for row in table(body(client, "/exports/sites.csv"))}
        assert set(found) == {export_sites[0].pk, export_sites[1].pk}
        near = found[export_sites[1].pk]
        assert (near["precision"], near["name"], near["address"]) == ("500m", "", "")
        assert abs(float(near["longitude"]) - 2.45) > 1e-7
        national = make_user(Role.NATIONAL_PARTNER)
        client.force_login(national)
        text = body(client, "/exports/sites.csv")
        assert "name" not in table(text)[0]
        assert FORMULA.encode() not in text

    @pytest.mark.parametrize("role", [Role.OBSERVER, Role.API_TOKEN])
    def test_who_may_not_export_takes_open_data_only(
        self, client: Client, export_sites: list[Site], role: Role
    ) -> None:
        client.force_login(make_user(role, Level.DEPARTEMENT, "93"))
        # The session of a partner system reads nothing: it does not know that there are sites.
        assert body(client, "/exports/sites.csv", 404 if role == Role.API_TOKEN else 403)
        assert table(body(client, "/exports/communes.csv"))

    def test_nobody_learns_what_is_reserved(self, client: Client, export_sites: list[Site]) -> None:
        reserved, absent = (
            json.loads(body(client, f"/exports/{name}.csv", 404)) for name in ("sites", "licornes")
        )
        assert {**reserved, "instance": ""} == {**absent, "instance": ""}

    def test_a_role_that_may_not_export_adds_nothing_to_one_that_may(
        self, client: Client, export_sites: list[Site], admin_93: User
    ) -> None:
        make_user(Role.OBSERVER, Level.DEPARTEMENT, "13").memberships.update(user=admin_93)
        client.force_login(admin_93)
        found = {int(row["id"]) for row in table(body(client, "/exports/sites.csv"))}
        assert found == {export_sites[0].pk, export_sites[1].pk}

    @pytest.mark.parametrize("data_class", RESTRICTED)
    def test_restricted_only_when_named_and_logged_first(
        self, exporter: Client, export_sites: list[Site], data_class: DataClass
    ) -> None:
        names = {
            DataClass.OWNER: "owner_name",
            DataClass.JUDICIAL: "bailiff,justice_rendered_by",
            DataClass.HEALTH: "health_measures",
            DataClass.FINANCE: "cost_resorption_eur",
        }[data_class]
        fill(export_sites[0], scope=everywhere())
        plain = body(exporter, "/exports/sites.csv").decode()
        named = body(exporter, "/exports/sites.csv", properties=names).decode()
        assert CANARIES[data_class][0] not in plain
        assert CANARIES[data_class][0] in named
        last = ReadLog.objects.filter(data_class=data_class).latest("pk")
        assert set(last.object_ids) == {export_sites[0].pk, export_sites[1].pk}
        assert (last.purpose, last.route) == ("export", "export-file")

    def test_a_class_that_may_be_read_but_not_exported_stays(
        self, client: Client, export_sites: list[Site], national_admin: User
    ) -> None:
        fill(export_sites[0], scope=everywhere())
        partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
        Grant.objects.create(
            kind=GrantKind.EXCEPTION,
            user=partner,
            data_class=DataClass.OWNER,
            letters="V",
            level=Level.COMMUNE,
            code="93066",
            reason="Essai",
            ends_on=timezone.localdate() + dt.timedelta(days=30),
            granted_by=national_admin,
        )
        assert not scope_of_exports(partner).reach(DataClass.OWNER)
        client.force_login(partner)
        body(client, "/exports/sites.csv", 400, properties="owner_name")
        assert "owner_category" not in table(body(client, "/exports/sites.csv"))[0]

    def test_a_token_takes_what_it_may_and_nothing_judicial(
        self, client: Client, export_sites: list[Site], admin_93: User
    ) -> None:
        fill(export_sites[0], scope=everywhere())
        token, text = token_create(
            user=admin_93, name="Essai", purpose="Essai", classes=[DataClass.OWNER.value]
        )
        headers = {"Authorization": f"Bearer {text}"}
        named = client.get("/exports/sites.csv", {"properties": "owner_name"}, headers=headers)
        assert b"Canari" in b"".join(named)
        assert ReadLog.objects.filter(on_behalf_of=f"token:{token.prefix}").exists()
        for name in ("bailiff", "health_measures"):
            refused = client.get("/exports/sites.csv", {"properties": name}, headers=headers)
            assert refused.status_code == 400
        # Pages are for people: a token opens none of them, and asks for no large export.
        assert client.get("/exports/", headers=headers).status_code == 403
        assert client.post("/exports/?collection=sites", {}, headers=headers).status_code == 403


class TestTrace:
    def test_the_log_comes_first_and_without_it_there_is_no_file(
        self, exporter: Client, export_sites: list[Site], monkeypatch: Any
    ) -> None:
        body(exporter, "/exports/sites.gpkg")
        (line,) = [each for each in lines() if each.data_class == DataClass.GENERAL]
        assert sorted(line.object_ids) == sorted([export_sites[0].pk, export_sites[1].pk])
        assert (line.count, line.purpose) == (2, "export")
        kept = Export.objects.get()
        assert (kept.state, kept.rows, kept.format, kept.direct) == ("done", 2, "gpkg", True)

        def broken(*_: Any, **__: Any) -> None:
            raise readlog.ReadLogUnavailable("Le journal ne répond pas.")

        monkeypatch.setattr("feeds.exporting.logged.log_read", broken)
        assert FORMULA.encode() not in body(exporter, "/exports/sites.csv", 503)
        assert Export.objects.latest("asked_at").state == State.FAILED

    def test_answers_are_kept_by_no_cache(self, exporter: Client, export_sites: list[Site]) -> None:
        response = exporter.get("/exports/sites.gpkg")
        assert response["Cache-Control"] == "private, no-store"
        day = timezone.localdate().isoformat()
        assert response["Content-Disposition"] == f'attachment; filename="sites_{day}.gpkg"'
        response.close()

    def test_too_many_in_a_day(
        self, exporter: Client, export_sites: list[Site], settings: Any
    ) -> None:
        settings.EXPORTS_PER_DAY = 1
        body(exporter, "/exports/sites.csv")
        body(exporter, "/exports/sites.csv", 429)


class TestCommand:
    def test_open_data_by_default(self, export_sites: list[Site], tmp_path: Path) -> None:
        out = io.StringIO()
        path = tmp_path / "communes.gpkg"
        options = {"format": "gpkg", "output": path, "query": "departement=93", "stdout": out}
        call_command("export_collection", "communes", **options)
        assert len(geopandas.read_file(path, layer="communes")) == 2
        assert "2 lignes" in out.getvalue()
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(CommandError, match="Collection inconnue"):
            call_command("export_collection", "sites", format="csv", output=tmp_path / "s.csv")

    def test_as_somebody_is_logged_in_their_name(
        self, export_sites: list[Site], admin_93: User, tmp_path: Path
    ) -> None:
        path = tmp_path / "sites.shp.zip"
        options = {"format": "shp", "output": path, "stdout": io.StringIO()}
        call_command("export_collection", "sites", email=admin_93.email, **options)
        assert len(geopandas.read_file(path)) == 2
        assert {each.user_id for each in lines()} == {admin_93.pk}
        with pytest.raises(CommandError, match=r"shp\.zip"):
            call_command("export_collection", "communes", format="shp", output=tmp_path / "x.shp")
        with pytest.raises(CommandError, match="Aucun compte"):
            call_command("export_collection", "sites", email="x@y.z", **options)
