"""Printing several sheets: files, faults told sheet by sheet, processes of their own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pypdf import PdfReader

from atlas import batch
from geo.accounts.models import ReadLog
from tests.support.factories import make_site


def printed(**options: Any) -> str:
    out = StringIO()
    call_command("print_maps", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_the_sheets_asked_are_written(territories: Any, tmp_path: Path) -> None:
    make_site()
    told = printed(departements="93,13", paper="a3", output=tmp_path / "cartes", processes=1)
    assert "2 carte(s)" in told
    assert "93 : 1 sites" in told
    names = sorted(path.name for path in (tmp_path / "cartes").iterdir())
    assert names == ["atlas-departement-13-a3.pdf", "atlas-departement-93-a3.pdf"]
    width = float(PdfReader(tmp_path / "cartes" / names[1]).pages[0].mediabox.width)
    assert round(width * 25.4 / 72) in {297, 420}


@pytest.mark.django_db
def test_an_account_prints_what_it_reads(territories: Any, admin_93: Any, tmp_path: Path) -> None:
    make_site()
    printed(email=admin_93.email, output=tmp_path, processes=1)
    assert [path.name for path in tmp_path.iterdir()] == ["atlas-departement-93-a4.pdf"]
    with pytest.raises(CommandError, match="0 carte"):
        printed(email=admin_93.email, departements="13", output=tmp_path, processes=1)
    with pytest.raises(CommandError, match="Aucun compte"):
        printed(email="personne@example.test", output=tmp_path, processes=1)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.django_db
def test_bad_arguments_are_refused(territories: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--departements : code inconnu, 00"):
        printed(departements="93,00", output=tmp_path)
    with pytest.raises(CommandError, match="pas une date"):
        printed(departements="93", datetime="hier", output=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_a_fault_stays_on_its_sheet(
    territories: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_site()
    tried: list[str] = []
    write = batch._write

    def failing(job: batch.Job) -> int:
        tried.append(job.code)
        if job.code == "93":
            raise OSError("plus de place")
        return write(job)

    monkeypatch.setattr(batch, "_write", failing)
    with pytest.raises(CommandError, match="1 carte\\(s\\) sur 2 ; en échec : 93"):
        printed(departements="93,13", output=tmp_path, processes=1)
    assert tried == ["93", "93", "13"]
    assert [path.name for path in tmp_path.iterdir()] == ["atlas-departement-13-a4.pdf"]


@pytest.mark.django_db
def test_a_sheet_that_lasts_is_abandoned(
    territories: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import time

    monkeypatch.setattr(batch, "SHEET_TIMEOUT_S", 0.05)
    monkeypatch.setattr(batch, "_write", lambda job: time.sleep(5))
    job = batch.Job("departements", "93", "a4", "", "", "", str(tmp_path / "a.pdf"))
    outcome = batch.run(job)
    assert outcome.error
    assert outcome.seconds < 2


def test_sheets_of_a_process_that_dies_are_drawn_by_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs = [batch.Job("departements", code, "a4", "", "", "", code) for code in ("13", "59", "93")]
    groups: list[list[str]] = []

    def dying(group: Sequence[batch.Job], _: int) -> Iterator[batch.Outcome]:
        groups.append([job.code for job in group])
        yield batch.Outcome(group[0])
        raise BrokenProcessPool

    monkeypatch.setattr(batch, "_together", dying)
    found = {each.job.code: each.error for each in batch.run_all([*jobs, jobs[0]], 2)}
    assert groups == [["13", "59", "93", "13"], ["59", "93", "13"], ["93", "13"]]
    assert "mémoire" in found["13"]
    assert (found["59"], found["93"]) == ("", "")


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_is_noticed() -> None:
    """The library tells it: a pool of `multiprocessing` would wait for ever."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool, pytest.raises(BrokenProcessPool):
        pool.submit(_killed).result(60)


@pytest.mark.django_db
def test_a_sheet_is_written_down_with_its_sites(
    territories: Any, admin_93: Any, tmp_path: Path
) -> None:
    site = make_site()
    printed(email=admin_93.email, departements="93", output=tmp_path, processes=1)
    line = ReadLog.objects.get()
    assert (line.user_id, line.route, line.purpose) == (admin_93.pk, "print_maps", "print")
    assert line.object_ids == [site.pk]
    text = "".join(page.extract_text() for page in PdfReader(next(tmp_path.iterdir())).pages)
    assert f"pour {admin_93.full_name}" in " ".join(text.split())


@pytest.mark.django_db(transaction=True)
def test_processes_of_their_own(territories: Any, tmp_path: Path) -> None:
    make_site()
    printed(departements="93,13", output=tmp_path, processes=2)
    assert len(list(tmp_path.glob("*.pdf"))) == 2
