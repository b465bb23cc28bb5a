"""A collection as a layer of QGIS: the feed with its symbols, labels, dates, or its tiles.

No secret is written: a layer that needs a token names the authentication configuration that the
person keeps in QGIS. Leaves what is put in a project to `projects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from feeds.qgis.symbols import add_renderer, add_symbol
from feeds.qgis.xml import add, reference_system
from geo.core.backgrounds import Background
from geo.core.collections import Collection, Property

# Seven characters, as QGIS wants them: the configuration « Jeton » that the guide has people make.
AUTHENTICATION = "atlas01"
CRS84 = "OGC:CRS84"
SYSTEMS = {"OAPIF": CRS84, "vectortile": "EPSG:3857", "wms": "EPSG:3857"}
# Drawn from this scale on, so that a view of France does not ask for every row.
SCALES = {"communes": "250000", "facilities": "100000", "site-parcels": "25000", "parcels": "10000"}
LABELS = {
    "sites": '"reference"',
    "communes": '"name"',
    "departements": '"name"',
    "facilities": '"name"',
    "site-parcels": '"idu"',
}
# Names are read where the exact place is; the label says the best that the row tells.
NAMED = {"sites": 'coalesce("name", "reference")'}
LABEL_SCALES = {"sites": "50000", "communes": "100000", "facilities": "15000"}
DATES = {
    "sites": ('to_datetime("opened_on")', 'to_datetime("closed_on")'),
    "evacuations": ('to_datetime("closed_on")',) * 2,
    "resorptions": ('to_datetime("closed_on")',) * 2,
    "other-closures": ('to_datetime("closed_on")',) * 2,
    "reinstallations": ('to_datetime("happened_on")',) * 2,
}
WKB = {"Point": "Point", "LineString": "LineString", "MultiPolygon": "MultiPolygon"}
GEOMETRIES = {"Point": "Point", "LineString": "Line", "MultiPolygon": "Polygon"}
TILE_GEOMETRIES = {"Point": "0", "LineString": "1", "MultiPolygon": "2"}


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: how the tree names it, and its definition."""

    key: str
    title: str
    provider: str
    source: str
    definition: Element


def feed_layer(collection: Collection, root: str) -> Layer:
    """The features of a collection, asked by extent; `root` is the landing page of the feeds."""
    source = (
        f"pagingEnabled='true' restrictToRequestBBOX='1' srsname='{CRS84}'"
        f" typename='{collection.id}' url='{root}'" + _authentication(collection, " ")
    )
    definition = Element(
        "maplayer",
        {
            "type": "vector",
            "geometry": GEOMETRIES[collection.geometry_type],
            "wkbType": WKB[collection.geometry_type],
            "labelsEnabled": "1" if collection.id in LABELS else "0",
            **_scales(SCALES.get(collection.id)),
        },
    )
    layer = _begun(definition, collection.id, collection.title, source, "OAPIF")
    add_renderer(definition, collection)
    if collection.id in LABELS:
        _label(definition, collection)
    if collection.id in DATES:
        _dates(definition, *DATES[collection.id])
    aliases = add(definition, "aliases")
    for number, prop in enumerate(_given(collection)):
        add(aliases, "alias", field=prop.name, name=prop.label, index=str(number + 1))
    _credits(definition, collection)
    return layer


def tile_layer(collection: Collection, template: str) -> Layer:
    """The tiles of a collection, every zoom of them; `template` has `{z}`, `{x}` and `{y}`."""
    source = _tiles(template, collection.minzoom, collection.maxzoom) + _authentication(
        collection, "&"
    )
    definition = Element("maplayer", {"type": "vector-tile", **_scales(None)})
    title = f"{collection.title} (tuiles)"
    layer = _begun(definition, f"{collection.id}-tiles", title, source, "vectortile")
    styles = add(add(definition, "renderer", type="basic"), "styles")
    for drawn in (*collection.levels, collection):
        style = add(
            styles,
            "style",
            name=drawn.title,
            layer=drawn.id,
            geometry=TILE_GEOMETRIES[drawn.geometry_type],
            enabled="1",
            expression="",
            **{"min-zoom": "-1", "max-zoom": "-1"},
        )
        symbol = (drawn.symbols or collection.symbols)[0]
        add_symbol(add(style, "symbols"), "0", symbol, "fill")
    _credits(definition, collection)
    return layer


def background_layer(background: Background, template: str) -> Layer:
    """A background of the platform: images of 256 pixels."""
    source = _tiles(template, background.minzoom, background.maxzoom)
    definition = Element("maplayer", {"type": "raster", **_scales(None)})
    layer = _begun(definition, f"background-{background.name}", background.title, source, "wms")
    pipe = add(definition, "pipe")
    add(pipe, "rasterrenderer", type="singlebandcolordata", band="1", opacity="1", alphaBand="-1")
    return layer


def _begun(definition: Element, key: str, title: str, source: str, provider: str) -> Layer:
    identifier = f"atlas_{key.replace('-', '_')}"
    add(definition, "id", identifier)
    add(definition, "datasource", source)
    add(definition, "layername", title)
    reference_system(definition, "srs", SYSTEMS[provider])
    add(definition, "provider", provider)
    return Layer(identifier, title, provider, source, definition)


def _authentication(collection: Collection, before: str) -> str:
    return "" if collection.public else f"{before}authcfg={AUTHENTICATION}"


def _tiles(template: str, minzoom: int, maxzoom: int) -> str:
    url = template.replace("{", "%7B").replace("}", "%7D").replace("&", "%26")
    return f"type=xyz&url={url}&zmin={minzoom}&zmax={maxzoom}"


def _scales(largest: str | None) -> dict[str, str]:
    shown = {"minScale": largest or "1e+08", "maxScale": "0"}
    return shown | {"hasScaleBasedVisibilityFlag": "1" if largest else "0"}


def _given(collection: Collection) -> list[Property]:
    return [p for p in collection.properties if not p.named]


def _label(definition: Element, collection: Collection) -> None:
    names = {p.name for p in collection.properties}
    expression = LABELS[collection.id]
    if "name" in names and collection.id in NAMED:
        expression = NAMED[collection.id]
    settings = add(add(definition, "labeling", type="simple"), "settings")
    style = add(
        settings,
        "text-style",
        fieldName=expression,
        isExpression="1",
        fontSize="8",
        fontSizeUnit="Point",
        textColor="40,40,40,255",
        textOpacity="1",
    )
    add(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
        bufferOpacity="1",
    )
    add(settings, "placement", placement="0", dist="1.5", distUnits="MM", priority="5")
    scale = LABEL_SCALES.get(collection.id)
    add(
        settings,
        "rendering",
        scaleVisibility="1" if scale else "0",
        scaleMax=scale or "0",
        scaleMin="1",
        drawLabels="1",
    )


def _dates(definition: Element, start: str, end: str) -> None:
    """For QGIS's temporal controller: nothing is hidden while it is not opened."""
    add(
        definition,
        "temporal",
        enabled="1",
        mode="4",
        startExpression=start,
        endExpression=end,
        limitMode="1",
        durationUnit="day",
        fixedDuration="0",
        accumulate="0",
    )


def _credits(definition: Element, collection: Collection) -> None:
    attribution, licence = collection.credited()
    told = add(definition, "resourceMetadata")
    add(told, "title", collection.title)
    add(told, "abstract", collection.description)
    if attribution:
        add(told, "rights", attribution)
    if licence:
        add(told, "license", licence)
