"""Measuring the approximation against official contours: `python -m …approximation.measure DIR`.

Leaves the official contours where they are: DIR holds `departements*`, `regions*` and `communes*`
files, GeoJSON, plain or gzip, with `code` (and `departement` for communes) as properties.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from geo.core.crs import WGS84, transformer
from geo.core.files import opened
from geo.territories.approximation import build, facts
from geo.territories.records import TerritoryRecord


@dataclass(frozen=True, slots=True)
class Measure:
    """How near the approximation comes to the official contours.

    `departements` and `regions` give intersection over union by code, areas taken in the legal
    projection; `communes_right` is the share of official commune centroids that fall in their own
    departement, None when DIR has no communes.
    """

    departements: dict[str, float]
    regions: dict[str, float]
    communes_right: float | None
    communes: int


def _features(directory: Path, stem: str) -> Iterator[tuple[dict[str, Any], shapely.Geometry]]:
    for path in sorted(directory.glob(f"{stem}*json*")):
        with opened(path) as stream:
            for feature in json.load(stream)["features"]:
                yield feature["properties"], shapely.make_valid(shape(feature["geometry"]))


def _flat(geometry: shapely.Geometry, srid: int) -> shapely.Geometry:
    change = transformer(WGS84, srid)
    return shapely.transform(
        geometry, lambda xy: np.column_stack(change.transform(xy[:, 0], xy[:, 1]))
    )


def overlap(ours: shapely.Geometry, official: shapely.Geometry, srid: int) -> float:
    """Intersection over union (0 to 1) of two lon/lat surfaces, areas taken in `srid`."""
    one, two = _flat(ours, srid), shapely.make_valid(_flat(official, srid))
    return float(
        shapely.area(shapely.intersection(one, two)) / shapely.area(shapely.union(one, two))
    )


def _overlaps(
    records: list[TerritoryRecord], directory: Path, stem: str, srids: dict[str, int]
) -> dict[str, float]:
    official = {props["code"]: geometry for props, geometry in _features(directory, stem)}
    if not official:
        raise FileNotFoundError(f"{directory}: no {stem}*.geojson")
    return {
        record.code: overlap(record.contour, official[record.code], srids[record.code])
        for record in records
        if record.code in official
    }


def measure(directory: Path) -> Measure:
    """Compare `build()` with the official contours of `directory`.

    Invalid published geometries are repaired first. Raises FileNotFoundError when departements or
    regions are missing.
    """
    ours = build()
    srids = facts.legal_srids()
    regional = {fact.region: srids[fact.code] for fact in facts.departements()}
    departements = ours.by_level("departement")
    centroids = [
        (props["departement"], shapely.centroid(geometry))
        for props, geometry in _features(directory, "communes")
        if props.get("departement") and not shapely.is_empty(geometry)
    ]
    contours = {record.code: record.contour for record in departements}
    for contour in contours.values():
        shapely.prepare(contour)
    right = sum(contours[code].contains(point) for code, point in centroids if code in contours)
    return Measure(
        departements=_overlaps(departements, directory, "departements", srids),
        regions=_overlaps(ours.by_level("region"), directory, "regions", regional),
        communes_right=right / len(centroids) if centroids else None,
        communes=len(centroids),
    )


def report(result: Measure) -> str:
    """The figures as lines of text: each departement, the least alike first, then the means."""
    ranked = sorted(result.departements.items(), key=lambda item: item[1])
    lines = [f"{code:>4} {value:.3f}" for code, value in ranked]
    for title, values in (("departements", result.departements), ("regions", result.regions)):
        worst = min(values, key=lambda code: values[code])
        lines.append(
            f"{title}: {len(values)}, mean {mean(values.values()):.4f}, "
            f"min {values[worst]:.3f} ({worst})"
        )
    if result.communes_right is not None:
        lines.append(
            f"communes in their departement: {result.communes_right:.2%} of {result.communes}"
        )
    return "\n".join(lines)


def main() -> None:
    """Write the report of the directory given on the command line to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    sys.stdout.write(report(measure(parser.parse_args().directory)) + "\n")


if __name__ == "__main__":
    main()
