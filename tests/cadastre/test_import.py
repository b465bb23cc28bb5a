"""Parcels from the cadastre's files: read, refused, stored, replaced, removed."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cadastre.etalab import address_of, read_parcels
from cadastre.models import CadastreCoverage, Parcel
from geo.core import events, versions
from geo.core.errors import InvalidInput
from geo.core.events import ParcelsImported
from tests.fakes.cadastre import CadastreFiles, cadastre_files
from tests.fakes.server import Reply
from tests.support.parcels import as_bytes, feature, grid, make_parcel, ring, written

pytestmark = pytest.mark.django_db

HERE = (2.350, 48.930, 2.351, 48.931)
THERE = (2.351, 48.930, 2.352, 48.931)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[ParcelsImported]:
    """The events that imports publish, instead of their receivers."""
    seen: list[ParcelsImported] = []
    monkeypatch.setitem(events._RECEIVERS, ParcelsImported, [seen.append])
    return seen


@pytest.fixture
def fake(settings: Any) -> Iterator[CadastreFiles]:
    with cadastre_files(settings) as running:
        yield running


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("import_parcels", *map(str, arguments), stdout=out)
    return out.getvalue()


def stored() -> dict[str, tuple[int, int | None, str]]:
    rows = Parcel.objects.values_list("idu", "pk", "contenance", "millesime")
    return {idu: (pk, contenance, millesime) for idu, pk, contenance, millesime in rows}


def test_a_file_is_stored_once_and_a_second_run_changes_nothing(
    tmp_path: Path, told: list[ParcelsImported]
) -> None:
    path = written(
        tmp_path, "cadastre-93066-parcelles.json.gz", grid("93066", 2.35, 48.93, 4, 1e-3)
    )
    run(path)
    before, version = stored(), versions.current(["parcels"])
    loaded_at = CadastreCoverage.objects.get().loaded_at
    assert len(before) == 16
    parcel = Parcel.objects.get(idu="93066000AB0001")
    assert (parcel.commune_code, parcel.prefix, parcel.section, parcel.number) == (
        "93066",
        "000",
        "AB",
        "0001",
    )
    # The file's most recent update, since neither its path nor the command tells a date.
    assert (parcel.millesime, parcel.source, parcel.invented) == (
        "2025-11-07",
        "Cadastre Etalab",
        False,
    )
    assert told == [ParcelsImported(("93066",))]
    assert "16 inchangées" in run(path)
    assert stored() == before
    assert CadastreCoverage.objects.get().loaded_at == loaded_at
    assert len(told) == 1
    assert version != ""


def test_a_newer_file_updates_in_place_and_removes_what_vanished(
    tmp_path: Path, told: list[ParcelsImported]
) -> None:
    first = grid("93066", 2.35, 48.93, 2, 1e-3)
    run(written(tmp_path, "2025-10-01/a-parcelles.json", first))
    kept = stored()
    other = make_parcel("93008000AB0001", (2.45, 48.93, 2.46, 48.94))
    second = [*first[:2], feature("93066000AB0009", (2.36, 48.94, 2.361, 48.941), contenance=7)]
    second[0]["properties"]["contenance"] = 12
    out = run(written(tmp_path, "2026-01-01/a-parcelles.json", second))
    now = stored()
    assert set(now) == {"93066000AB0001", "93066000AB0002", "93066000AB0009", other.idu}
    assert now["93066000AB0001"] == (kept["93066000AB0001"][0], 12, "2026-01-01")
    assert now["93066000AB0002"][0] == kept["93066000AB0002"][0]
    assert "1 nouvelles, 1 modifiées, 1 inchangées, 2 retirées" in out
    coverage = CadastreCoverage.objects.get()
    assert (coverage.pk, coverage.parcels, coverage.millesime) == ("93066", 3, "2026-01-01")
    assert len(told) == 2


def test_rows_that_cannot_be_stored_are_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    bow = [[2.35, 48.93], [2.352, 48.932], [2.352, 48.93], [2.35, 48.932], [2.35, 48.93]]
    flat = [[2.35, 48.93], [2.351, 48.931], [2.352, 48.932], [2.35, 48.93]]
    rows = [
        feature("93066000AB0001", HERE),
        feature("93066000AB0002", HERE, contenance=...),
        feature("93066000AB0003", HERE, geometry={"type": "Polygon", "coordinates": [bow]}),
        feature("93066000AB0004", HERE, geometry={"type": "Polygon", "coordinates": [flat]}),
        feature("93066000AB0005", (48.93, 2.35, 48.931, 2.351)),
        feature("93066000AB0006", HERE, geometry={"type": "Point", "coordinates": [2.35, 48.93]}),
        feature("93066000AB0001", THERE),
        feature("93066AB7", HERE),
        feature("93066000AB0008", HERE, commune="93008"),
        feature("75056000AB0009", HERE),
        feature(
            "93066000AB0010",
            HERE,
            geometry={"type": "MultiPolygon", "coordinates": [[ring(HERE)], [ring(THERE)]]},
        ),
    ]
    out = run(written(tmp_path, "parcelles.json", rows))
    assert set(stored()) == {f"93066000AB00{n:02d}" for n in (1, 2, 3, 10)}
    assert stored()["93066000AB0002"][1] is None
    assert Parcel.objects.get(idu="93066000AB0003").geom.valid
    assert Parcel.objects.get(idu="93066000AB0001").geom.extent == pytest.approx(HERE)
    assert "1 en double" in out
    assert "contours réparés" in out
    assert "6 refusées" in out
    assert "coordonnées inversées" in out
    assert "93066AB7" in out


def test_the_three_big_communes_are_filed_by_arrondissement(tmp_path: Path) -> None:
    rows = [feature("75056118AA0002", HERE, commune="75056"), feature("75119000AA0003", THERE)]
    run(written(tmp_path, "parcelles.json", rows))
    assert set(stored()) == {"75118000AA0002", "75119000AA0003"}
    assert set(CadastreCoverage.objects.values_list("pk", flat=True)) == {"75118", "75119"}
    assert len(address_of("13055")) == 16
    name = "cadastre-97105-parcelles.json.gz"
    assert address_of("97105", "2026-01-01") == [
        f"/data/etalab-cadastre/2026-01-01/geojson/communes/971/97105/{name}"
    ]
    assert address_of("2a004")[0].endswith("/communes/2A/2A004/cadastre-2A004-parcelles.json.gz")
    assert address_of("971")[0].endswith("/departements/971/cadastre-971-parcelles.json.gz")


@pytest.mark.parametrize("code", ["", "93", "9306", "930666", "2C004", "../..", "99"])
def test_what_is_not_a_code_is_refused(code: str) -> None:
    if code in {"93", "99"}:
        assert len(address_of(code)) == 1
    else:
        with pytest.raises(InvalidInput):
            address_of(code)
    with pytest.raises(InvalidInput):
        address_of("93066", "hier")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda raw: gzip.compress(raw)[:-12],
        lambda raw: b"<html>503</html>",
        lambda raw: b"",
        lambda raw: raw.replace(b'"coordinates"', b'"coordinates'),
        lambda raw: as_bytes([]),
        lambda raw: as_bytes(
            [
                {"type": "Feature", "id": f"93066000A{n}", "geometry": None, "properties": {}}
                for n in range(60)
            ]
        ),
    ],
    ids=["cut", "cut-gzip", "html", "empty", "not-json", "no-parcel", "another-layer"],
)
def test_a_spoilt_file_changes_nothing(
    tmp_path: Path, spoil: Any, told: list[ParcelsImported]
) -> None:
    good = written(tmp_path, "a-parcelles.json", grid("93066", 2.35, 48.93, 3, 1e-3))
    run(good)
    before = stored()
    bad = tmp_path / "b-parcelles.json"
    bad.write_bytes(spoil(as_bytes(grid("93066", 2.35, 48.93, 60, 1e-4))))
    with pytest.raises(CommandError, match=r"b-parcelles\.json"):
        run(bad)
    assert stored() == before
    assert len(told) == 1


def test_a_directory_loads_what_it_can_and_says_what_failed(tmp_path: Path) -> None:
    written(tmp_path, "x/cadastre-93066-parcelles.json.gz", grid("93066", 2.35, 48.93, 2, 1e-3))
    written(tmp_path, "y/cadastre-93008-parcelles.json", grid("93008", 2.45, 48.93, 2, 1e-3))
    written(tmp_path, "y/cadastre-93008-sections.json", [])
    (tmp_path / "z-parcelles.json").write_text("rien")
    with pytest.raises(CommandError, match="1 fichier"):
        run(tmp_path)
    assert Parcel.objects.count() == 8
    (tmp_path / "vide").mkdir()
    with pytest.raises(CommandError, match="Aucun fichier de parcelles"):
        run(tmp_path / "vide")
    with pytest.raises(CommandError):
        run()


def test_a_file_larger_than_the_reader_s_pieces(tmp_path: Path) -> None:
    rows = grid("93066", 2.3, 48.9, 50, 1e-4)
    path = written(tmp_path, "parcelles.json", rows)
    assert sum(len(part.idus) for part in read_parcels(path)) == 2_500
    path.write_bytes(json.dumps({"type": "FeatureCollection", "features": rows}, indent=1).encode())
    assert sum(len(part.idus) for part in read_parcels(path)) == 2_500


def test_the_official_addresses_are_downloaded(fake: CadastreFiles) -> None:
    body = as_bytes(grid("93066", 2.35, 48.93, 2, 1e-3))
    name = "cadastre-93066-parcelles.json.gz"
    fake.put(f"latest/geojson/communes/93/93066/{name}", body)
    fake.fault(lambda: Reply(503), times=1)
    run("--commune", "93066")
    # « latest » has no date in its path: the service's own header tells it.
    assert CadastreCoverage.objects.get().millesime == "2026-10-01"
    url = fake.put(f"2026-07-01/geojson/communes/93/93066/{name}", body)
    run(url)
    assert CadastreCoverage.objects.get().millesime == "2026-07-01"
    fake.put("latest/geojson/departements/93/cadastre-93-parcelles.json.gz", body)
    run("--departement", "93", "--millesime", "latest")
    assert Parcel.objects.count() == 4


def test_an_absent_cut_moved_or_foreign_address_is_told(fake: CadastreFiles) -> None:
    body = as_bytes(grid("93066", 2.35, 48.93, 2, 1e-3))
    fake.put("latest/geojson/communes/93/93066/cadastre-93066-parcelles.json.gz", body)
    with pytest.raises(CommandError, match="n'a pas de fichier"):
        run("--commune", "93001")
    fake.always(lambda: Reply(302, headers={"Location": "https://ailleurs.test/x"}))
    with pytest.raises(CommandError, match=r"ailleurs\.test"):
        run("--commune", "93066")
    fake.always(lambda: Reply(200, "application/gzip", gzip.compress(body)[:-20]))
    with pytest.raises(CommandError, match="tronqué"):
        run("--commune", "93066")
    with pytest.raises(CommandError, match="CADASTRE_URL"):
        run("https://ailleurs.test/data/etalab-cadastre/latest/x.json.gz")
    assert not Parcel.objects.exists()


def test_invented_parcels_never_replace_real_ones(tmp_path: Path) -> None:
    path = written(tmp_path, "parcelles.json", grid("93066", 2.35, 48.93, 2, 1e-3))
    run(path, "--invented", "--source", "Parcelles inventées")
    assert Parcel.objects.filter(invented=True).count() == 4
    run(path)
    assert not Parcel.objects.filter(invented=True).exists()
    with pytest.raises(CommandError, match="réelles"):
        run(path, "--invented")
