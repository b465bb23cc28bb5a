"""The layers that the product offers: our names, and what is known of them without network.

Names and defaults come from the producer's documentation of August 2026. Leaves to `services` to
correct them by the real capabilities.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curated:
    """A layer offered under a name of ours.

    `names` are the upstream identifiers, the present one first, then former ones. `style` is used
    where the service has it, else the service's default. `bounds` are degrees (EPSG:4326).
    `attribution` may hold `{edition}`.
    """

    slug: str
    names: tuple[str, ...]
    title: str
    theme: str
    overlay: bool
    attribution: str
    media_type: str
    style: str = "normal"
    # `PM` answers for every zoom; the capabilities name subsets of it that change with editions.
    matrix_set: str = "PM"
    minzoom: int = 0
    maxzoom: int = 19
    bounds: tuple[float, float, float, float] = (-180.0, -85.0, 180.0, 85.0)


CURATED: tuple[Curated, ...] = (
    Curated(
        slug="plan-ign",
        names=("GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2",),
        title="Plan IGN",
        theme="Cartes",
        overlay=False,
        attribution="© IGN – Géoplateforme",
        media_type="image/png",
        bounds=(-175.0, -85.0, 175.0, 85.0),
    ),
    Curated(
        slug="orthophotos",
        names=("ORTHOIMAGERY.ORTHOPHOTOS",),
        title="Photographies aériennes",
        theme="Photographies",
        overlay=False,
        attribution="© IGN – Géoplateforme",
        media_type="image/jpeg",
    ),
    Curated(
        slug="parcelles",
        names=("CADASTRALPARCELS.PARCELLAIRE_EXPRESS",),
        title="Parcelles cadastrales",
        theme="Cadastre",
        overlay=True,
        attribution="© IGN, DGFiP (Parcellaire Express{edition})",
        media_type="image/png",
        bounds=(-63.38, -21.48, 55.93, 51.32),
    ),
)
BY_SLUG: dict[str, Curated] = {layer.slug: layer for layer in CURATED}
