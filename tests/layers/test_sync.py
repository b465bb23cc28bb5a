"""The catalogue follows the capabilities, and what moved is told."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from layers.capabilities import parse
from layers.models import Layer
from layers.selectors import layer_attribution, layer_get, layers_offered
from layers.services import SyncReport, layers_sync
from tests.fakes.geoplateforme import LAYERS, Geoplateforme, capabilities, status

pytestmark = pytest.mark.django_db
PLAN = "GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2"
PARCELS = "CADASTRALPARCELS.PARCELLAIRE_EXPRESS"


def sync(layers: dict[str, Any]) -> SyncReport:
    return layers_sync(capabilities=parse(capabilities(layers)), at=timezone.now())


def test_without_any_synchronisation_the_three_layers_exist() -> None:
    offered = layers_offered()
    assert [layer.slug for layer in offered] == ["plan-ign", "orthophotos", "parcelles"]
    assert all(layer.available and layer.matrix_set == "PM" for layer in offered)
    assert layer_attribution(offered[2]) == "© IGN, DGFiP (Parcellaire Express)"


def test_a_synchronisation_corrects_them(django_capture_on_commit_callbacks: Any) -> None:
    layers_offered()
    with django_capture_on_commit_callbacks(execute=True):
        report = sync(LAYERS)
    assert (report.read, report.created, report.updated, report.gone) == (4, 3, 0, 0)
    assert [outcome.state for outcome in report.offered] == ["found"] * 3
    layer = layer_get("parcelles")
    assert layer.pk
    assert (layer.matrix_set, layer.edition, layer.style) == ("PM_0_19", "2026-07-01", "normal")
    assert layer.title == "Parcelles cadastrales"
    assert layer.upstream_title == "Parcellaire cadastral édition : 2026-07-01"
    assert layer_attribution(layer) == ("© IGN, DGFiP (Parcellaire Express, édition 2026-07-01)")


def test_the_same_document_twice_changes_nothing_but_the_date() -> None:
    sync(LAYERS)
    before: list[Any] = list(Layer.objects.order_by("pk").values())
    report = sync(LAYERS)
    assert (report.created, report.updated, report.unchanged) == (0, 0, 3)
    after: list[Any] = list(Layer.objects.order_by("pk").values())
    for old, new in zip(before, after, strict=True):
        assert new.pop("synced_at") > old.pop("synced_at")
        assert old == new


def test_a_new_edition_updates_in_place() -> None:
    sync(LAYERS)
    pk = Layer.objects.get(slug="parcelles").pk
    _, *rest = LAYERS[PARCELS]
    report = sync(LAYERS | {PARCELS: ("Parcellaire cadastral édition : 2026-10-01", *rest)})
    assert (report.created, report.updated) == (0, 1)
    assert Layer.objects.get(slug="parcelles").edition == "2026-10-01"
    assert Layer.objects.get(slug="parcelles").pk == pk


def test_a_layer_that_vanishes_is_told_with_its_likely_new_name() -> None:
    sync(LAYERS)
    renamed = {name: value for name, value in LAYERS.items() if name != PLAN}
    renamed["PLANIGN.V3"] = LAYERS[PLAN]
    report = sync(renamed)
    (missing,) = report.missing
    assert missing.layer.slug == "plan-ign"
    assert missing.candidates == ("PLANIGN.V3",)
    row = Layer.objects.get(slug="plan-ign")
    assert (row.upstream_id, row.available) == (PLAN, False)
    assert sync(LAYERS).missing == ()
    assert Layer.objects.get(slug="plan-ign").available
    assert not Layer.objects.get(upstream_id="PLANIGN.V3").available


def test_a_former_name_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from layers import curated, services

    sync(LAYERS)
    changed = tuple(
        replace(layer, names=("PLAN.NEXT", *layer.names)) for layer in curated.CURATED[:1]
    )
    monkeypatch.setattr(services, "CURATED", changed + curated.CURATED[1:])
    assert sync(LAYERS).offered[0].state == "renamed"
    later = LAYERS | {"PLAN.NEXT": LAYERS[PLAN]}
    assert sync(later).offered[0].state == "found"
    assert Layer.objects.get(slug="plan-ign").upstream_id == "PLAN.NEXT"
    assert Layer.objects.get(upstream_id=PLAN).slug is None


def test_the_command_asks_the_service(fake: Geoplateforme) -> None:
    out = io.StringIO()
    call_command("sync_layers", stdout=out)
    assert "plan-ign : GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2, image/png, PM_0_19" in out.getvalue()
    assert "3 créées" in out.getvalue()
    (asked,) = fake.calls("/wmts")
    assert asked.query == {"SERVICE": "WMTS", "REQUEST": "GetCapabilities", "VERSION": "1.0.0"}


def test_without_the_service_it_is_told_what_is_kept(fake: Geoplateforme, settings: Any) -> None:
    settings.SOURCES = settings.SOURCES | {"geopf": "http://127.0.0.1:9"}
    with pytest.raises(CommandError, match=r"gardent leur description d'origine"):
        call_command("sync_layers", stdout=io.StringIO())
    at = dt.datetime(2026, 3, 4, 9, 30, tzinfo=timezone.get_current_timezone())
    layers_sync(capabilities=parse(capabilities(LAYERS)), at=at)
    with pytest.raises(CommandError, match=r"catalogue du 04/03/2026 à 09:30 est gardé"):
        call_command("sync_layers", stdout=io.StringIO())


def test_the_command_reads_a_file_without_network(tmp_path: Path) -> None:
    path = tmp_path / "capabilities.xml"
    path.write_bytes(capabilities(LAYERS))
    call_command("sync_layers", file=path, stdout=io.StringIO())
    assert Layer.objects.curated().count() == 3


def test_the_command_fails_and_names_the_missing_layer(fake: Geoplateforme) -> None:
    del fake.layers[PLAN]
    with pytest.raises(CommandError, match=PLAN):
        call_command("sync_layers", stdout=io.StringIO())
    assert not Layer.objects.get(slug="plan-ign").available
    assert Layer.objects.get(slug="orthophotos").available


@pytest.mark.parametrize("code", [200, 400, 500])
def test_an_answer_that_is_no_document_leaves_the_catalogue(fake: Geoplateforme, code: int) -> None:
    sync(LAYERS)
    fake.fault(status(code, b"oops"))
    with pytest.raises(CommandError):
        call_command("sync_layers", stdout=io.StringIO())
    assert Layer.objects.filter(available=True).count() == 3
