"""The project of a departement, and the definition of one layer: what a reader may see, in QGIS.

Leaves layers to `layers` and HTTP to `views`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from feeds.qgis.layers import Layer
from feeds.qgis.xml import QGIS_VERSION, add, reference_system, written

# Zip entries carry a date: always the same one, so that equal projects are equal files.
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Folder:
    """A group of the layer tree; the first `shown` of its layers are drawn when a project opens."""

    title: str
    layers: Sequence[Layer]
    shown: int = 1
    open: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """Where a project opens: a box (xmin, ymin, xmax, ymax) in the units of `srid`."""

    srid: int
    box: tuple[float, float, float, float]


def project(title: str, folders: Sequence[Folder], view: View) -> bytes:
    """A `.qgz`: the project alone, in its zip."""
    root = Element("qgis", {"version": QGIS_VERSION, "projectname": title})
    add(root, "title", title)
    reference_system(root, "projectCrs", f"EPSG:{view.srid}")
    tree = add(root, "layer-tree-group")
    for folder in folders:
        _group(tree, folder)
    canvas = add(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    add(canvas, "units", "meters")
    extent = add(canvas, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), view.box, strict=True):
        add(extent, name, f"{value:.1f}")
    reference_system(canvas, "destinationsrs", f"EPSG:{view.srid}")
    _definitions(root, "projectlayers", folders)
    # Without it QGIS does not read the reference system of the project.
    enabled = add(add(root, "properties"), "SpatialRefSys")
    add(enabled, "ProjectionsEnabled", "1", type="int")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("atlas.qgs", EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, written(root, "qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'"))
    return held.getvalue()


def definition(folder: Folder) -> bytes:
    """A `.qlr`: layers to add to any project."""
    root = Element("qlr")
    tree = add(root, "layer-tree-group", name="", checked="Qt::Checked", expanded="1")
    for layer in folder.layers:
        _leaf(tree, layer, shown=True)
    _definitions(root, "maplayers", [folder])
    return written(root, "qgis-layer-definition")


def _group(tree: Element, folder: Folder) -> None:
    group = add(
        tree,
        "layer-tree-group",
        name=folder.title,
        checked="Qt::Checked",
        expanded="1" if folder.open else "0",
    )
    for number, layer in enumerate(folder.layers):
        _leaf(group, layer, shown=number < folder.shown)


def _leaf(group: Element, layer: Layer, *, shown: bool) -> None:
    add(
        group,
        "layer-tree-layer",
        id=layer.key,
        name=layer.title,
        providerKey=layer.provider,
        source=layer.source,
        checked="Qt::Checked" if shown else "Qt::Unchecked",
        expanded="0",
    )


def _definitions(root: Element, tag: str, folders: Sequence[Folder]) -> None:
    holder = SubElement(root, tag)
    for folder in folders:
        for layer in folder.layers:
            holder.append(layer.definition)
