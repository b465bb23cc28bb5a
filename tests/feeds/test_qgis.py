"""Projects and layer definitions for QGIS: what their reader may see, as the map draws it."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.core import collections
from geo.core.scope import Scope
from tests.support.factories import make_departement, make_user

pytestmark = pytest.mark.django_db
PUBLIC = {"departements", "communes", "epcis", "regions", "facilities"}


def project(client: Client, code: str = "93") -> Element:
    response = client.get(f"/qgis/{code}.qgz")
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "private, no-cache"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        (name,) = archive.namelist()
        return fromstring(archive.read(name))


def sources(root: Element) -> dict[str, str]:
    """The source of each layer, by its name."""
    return {
        layer.findtext("layername", ""): layer.findtext("datasource", "")
        for layer in root.iter("maplayer")
    }


def typenames(root: Element) -> set[str]:
    return {
        source.split("typename='")[1].split("'")[0]
        for source in sources(root).values()
        if "typename='" in source
    }


def test_a_stranger_gets_what_is_public_and_hears_of_nothing_else(
    client: Client, territories: Any
) -> None:
    response = client.get("/qgis/93.qgz")
    root = project(client)
    assert typenames(root) == PUBLIC
    assert "authcfg" not in str(sources(root))
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        text = archive.read("atlas.qgs").decode()
    assert not any(word in text for word in ("Emprises", "Réinstallations", "vacuations"))
    assert client.get("/qgis/sites.qlr").status_code == 404
    assert client.get("/qgis/communes.qlr").status_code == 200


def test_a_reader_gets_all_that_is_theirs_and_no_secret(
    client: Client, territories: Any, admin_93: Any
) -> None:
    client.force_login(admin_93)
    root = project(client)
    known = {item.id for item in collections.visible(Scope.nation())}
    assert typenames(root) == known - {"parcels"}
    told = sources(root)
    assert told["Sites"].endswith("url='http://testserver/ogc/' authcfg=atlas01")
    assert "restrictToRequestBBOX='1'" in told["Sites"]
    tiles = told["Parcelles cadastrales (tuiles)"]
    assert "url=http://testserver/tiles/parcels/%7Bz%7D/%7Bx%7D/%7By%7D.mvt&zmin=8&zmax=16" in tiles
    # What is public asks for no configuration: it opens for whoever has none.
    assert "authcfg" not in told["Communes"]


def test_the_tree_and_the_layers_agree(client: Client, territories: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    root = project(client)
    leaves = {leaf.get("id"): leaf.get("source") for leaf in root.iter("layer-tree-layer")}
    layers = {layer.findtext("id"): layer.findtext("datasource") for layer in root.iter("maplayer")}
    assert leaves == layers


def test_symbols_are_those_of_the_map(client: Client, territories: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    (layer,) = (e for e in project(client).iter("maplayer") if e.findtext("layername") == "Sites")
    renderer = layer.find("renderer-v2")
    assert renderer is not None
    assert renderer.get("attr") == "status"
    symbols = collections.get("sites", Scope.nation()).symbols
    told = [(each.get("value"), each.get("label")) for each in renderer.iter("category")]
    assert told == [(symbol.value, symbol.label) for symbol in symbols]
    colours = [
        option.get("value") for option in renderer.iter("Option") if option.get("name") == "color"
    ]
    assert colours[0] == "201,25,30,255"


def test_labels_name_a_site_where_its_name_is_read(client: Client, territories: Any) -> None:
    client.force_login(make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93"))
    styles = [style.get("fieldName") for style in project(client).iter("text-style")]
    assert 'coalesce("name", "reference")' in styles


@pytest.mark.parametrize(("code", "srid"), [("93", 2154), ("974", 2975)])
def test_a_project_opens_on_its_departement_in_its_legal_projection(
    client: Client, territories: Any, code: str, srid: int
) -> None:
    if code == "974":
        reunion = make_departement("974", "La Réunion", "11", (55.2, -21.4, 55.8, -20.9))
        type(reunion).objects.filter(pk=reunion.pk).update(srid=srid)
    root = project(client, code)
    system = root.find("projectCrs/spatialrefsys")
    assert system is not None
    assert system.findtext("authid") == f"EPSG:{srid}"
    box = [
        float(root.findtext(f"mapcanvas/extent/{n}", "")) for n in ("xmin", "ymin", "xmax", "ymax")
    ]
    assert 0 < box[2] - box[0] < 150_000
    assert root.findtext("properties/SpatialRefSys/ProjectionsEnabled") == "1"


def test_a_definition_is_one_layer(client: Client, territories: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    root = fromstring(client.get("/qgis/sites.qlr").content)
    assert [e.findtext("layername") for e in root.iter("maplayer")] == ["Sites"]
    parcels = fromstring(client.get("/qgis/parcels.qlr").content)
    providers = [e.findtext("provider") for e in parcels.iter("maplayer")]
    assert providers == ["OAPIF", "vectortile"]
    styles = [style.get("layer") for style in parcels.iter("style")]
    assert styles == ["parcel-communes", "parcel-sections", "parcels"]


@pytest.mark.parametrize("path", ["/qgis/99.qgz", "/qgis/rien.qlr", "/qgis/93.qgz?x=1"])
def test_what_does_not_exist_is_told(client: Client, territories: Any, path: str) -> None:
    response = client.get(path)
    assert response.status_code == (400 if "?" in path else 404)
    assert response["Content-Type"] == "application/problem+json"
