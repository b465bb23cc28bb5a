"""Low zooms of the cadastre: communes, sections, outlines, and millésimes that rewrite nothing."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from cadastre.collections import parcel_branches
from cadastre.models import Parcel, Section
from cadastre.sections import sections_build
from cadastre.services import sites_enrich
from geo.core import versions
from tests.support.factories import make_site
from tests.support.parcels import grid, make_parcel, written
from tests.support.pyramid import address

pytestmark = pytest.mark.django_db
AT = (2.3505, 48.9305)


def layers(client: Client, zoom: int, query: str = "") -> dict[str, list[dict[str, Any]]]:
    response = client.get(address(*AT, zoom, "parcels") + query)
    if response.status_code == 204:
        return {}
    decoded = mapbox_vector_tile.decode(response.content)
    return {
        name: [feature["properties"] for feature in layer["features"]]
        for name, layer in decoded.items()
    }


@pytest.fixture
def loaded(tmp_path: Path, territories: Any) -> None:
    path = written(
        tmp_path, "cadastre-93066-parcelles.json.gz", grid("93066", 2.35, 48.93, 4, 1e-3)
    )
    call_command("import_parcels", str(path), "--millesime", "2026-01-01", stdout=io.StringIO())


def test_each_zoom_has_its_level(client: Client, loaded: None) -> None:
    assert sections_build(communes=["93066"]) == Section.objects.count() > 0
    total = Parcel.objects.count()
    assert layers(client, 9) == {"parcel-communes": [{"commune": "93066", "parcels": total}]}
    sections = layers(client, 12)["parcel-sections"]
    assert sum(row["parcels"] for row in sections) == total
    outlines = layers(client, 13)["parcels"]
    assert outlines
    assert not any(outlines)
    assert all({"idu", "section", "number"} <= set(row) for row in layers(client, 14)["parcels"])


def test_a_level_is_not_drawn_under_a_filter_that_it_does_not_know(
    client: Client, loaded: None
) -> None:
    sections_build(communes=["93066"])
    assert layers(client, 12, "?section=ZZ") == {}
    assert layers(client, 12, "?commune=93066")
    assert layers(client, 12, "?idu=93066000AB0001") == {}


def test_the_tilejson_tells_the_levels(client: Client) -> None:
    told = {each["id"]: each for each in client.get("/tiles/parcels.json").json()["vector_layers"]}
    zooms = {name: (each["minzoom"], each["maxzoom"]) for name, each in told.items()}
    assert zooms == {"parcel-communes": (8, 10), "parcel-sections": (11, 12), "parcels": (13, 16)}


def test_sections_follow_their_parcels(loaded: None) -> None:
    sections_build(communes=["93066"])
    before = dict(Section.objects.values_list("code", "pk"))
    version = versions.current(["parcels"])
    # Nothing changed: no row is written again.
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(xmin::text::bigint) FROM cadastre_section")
        (written_by,) = cursor.fetchone()
        sections_build(communes=["93066"])
        cursor.execute("SELECT max(xmin::text::bigint) FROM cadastre_section")
        assert cursor.fetchone() == (written_by,)
    gone = next(iter(before))
    Parcel.objects.filter(idu__startswith=gone).delete()
    make_parcel("93066000ZY0001", (2.40, 48.95, 2.401, 48.951))
    sections_build(communes=["93066"])
    after = dict(Section.objects.values_list("code", "pk"))
    assert set(after) == (set(before) - {gone}) | {"93066000ZY"}
    assert all(after[code] == before[code] for code in set(before) - {gone})
    assert versions.current(["parcels"]) != version


def test_parcels_that_overlap_are_joined_all_the_same(territories: Any) -> None:
    """As in many real files: the borders of neighbours do not meet."""
    make_parcel("93066000AB0001", (2.350, 48.930, 2.352, 48.931))
    make_parcel("93066000AB0002", (2.351, 48.930, 2.353, 48.931))
    sections_build(communes=["93066"])
    (section,) = Section.objects.all()
    assert section.parcels == 2
    assert section.contour.extent == pytest.approx((2.350, 48.930, 2.353, 48.931))
    assert len(section.contour) == 1


def test_parcels_asked_for_a_site_draw_no_section(territories: Any) -> None:
    make_parcel("93066000AB0001", (2.350, 48.930, 2.351, 48.931), source="API Carto")
    assert sections_build(communes=["93066"]) == 0


def test_another_millesime_rewrites_no_parcel(tmp_path: Path, loaded: None) -> None:
    site = make_site(*AT)
    sites_enrich()
    assert site.site_parcels.get().millesime == "2026-01-01"
    before = dict(Parcel.objects.values_list("idu", "pk"))
    path = written(
        tmp_path, "next/cadastre-93066-parcelles.json.gz", grid("93066", 2.35, 48.93, 4, 1e-3)
    )
    out = io.StringIO()
    call_command("import_parcels", str(path), "--millesime", "2026-04-01", stdout=out)
    assert "0 nouvelles, 0 modifiées" in out.getvalue()
    assert dict(Parcel.objects.values_list("idu", "pk")) == before
    # What was loaded is told all the same, of the parcels and under the sites.
    (branch,) = parcel_branches(None, None)  # type: ignore[arg-type]
    assert set(branch.queryset.values_list("shown_millesime", flat=True)) == {"2026-04-01"}
    sites_enrich()
    assert site.site_parcels.get().millesime == "2026-04-01"
