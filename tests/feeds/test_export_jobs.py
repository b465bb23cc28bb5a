"""Exports made by a job: whole or not at all, run twice, cancelled, under the rights of now."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from feeds.exporting import store, tasks, watching
from feeds.exporting.asking import asked
from feeds.exporting.formats import FORMATS, format_named
from feeds.exporting.making import Making
from feeds.exporting.models import Export, State
from feeds.exporting.rows import Rows
from feeds.exporting.services import (
    TooLarge,
    TooMany,
    export_ask,
    export_cancel,
    export_link,
    export_open,
)
from feeds.exporting.watching import Watch
from geo.accounts import readlog
from geo.accounts.enums import Level, Role
from geo.accounts.models import ReadLog, User
from geo.accounts.scopes import scope_of_exports
from geo.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from geo.core.retention import run
from geo.sites.models import Site
from tests.support.factories import make_site, make_user

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("export_store", "export_sites"),
]
# Tests where somebody else acts meanwhile: what they do is committed, and watched often.
together = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _watching(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = request.node.get_closest_marker("django_db")
    monkeypatch.setattr(watching, "BEAT_S", 0.02 if marker.kwargs.get("transaction") else 60)


def ask(user: User, code: str = "gpkg", collection: str = "sites", **query: str) -> Export:
    wanted = asked(collection, query, scope_of_exports(user))
    form = format_named(code)
    return export_ask(by=user, wanted=wanted, form=form, about=2, request_id="essai")


def now(export: Export) -> Export:
    export.refresh_from_db()
    return export


def left() -> list[str]:
    return [path.name for path in store.folder().iterdir()]


def elsewhere(work: Callable[[], Any]) -> threading.Thread:
    """Do something as another process would."""

    def go() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=go)
    thread.start()
    return thread


def test_a_file_is_made_logged_and_kept_for_its_owner(
    admin_93: User, export_sites: Any, tmp_path: Path
) -> None:
    export = ask(admin_93, departement="93")
    assert (export.state, left()) == (State.WAITING, [])
    tasks.make_export(export_id=export.pk)
    export = now(export)
    assert (export.state, export.rows, export.about, export.message) == ("done", 2, 2, "")
    path = store.file_of(export.pk)
    assert left() == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600
    assert store.folder().stat().st_mode & 0o777 == 0o700
    assert export.size_bytes == path.stat().st_size
    seen = shutil.copy(path, tmp_path / "sites.gpkg")
    assert set(geopandas.read_file(seen, layer="sites")["id"]) == {s.pk for s in export_sites[:2]}
    line = ReadLog.objects.get(data_class="general", route="exports")
    assert (line.user_id, line.request_id) == (admin_93.pk, "essai")
    assert sorted(line.object_ids) == sorted(s.pk for s in export_sites[:2])
    # Run again, as after a worker's death, it changes nothing.
    tasks.make_export(export_id=export.pk)
    assert ReadLog.objects.filter(data_class="general").count() == 1

    _, stream = export_open(by=admin_93, export_id=export.pk, link=export_link(export))
    with stream:
        assert stream.read() == path.read_bytes()
    export_cancel(by=admin_93, export_id=export.pk)
    assert (now(export).state, left()) == (State.EXPIRED, [])


def test_a_link_opens_for_its_account_for_a_while(
    admin_93: User, national_admin: User, settings: Any
) -> None:
    export = ask(admin_93)
    with pytest.raises(NotFound):
        export_open(by=admin_93, export_id=export.pk, link=export_link(export))
    tasks.make_export(export_id=export.pk)
    link = export_link(now(export))
    for by, wrong in ((national_admin, link), (admin_93, link + "x"), (admin_93, "")):
        with pytest.raises((NotFound, Forbidden)):
            export_open(by=by, export_id=export.pk, link=wrong)
    other = ask(admin_93)
    tasks.make_export(export_id=other.pk)
    with pytest.raises(NotFound):
        export_open(by=admin_93, export_id=other.pk, link=link)
    settings.EXPORT_LINK_MINUTES = 0
    time.sleep(0.01)
    with pytest.raises(Forbidden, match="expiré"):
        export_open(by=admin_93, export_id=export.pk, link=link)
    for each in (export, other):
        export_cancel(by=admin_93, export_id=each.pk)


def test_when_the_database_goes_away_it_is_made_the_next_time(
    admin_93: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask(admin_93)
    made = Making.made

    def cut(self: Making, folder: Path, **more: Any) -> Any:
        made(self, folder, **more)
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Making, "made", cut)
        with pytest.raises(OperationalError):
            tasks.make_export(export_id=export.pk)
    assert (now(export).state, left()) == (State.WAITING, [])
    # What a worker that was killed left is of no use to the next.
    (store.workshop(export.pk) / "sites.gpkg").write_bytes(b"half")
    tasks.make_export(export_id=export.pk)
    assert now(export).state == State.DONE
    assert left() == [store.file_of(export.pk).name]
    export_cancel(by=admin_93, export_id=export.pk)


def test_it_is_given_up_after_some_attempts(admin_93: User) -> None:
    export = ask(admin_93)
    Export.objects.filter(pk=export.pk).update(attempts=tasks.MAX_ATTEMPTS, state=State.RUNNING)
    tasks.make_export(export_id=export.pk)
    assert (now(export).state, export.message) == (State.FAILED, tasks.BROKEN)


@together
def test_two_workers_make_one_file(admin_93: User, monkeypatch: pytest.MonkeyPatch) -> None:
    export = ask(admin_93)
    made = Making.made

    def twice(self: Making, folder: Path, **more: Any) -> Any:
        monkeypatch.setattr(Making, "made", made)
        elsewhere(lambda: tasks.make_export(export_id=export.pk)).join()
        assert now(export).state == State.RUNNING
        return made(self, folder, **more)

    monkeypatch.setattr(Making, "made", twice)
    tasks.make_export(export_id=export.pk)
    assert now(export).state == State.DONE
    assert ReadLog.objects.filter(data_class="general").count() == 1
    export_cancel(by=admin_93, export_id=export.pk)


@together
def test_cancelled_between_two_batches_it_leaves_nothing(
    admin_93: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick = Watch.tick

    def cancelled(self: Watch, rows: int) -> None:
        elsewhere(lambda: export_cancel(by=admin_93, export_id=self.export_id)).join()
        assert self._cancelled.wait(5)
        tick(self, rows)

    monkeypatch.setattr(Watch, "tick", cancelled)
    for code in FORMATS:
        export = ask(admin_93, code)
        tasks.make_export(export_id=export.pk)
        assert (now(export).state, left()) == (State.CANCELLED, []), code
        with pytest.raises(Conflict):
            export_cancel(by=admin_93, export_id=export.pk)
    # Nothing is made of it any more, and nothing was taken out.
    tasks.make_export(export_id=export.pk)
    assert (now(export).state, left()) == (State.CANCELLED, [])
    assert not ReadLog.objects.filter(route="exports").exists()


@together
def test_cancelled_inside_a_long_statement_it_stops_at_once(
    admin_93: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask(admin_93, "csv")
    sql = Rows._sql

    def slow(self: Rows) -> tuple[str, list[Any]]:
        text, params = sql(self)
        return f"WITH w AS MATERIALIZED (SELECT pg_sleep(60)) SELECT r.* FROM w, ({text}) r", params

    monkeypatch.setattr(Rows, "_sql", slow)

    def cancel() -> None:
        while now(export).about is None or export.state != State.RUNNING:
            time.sleep(0.02)
        time.sleep(0.2)
        export_cancel(by=admin_93, export_id=export.pk)

    began = time.monotonic()
    other = elsewhere(cancel)
    tasks.make_export(export_id=export.pk)
    other.join()
    assert time.monotonic() - began < 30
    assert (now(export).state, left()) == (State.CANCELLED, [])


def test_a_right_withdrawn_gives_nothing(territories: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Making.made

    def withdrawn(self: Making, folder: Path, **more: Any) -> Any:
        found = made(self, folder, **more)
        assert self.by is not None
        self.by.memberships.update(code="13")
        return found

    for change in ("role", "account", "while it is made"):
        email = f"{change.replace(' ', '.')}@example.test"
        user = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", email)
        export = ask(user)
        if change == "role":
            user.memberships.all().delete()
        elif change == "account":
            User.objects.filter(pk=user.pk).update(is_active=False)
        else:
            monkeypatch.setattr(Making, "made", withdrawn)
        tasks.make_export(export_id=export.pk)
        assert (now(export).state, left()) == (State.FAILED, []), change
        assert "droits ont changé" in export.message


def test_a_right_withdrawn_closes_the_file(admin_93: User) -> None:
    private, public = ask(admin_93), ask(admin_93, collection="communes")
    for each in (private, public):
        tasks.make_export(export_id=each.pk)
    admin_93.memberships.update(code="13")
    with pytest.raises(Forbidden, match="droits ont changé"):
        export_open(by=admin_93, export_id=private.pk, link=export_link(now(private)))
    export_open(by=admin_93, export_id=public.pk, link=export_link(now(public)))[1].close()
    for each in (private, public):
        export_cancel(by=admin_93, export_id=each.pk)


def test_without_the_log_there_is_no_file(admin_93: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise readlog.ReadLogUnavailable("Le journal ne répond pas.")

    monkeypatch.setattr("feeds.exporting.logged.log_read", broken)
    export = ask(admin_93)
    tasks.make_export(export_id=export.pk)
    assert (now(export).state, export.message) == (State.FAILED, "Le journal ne répond pas.")
    assert left() == []


def test_a_failure_is_told_in_words(admin_93: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for error, told in ((ValueError("x"), tasks.BROKEN), (OSError(28, "plein"), tasks.FULL)):

        def broken(self: Making, folder: Path, error: Exception = error, **more: Any) -> Any:
            raise error

        monkeypatch.setattr(Making, "made", broken)
        export = ask(admin_93)
        tasks.make_export(export_id=export.pk)
        assert (now(export).state, export.message, left()) == (State.FAILED, told, [])


def test_more_than_an_account_may_ask(admin_93: User, settings: Any) -> None:
    settings.EXPORT_JOBS = 1
    first = ask(admin_93)
    with pytest.raises(TooMany, match="annulez"):
        ask(admin_93)
    export_cancel(by=admin_93, export_id=first.pk)
    ask(admin_93)
    settings.EXPORT_JOBS, settings.EXPORT_MAX_ROWS = 9, 1
    with pytest.raises(TooLarge):
        ask(admin_93)
    settings.EXPORT_MAX_ROWS = 2_000_000
    wanted = asked("sites", {}, scope_of_exports(admin_93))
    with pytest.raises(InvalidInput, match="1048575"):
        export_ask(
            by=admin_93,
            wanted=wanted,
            form=format_named("xlsx"),
            about=1_100_000,
            request_id="",
        )


def test_what_has_come_to_its_term_goes(admin_93: User, settings: Any) -> None:
    kept, over, lost = ask(admin_93), ask(admin_93), ask(admin_93)
    for each in (kept, over):
        tasks.make_export(export_id=each.pk)
    Export.objects.filter(pk=over.pk).update(expires_at=timezone.now())
    Export.objects.filter(pk=lost.pk).update(
        state=State.RUNNING, asked_at=timezone.now() - 2 * tasks.LOST_AFTER
    )
    stray = store.folder() / "12.work"
    stray.mkdir()
    os.utime(stray, (0, 0))
    tasks.sweep(timezone.now())
    assert left() == [store.file_of(kept.pk).name]
    assert (now(over).state, now(lost).state, now(kept).state) == ("expired", "failed", "done")
    # The rules of the night say the same, later for the traces.
    later = timezone.now() + dt.timedelta(days=settings.EXPORT_FILE_DAYS, hours=1)
    found = {done.rule.code: done.rows for done in run(now=later)}
    assert (found["export_file"], found["export_trace"], left()) == (1, 0, [])
    much_later = timezone.now() + dt.timedelta(days=settings.EXPORT_KEPT_DAYS + 1)
    found = {done.rule.code: done.rows for done in run(now=much_later)}
    assert (found["export_trace"], Export.objects.count()) == (3, 0)


def test_the_rows_are_those_of_the_day_asked(admin_93: User) -> None:
    make_site(2.36, 48.92, declared_on=dt.date(2026, 1, 5))
    export = ask(admin_93, "csv", datetime="2025-06-01")
    tasks.make_export(export_id=export.pk)
    assert now(export).rows == 2
    assert Site.objects.filter(departement_id="93").count() == 3
    export_cancel(by=admin_93, export_id=export.pk)
