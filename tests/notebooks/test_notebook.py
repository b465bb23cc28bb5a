"""The analysts' notebook, run from end to end in a kernel against a live server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from django.conf import settings
from nbclient import NotebookClient

from cadastre.models import Parcel
from geo.accounts.tokens import token_create
from geo.facilities.models import Facility
from tests.support.factories import close_site, make_site, make_user, square

NOTEBOOKS = Path(settings.BASE_DIR) / "notebooks"
FIGURES = """
import json
print(json.dumps({
    "sites": len(sites), "by_year": by_year.reset_index().astype(str).to_dict("records"),
    "matched": len(matched), "share": matched["share"].sum(), "distance_m": median_m,
    "carte": chart.get_root().render(),
}))
"""

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Jupyter's own libraries announce changes to each other; they are not ours to heed.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def furnish() -> None:
    """Two sites with footprints, one closed, a parcel under each half of the first, a school."""
    make_site(
        2.3505, 48.9305, footprint=square(2.350, 48.930, 2.351, 48.931), population={"people": 30}
    )
    closed = make_site(2.4505, 48.9305)
    close_site(closed)
    for number, west in ((1, 2.3495), (2, 2.3505)):
        Parcel.objects.create(
            idu=f"930660000A{number:04d}",
            geom=square(west, 48.929, west + 0.001, 48.932),
            millesime="2026-01",
            source="inventé",
        )
    Facility.objects.create(
        kind="school",
        name="École inventée",
        geom="SRID=4326;POINT(2.3505 48.9405)",
        source="essai",
        source_key="1",
        millesime="2026",
        licence="inventé",
    )


def run(address: str, monkeypatch: pytest.MonkeyPatch, departement: str) -> dict[str, Any]:
    _, token = token_create(user=make_user("national_admin"), name="carnet", purpose="essai")
    monkeypatch.setenv("ATLAS_URL", address)
    monkeypatch.setenv("ATLAS_TOKEN", token)
    monkeypatch.setenv("ATLAS_DEPARTEMENT", departement)
    notebook = jupytext.read(NOTEBOOKS / "analyse_departement.py")
    notebook.cells.append(nbformat.v4.new_code_cell(FIGURES))
    resources = {"metadata": {"path": str(NOTEBOOKS)}}
    NotebookClient(notebook, timeout=120, resources=resources).execute()
    figures: dict[str, Any] = json.loads(notebook.cells[-1].outputs[0].text)
    return figures


def test_the_notebook_runs(
    live_server: Any, territories: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish()
    figures = run(live_server.url, monkeypatch, "93")
    assert figures["sites"] == 2
    (year,) = figures["by_year"]
    assert (year["departement"], year["année"], year["évacuations"]) == ("93", "2025", "1")
    assert figures["matched"] == 2
    assert figures["share"] == pytest.approx(1, abs=1e-6)
    # One hundredth of a degree of the meridian, in Lambert-93.
    assert figures["distance_m"] == pytest.approx(1_112, abs=3)
    assert not re.findall(r"<script[^>]+src|<link", figures["carte"])
    assert "L.divIcon" in figures["carte"]


def test_the_notebook_runs_where_there_is_nothing(
    live_server: Any, territories: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = run(live_server.url, monkeypatch, "13")
    assert (figures["sites"], figures["matched"]) == (0, 0)
