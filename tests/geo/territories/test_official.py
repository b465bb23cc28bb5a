"""The official services over HTTP: pages that agree, facts that complete, faults told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shapely

from geo.core.errors import SourceUnavailable
from geo.territories.origins import OFFICIAL
from geo.territories.readers import official
from geo.territories.readers.official import PREFIX, read_services
from tests.fakes.server import Reply
from tests.fakes.territories import (
    TerritoryServices,
    cut_body,
    layer,
    territory_services,
    too_many,
    without_service,
    xml_exception,
)
from tests.geo.territories.invented import cell


def drawn(column: int, row: int, columns: int = 1) -> dict[str, Any]:
    return dict(shapely.geometry.mapping(cell(column, row, columns)))


@pytest.fixture
def services(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[TerritoryServices]:
    # Two features a page, so that three communes take two.
    monkeypatch.setattr(official, "PAGE", 2)
    with territory_services(settings) as fake:
        fake.layers = {
            PREFIX + "region": layer(
                (drawn(0, 0, 3), {"code_insee": "11", "nom_officiel": "Île-de-France"})
            ),
            PREFIX + "departement": layer((
                drawn(0, 0, 3),
                {
                    "code_insee": "77",
                    "nom_officiel": "Seine-et-Marne",
                    "code_insee_de_la_region": "11",
                },
            )),
            PREFIX + "epci": layer(
                (drawn(0, 0, 3), {"code_siren": "200000001", "nom_officiel": "CC inventée"})
            ),
            PREFIX + "commune": layer(*(
                (
                    drawn(i, 0),
                    {
                        "code_insee": f"7700{i + 1}",
                        "nom_officiel": f"Commune {i + 1}",
                        "code_insee_du_departement": "77",
                        "code_insee_de_la_region": "11",
                        "codes_siren_des_epci": "200000001",
                        "population": 100 * (i + 1),
                    },
                )
                for i in range(3)
            )),
            PREFIX + "arrondissement_municipal": layer((
                drawn(0, 0),
                {"code_insee": "75101", "code_insee_de_la_commune_de_rattach": "75056"},
            )),
        }  # fmt: skip
        fake.rows = {
            "/regions": [{"nom": "Île-de-France", "code": "11"}],
            "/departements": [{"nom": "Seine-et-Marne", "code": "77", "codeRegion": "11"}],
            "/epcis": [
                {
                    "nom": "CC inventée",
                    "code": "200000001",
                    "codesDepartements": ["77"],
                    "population": 600,
                }
            ],
            "/communes": [
                {
                    "nom": "Commune 1",
                    "code": "77001",
                    "codeDepartement": "77",
                    "codeRegion": "11",
                    "codeEpci": "200000001",
                    "population": 110,
                    "centre": {"type": "Point", "coordinates": [2.05, 48.55]},
                },
                {
                    "nom": "Paris 1er",
                    "code": "75101",
                    "codeDepartement": "77",
                    "codeParent": "75056",
                },
            ],
        }
        yield fake


def test_all_pages_of_all_layers_and_the_facts(services: TerritoryServices) -> None:
    found = read_services(millesime="2026")
    assert {level: sorted(pieces) for level, pieces in found.contours.items()} == {
        "region": ["11"],
        "departement": ["77"],
        "epci": ["200000001"],
        "commune": ["75101", "77001", "77002", "77003"],
    }
    town = found.contours["commune"]["77001"]
    assert (town.name, town.epci, town.population) == ("Commune 1", "200000001", 100)
    assert (town.millesime, town.source) == ("2026", OFFICIAL)
    assert found.contours["commune"]["75101"].main_commune == "75056"
    place = found.facts["commune", "77001"].point
    assert place is not None
    assert (place.x, place.y) == (2.05, 48.55)
    assert found.facts["epci", "200000001"].departements == ("77",)
    assert not found.notes
    starts = [
        asked.query["STARTINDEX"]
        for asked in services.calls("/wfs")
        if asked.query["TYPENAMES"].endswith(":commune")
    ]
    assert starts == ["0", "2"]


def test_three_dimensions_and_crossed_rings_are_repaired(services: TerritoryServices) -> None:
    ring = [[2.0, 48.5, 12.0], [2.1, 48.6, 12.0], [2.1, 48.5, 12.0], [2.0, 48.6, 12.0]]
    wrong = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    services.layers[PREFIX + "commune"][0]["geometry"] = wrong
    found = read_services()
    contour = found.contours["commune"]["77001"].contour
    assert contour is not None
    assert contour.is_valid
    assert not contour.has_z
    assert found.repaired == {"commune": ["77001"]}


@pytest.mark.parametrize(
    ("coordinates", "told"),
    [
        ("x", "mal formée"),
        ([[[48.5, 2.0], [48.6, 2.0], [48.6, 2.1], [48.5, 2.0]]], "inversées"),
    ],
)
def test_contours_that_cannot_be_used_set_the_services_aside(
    services: TerritoryServices, coordinates: Any, told: str
) -> None:
    geometry = {"type": "Polygon", "coordinates": coordinates}
    services.layers[PREFIX + "region"][0]["geometry"] = geometry
    with pytest.raises(SourceUnavailable, match=told):
        read_services()


@pytest.mark.parametrize("fault", [too_many, cut_body, lambda: Reply(503, "text/html", b"down")])
def test_a_passing_fault_is_tried_again(
    services: TerritoryServices, fault: Callable[[], Reply]
) -> None:
    services.fault(fault)
    assert len(read_services().contours["commune"]) == 4


@pytest.mark.parametrize(
    ("switch", "told"),
    [
        ("drifting", "total change entre deux pages"),
        ("short_pages", "page tronquée"),
        ("repeating", "codes en double"),
    ],
)
def test_pages_that_do_not_agree_are_refused(
    services: TerritoryServices, switch: str, told: str
) -> None:
    setattr(services, switch, True)
    with pytest.raises(SourceUnavailable, match=told):
        read_services()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (lambda: xml_exception("Illegal property name"), "réponse 200 Illegal property name"),
        (lambda: xml_exception("Cannot sort", 500), "réponse 500 Cannot sort"),
        (lambda: Reply(200, "application/json", b""), "réponse 200"),
        (lambda: Reply(200, "application/json", b'{"type": "Feat'), "réponse 200"),
        (lambda: Reply(200, "application/json", b'{"features": []}'), "sans décompte"),
        (lambda: Reply(200, "text/html", b"<html>maintenance</html>"), "réponse 200"),
        (lambda: Reply(302, "text/plain", b"", {"location": "http://x.invalid/"}), "réponse 302"),
    ],
)
def test_an_answer_that_is_no_page_is_told(
    services: TerritoryServices, fault: Callable[[], Reply], told: str
) -> None:
    services.fault(fault)
    with pytest.raises(SourceUnavailable, match=told):
        read_services()


def test_a_renamed_layer_is_named(services: TerritoryServices) -> None:
    del services.layers[PREFIX + "epci"]
    with pytest.raises(SourceUnavailable, match=r"epci.*unknown"):
        read_services()


def test_a_layer_of_another_level_is_refused(services: TerritoryServices) -> None:
    services.layers[PREFIX + "epci"] = services.layers[PREFIX + "commune"]
    with pytest.raises(SourceUnavailable, match="niveau commune au lieu de epci"):
        read_services()


@pytest.mark.parametrize(
    ("switch", "told"),
    [("unfound", "réponse 404 Not Found"), ("ignoring", "autre département")],
)
def test_contours_are_enough_when_api_geo_fails(
    services: TerritoryServices, switch: str, told: str
) -> None:
    setattr(services, switch, True)
    services.rows["/communes"].append({"nom": "Ailleurs", "code": "01001", "codeDepartement": "01"})
    found = read_services()
    assert len(found.contours["commune"]) == 4
    assert len(found.notes) == 1
    assert told in found.notes[0]


def test_no_service_at_all(settings: Any) -> None:
    without_service(("geopf", "geoapi"), settings)
    with pytest.raises(SourceUnavailable, match="geopf"):
        read_services()
