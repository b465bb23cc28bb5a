"""The built-in approximation: a coverage without overlap or gap, and the right codes in it.

Leaves the comparison with official contours to `geo.territories.approximation.measure`, whose
arithmetic alone is proved here, on invented squares.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon

from geo.core.crs import FRANCE_BOXES
from geo.territories.approximation import Approximation, build, facts, legal_srids
from geo.territories.approximation import measure as measuring
from geo.territories.approximation.mesh import GRID_DEG, land_surface, nearest_cells
from geo.territories.records import TerritoryRecord

DIVIDED = {"75056": 20, "13055": 16, "69123": 9}
LEVELS = ("region", "departement", "epci", "commune")


@pytest.fixture(scope="module")
def approximation() -> Approximation:
    return build()


def whole_communes(approximation: Approximation) -> list[TerritoryRecord]:
    return [r for r in approximation.by_level("commune") if r.main_commune is None]


def contours(records: list[TerritoryRecord]) -> list[MultiPolygon]:
    return [record.contour for record in records]


def area(records: list[TerritoryRecord]) -> float:
    return float(shapely.area(np.array(contours(records))).sum())


def outline_area() -> float:
    return sum(land_surface(rings).area for rings in facts.outline().values())


def test_counts(approximation: Approximation) -> None:
    assert len(approximation.by_level("region")) == 18
    assert len(approximation.by_level("departement")) == 101
    assert len(approximation.by_level("epci")) == len(facts.epcis()) > 1200
    assert len(whole_communes(approximation)) == len(facts.towns())
    assert len(approximation.by_level("commune")) == len(facts.towns()) + 45
    assert sum(len(approximation.by_level(level)) for level in LEVELS) == len(approximation.records)
    assert approximation.by_level("canton") == []


def test_codes_are_unique_text(approximation: Approximation) -> None:
    for level in LEVELS:
        codes = [record.code for record in approximation.by_level(level)]
        assert len(set(codes)) == len(codes)
    assert {"01", "2A", "2B", "971", "976"} <= {
        record.code for record in approximation.by_level("departement")
    }


def test_every_contour_is_a_valid_multipolygon_in_france(approximation: Approximation) -> None:
    for record in approximation.records:
        assert isinstance(record.contour, MultiPolygon), record.code
        assert record.contour.is_valid, record.code
        west, south, east, north = record.contour.bounds
        assert any(
            w <= west and s <= south and east <= e and north <= n
            for w, s, e, n in (*FRANCE_BOXES, (-5.6, 41.2, 9.8, 51.3))
        ), record.code


def test_every_contour_says_that_it_is_approximate(approximation: Approximation) -> None:
    assert all(record.approximate for record in approximation.records)
    assert all("approchés" in record.source for record in approximation.records)
    assert {record.millesime for record in approximation.records} == {"2026"}


@pytest.mark.parametrize("level", ["region", "departement", "epci"])
def test_a_level_is_a_coverage(approximation: Approximation, level: str) -> None:
    assert shapely.coverage_is_valid(contours(approximation.by_level(level)))


def test_communes_are_a_coverage(approximation: Approximation) -> None:
    assert shapely.coverage_is_valid(contours(whole_communes(approximation)))


def test_vertices_lie_on_the_grid(approximation: Approximation) -> None:
    xy = shapely.get_coordinates(contours(whole_communes(approximation)))
    assert np.abs(xy / GRID_DEG - np.round(xy / GRID_DEG)).max() < 1e-3


def test_no_overlap_between_communes(approximation: Approximation) -> None:
    surfaces = contours(whole_communes(approximation))
    left, right = shapely.STRtree(surfaces).query(surfaces, predicate="intersects")
    once = left < right
    array = np.array(surfaces)
    common = shapely.area(shapely.intersection(array[left[once]], array[right[once]]))
    assert once.sum() > len(surfaces)
    assert common.max() < 1e-9


@pytest.mark.parametrize("level", ["region", "departement"])
def test_no_gap_inside_the_outline(approximation: Approximation, level: str) -> None:
    # The tolerance is what the snap to the grid moves along 9,000 km of outline.
    assert area(approximation.by_level(level)) == pytest.approx(outline_area(), abs=2e-5)
    assert area(approximation.by_level(level)) == pytest.approx(
        area(whole_communes(approximation)), abs=1e-9
    )


def test_prefectures_lie_in_their_own_departement(approximation: Approximation) -> None:
    departements = approximation.by_level("departement")
    tree = shapely.STRtree(contours(departements))
    for record in departements:
        assert record.point is not None
        assert record.prefecture
        inside = tree.query(record.point, predicate="within")
        assert [departements[i].code for i in inside] == [record.code]


def test_every_seat_and_town_lies_inside_its_own_contour(approximation: Approximation) -> None:
    for record in approximation.records:
        if record.level != "epci":
            assert record.point is not None
            assert record.contour.contains(record.point), record.code


def test_prefecture_and_seat_are_towns_of_the_territory() -> None:
    towns = {town.code: town for town in facts.towns()}
    regions = {fact.code: fact.region for fact in facts.departements()}
    for departement in facts.departements():
        assert towns[departement.prefecture].departement == departement.code
        assert towns[departement.prefecture].role == "prefecture"
    for region in facts.regions():
        assert regions[towns[region.seat].departement] == region.code
    assert Counter(town.role for town in facts.towns())["prefecture"] == 101


@pytest.mark.parametrize(("main", "count"), DIVIDED.items())
def test_arrondissements_subdivide_their_commune(
    approximation: Approximation, main: str, count: int
) -> None:
    communes = {record.code: record for record in approximation.by_level("commune")}
    parts = [record for record in communes.values() if record.main_commune == main]
    whole = communes[main]
    assert len(parts) == count
    assert shapely.coverage_is_valid(contours(parts))
    assert shapely.coverage_union_all(contours(parts)).equals(whole.contour)
    assert area(parts) == pytest.approx(whole.contour.area, rel=1e-9)
    assert {(p.departement, p.region, p.epci) for p in parts} == {
        (whole.departement, whole.region, whole.epci)
    }


def test_an_epci_is_the_union_of_its_communes(approximation: Approximation) -> None:
    members: dict[str, list[TerritoryRecord]] = {}
    for record in whole_communes(approximation):
        if record.epci:
            members.setdefault(record.epci, []).append(record)
    epcis = approximation.by_level("epci")
    assert set(members) == {record.code for record in epcis}
    for record in epcis:
        towns = members[record.code]
        assert set(record.departements) == {town.departement for town in towns}
        assert record.contour.area == pytest.approx(area(towns), rel=1e-9)
    assert any(len(record.departements) > 1 for record in epcis)


def test_hierarchy_is_consistent(approximation: Approximation) -> None:
    regions = {record.code for record in approximation.by_level("region")}
    parent = {record.code: record.region for record in approximation.by_level("departement")}
    assert set(parent.values()) == regions
    for record in approximation.by_level("commune"):
        assert record.departement is not None
        assert record.code.startswith(record.departement)
        assert record.region == parent[record.departement]


def test_two_builds_are_equal_byte_for_byte(approximation: Approximation) -> None:
    again = build()
    assert [r.code for r in again.records] == [r.code for r in approximation.records]
    for one, two in zip(approximation.records, again.records, strict=True):
        assert one.contour.wkb == two.contour.wkb


def test_legal_projections() -> None:
    srids = legal_srids()
    assert len(srids) == 101
    overseas = {code: srid for code, srid in srids.items() if len(code) == 3}
    assert overseas == {"971": 5490, "972": 5490, "973": 2972, "974": 2975, "976": 4471}
    assert {srid for code, srid in srids.items() if len(code) == 2} == {2154}


def test_crossing_outline_is_refused() -> None:
    with pytest.raises(ValueError, match="outline"):
        land_surface([[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]])


def test_two_places_at_the_same_point_are_refused() -> None:
    land = land_surface([[(2.0, 46.0), (3.0, 46.0), (3.0, 47.0), (2.0, 47.0)]])
    with pytest.raises(ValueError, match="same coordinates"):
        nearest_cells([(2.5, 46.5), (2.5, 46.5)], land, 2154)


def test_cells_go_to_the_nearest_place() -> None:
    land = land_surface([[(2.0, 46.0), (3.0, 46.0), (3.0, 47.0), (2.0, 47.0)]])
    places = [(2.2, 46.5), (2.8, 46.5), (2.5, 46.9)]
    cells = [shapely.coverage_union_all(faces) for faces in nearest_cells(places, land, 2154)]
    assert shapely.coverage_is_valid(cells)
    assert sum(cell.area for cell in cells) == pytest.approx(1.0, abs=1e-4)
    for cell, place in zip(cells, places, strict=True):
        assert cell.contains(shapely.Point(place))
    assert cells[0].area == pytest.approx(cells[1].area, rel=0.01)


def test_overlap_of_two_half_shared_squares() -> None:
    one, two = shapely.box(2.0, 46.0, 2.2, 46.1), shapely.box(2.1, 46.0, 2.3, 46.1)
    assert measuring.overlap(one, two, 2154) == pytest.approx(1 / 3, rel=1e-3)
    assert measuring.overlap(one, one, 2154) == pytest.approx(1.0)


def test_measure_reads_plain_and_gzip_files(approximation: Approximation, tmp_path: Path) -> None:
    def collection(level: str) -> str:
        return json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"code": r.code, "departement": r.departement},
                        "geometry": shapely.geometry.mapping(r.contour),
                    }
                    for r in approximation.by_level(level)[:20]
                ],
            }
        )

    (tmp_path / "regions.geojson").write_text(collection("region"), encoding="utf-8")
    (tmp_path / "communes-01.geojson").write_text(collection("commune"), encoding="utf-8")
    with gzip.open(tmp_path / "departements.geojson.gz", "wt", encoding="utf-8") as stream:
        stream.write(collection("departement"))
    result = measuring.measure(tmp_path)
    assert len(result.departements) == 20
    assert min(result.departements.values()) == pytest.approx(1.0)
    assert min(result.regions.values()) == pytest.approx(1.0)
    assert result.communes == 20
    assert result.communes_right == pytest.approx(1.0)


def test_measure_without_official_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="departements"):
        measuring.measure(tmp_path)
