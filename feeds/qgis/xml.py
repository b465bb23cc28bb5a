"""XML as QGIS writes it: elements, options, reference systems.

Leaves what a layer is to `layers` and how it looks to `symbols`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from xml.etree.ElementTree import Element, SubElement, tostring

from pyproj import CRS

QGIS_VERSION = "3.22.0"


def add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """A child element; names that Python keeps for itself end with an underscore."""
    child = SubElement(parent, tag, {name.rstrip("_"): v for name, v in attributes.items()})
    if text:
        child.text = text
    return child


def options(parent: Element, values: Mapping[str, str]) -> None:
    """The settings of a symbol layer, as programs of 3.22 and later read them."""
    holder = add(parent, "Option", type="Map")
    for name, value in values.items():
        add(holder, "Option", name=name, value=value, type="QString")


def reference_system(parent: Element, tag: str, authid: str) -> None:
    """A reference system by its text, and by its code where QGIS knows it."""
    system = add(add(parent, tag), "spatialrefsys")
    add(system, "wkt", _wkt(authid))
    # Any number of theirs: without one the code is not looked at.
    add(system, "srsid", "1")
    add(system, "authid", authid)


@lru_cache(maxsize=16)
def _wkt(authid: str) -> str:
    return CRS.from_user_input(authid).to_wkt()


def written(root: Element, doctype: str) -> bytes:
    """The text of a document, in UTF-8."""
    body: bytes = tostring(root, encoding="utf-8")
    return f"<!DOCTYPE {doctype}>\n".encode() + body + b"\n"
