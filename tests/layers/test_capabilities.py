"""Reading WMTS capabilities: what is kept, what is refused, what is dangerous."""

from __future__ import annotations

import gzip

import pytest

from geo.core.errors import InvalidInput
from layers.capabilities import parse
from tests.fakes.geoplateforme import LAYERS, capabilities

DOCUMENT = capabilities(LAYERS)
LINK = "<TileMatrixSetLink><TileMatrixSet>PM</TileMatrixSet></TileMatrixSetLink>"
NO_BOX = (
    "<ows:WGS84BoundingBox><ows:LowerCorner>ouest sud</ows:LowerCorner>"
    "<ows:UpperCorner>1 1</ows:UpperCorner></ows:WGS84BoundingBox>"
)


def with_layer(inner: str) -> bytes:
    """A document with one more layer, its inside given."""
    return DOCUMENT.replace(b"</Contents>", f"<Layer>{inner}</Layer></Contents>".encode())


def test_layers_are_read_with_their_style_format_zooms_and_edition() -> None:
    read = parse(DOCUMENT)
    by_name = {layer.identifier: layer for layer in read.layers}
    parcels = by_name["CADASTRALPARCELS.PARCELLAIRE_EXPRESS"]
    assert parcels.styles == ("normal", "PCI vecteur")
    assert parcels.default_style == "normal"
    assert parcels.edition == "2026-07-01"
    assert (parcels.matrix_set, parcels.minzoom, parcels.maxzoom) == ("PM_0_19", 0, 19)
    assert parcels.bounds == (-63.3725, -21.4756, 55.9259, 51.3121)
    assert by_name["ORTHOIMAGERY.ORTHOPHOTOS"].media_type == "image/jpeg"


def test_what_cannot_be_tiled_here_is_named_with_its_reason() -> None:
    read = parse(DOCUMENT)
    assert read.read == 4
    (refused,) = read.refused
    assert refused.startswith("ELEVATION.INVENTED : format image/x-bil")


def test_a_gzipped_document_reads_the_same() -> None:
    assert parse(gzip.compress(DOCUMENT)) == parse(DOCUMENT)


def test_zooms_come_from_the_limits_then_from_the_name_of_the_set() -> None:
    common = (
        "<ows:Identifier>{}</ows:Identifier><Format>image/png</Format>"
        "<TileMatrixSetLink><TileMatrixSet>{}</TileMatrixSet></TileMatrixSetLink>"
    )
    named = parse(with_layer(common.format("A", "PM_6_16"))).layers[-1]
    assert (named.minzoom, named.maxzoom) == (6, 16)
    whole = parse(with_layer(common.format("B", "PM"))).layers[-1]
    assert (whole.minzoom, whole.maxzoom) == (0, 21)
    assert whole.bounds == (-180.0, -85.0, 180.0, 85.0)


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ("<Format>image/png</Format>", "aucun identifiant"),
        ("<ows:Identifier>X</ows:Identifier><Format>image/tiff</Format>", "format"),
        ("<ows:Identifier>X</ows:Identifier><Format>image/png</Format>", "jeu de tuiles"),
        (
            "<ows:Identifier>GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2</ows:Identifier>",
            "identifiant en double",
        ),
        (
            f"<ows:Identifier>X</ows:Identifier><Format>image/png</Format>{LINK}{NO_BOX}",
            "could not convert",
        ),
    ],
)
def test_one_bad_layer_does_not_hide_the_others(inner: str, reason: str) -> None:
    read = parse(with_layer(inner))
    assert len(read.layers) == 3
    assert any(reason in refused for refused in read.refused)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html><body>maintenance</body></html>",
        DOCUMENT[: len(DOCUMENT) // 2],
        gzip.compress(DOCUMENT)[:200],
        capabilities({}),
        b'<!DOCTYPE a [<!ENTITY e "x">]>' + DOCUMENT.partition(b"?>")[2],
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + DOCUMENT.partition(b"?>")[2],
    ],
    ids=["empty", "html", "cut", "cut gzip", "no layer", "entity", "outside DTD"],
)
def test_anything_else_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse(document)
