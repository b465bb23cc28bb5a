"""`/qgis/`: the project of a departement and the definition of a layer, as their reader has them.

Leaves what they hold to `layers` and `projects`.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from feeds.addresses import collection_of, root_of, visible_to
from feeds.qgis.layers import Layer, background_layer, feed_layer, tile_layer
from feeds.qgis.projects import Folder, View, definition, project
from geo.core import backgrounds
from geo.core.collections import Collection
from geo.core.crs import WGS84, transformer
from geo.core.errors import NotFound
from geo.core.params import check_names
from geo.core.problems import answers_problems
from geo.core.reader import ReaderRequest
from geo.territories.models import Departement

PROJECT, DEFINITION = "application/x-qgis", "application/x-qgis-layer-definition"
# Drawn by tiles: too many rows for a feed at the scales where they are looked at.
TILED = ("parcels",)
# From top to bottom, as on our map, points over lines over grounds; how many are drawn at first.
FOLDERS = (
    ("Sites", 2, ("sites", "site-footprints", "reinstallations")),
    ("Fermetures", 0, ("resorptions", "evacuations", "other-closures")),
    ("Actions", 1, ("actions",)),
    ("Services", 0, ("facilities",)),
    ("Cadastre", 2, ("site-parcels", "parcels")),
    ("Territoires", 2, ("departements", "communes", "epcis", "regions")),
)
# Around the departement when the project opens.
PAD = 0.05


@require_safe
@login_not_required
@answers_problems
def departement_project(request: ReaderRequest, code: str) -> HttpResponse:
    """`/qgis/{departement}.qgz`: every layer that the reader may see, opened on a departement."""
    check_names(request.GET, ())
    departement = Departement.objects.filter(code=code).first()
    if departement is None:
        raise NotFound(f"Département inconnu : « {code[:9]} ».")
    shown = {item.id: item for item in visible_to(request)}
    folders = [
        Folder(title, [_layer(request, shown[i]) for i in ids if i in shown], shown=drawn)
        for title, drawn, ids in FOLDERS
    ]
    folders.append(Folder("Fonds de plan", _backgrounds(request), shown=0, open=False))
    title = f"Atlas de la résorption : {departement.name}"
    body = project(title, [f for f in folders if f.layers], _view(departement))
    return _file(body, PROJECT, f"atlas-{departement.code}.qgz")


@require_safe
@login_not_required
@answers_problems
def layer_definition(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/qgis/{collection}.qlr`: one collection, by its feed and by its tiles."""
    check_names(request.GET, ())
    collection = collection_of(request, collection_id)
    layers = [feed_layer(collection, root_of(request))]
    if collection.id in TILED:
        layers.append(tile_layer(collection, _tiles(request, collection)))
    body = definition(Folder(collection.title, layers))
    return _file(body, DEFINITION, f"{collection.id}.qlr")


def _layer(request: ReaderRequest, collection: Collection) -> Layer:
    if collection.id in TILED:
        return tile_layer(collection, _tiles(request, collection))
    return feed_layer(collection, root_of(request))


def _tiles(request: ReaderRequest, collection: Collection) -> str:
    return request.build_absolute_uri(f"/tiles/{collection.id}/") + "{z}/{x}/{y}.mvt"


def _backgrounds(request: ReaderRequest) -> Sequence[Layer]:
    root = request.build_absolute_uri("/").rstrip("/")
    return [background_layer(each, f"{root}{each.tiles}") for each in backgrounds.available()]


def _view(departement: Departement) -> View:
    west, south, east, north = departement.contour.extent
    box = transformer(WGS84, departement.srid).transform_bounds(west, south, east, north)
    across, up = (box[2] - box[0]) * PAD, (box[3] - box[1]) * PAD
    return View(departement.srid, (box[0] - across, box[1] - up, box[2] + across, box[3] + up))


def _file(body: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-cache"
    return response
