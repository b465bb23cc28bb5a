"""The sheet's typeface: where its files are, its `@font-face` rules, and how wide a text is.

Source Sans 3 comes with the browser bundle; where that is not built, whatever DejaVu or sans-serif
face the system has stands in, and widths are taken with a safe mean. Leaves drawing to the others.
"""

from __future__ import annotations

from functools import cache

from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont

FAMILY = "Source Sans 3"
# WeasyPrint keeps the spaces of an SVG attribute's list: none here.
STACK = f"{FAMILY},DejaVu Sans,Verdana,sans-serif"
FOLDER = "web/dist/fonts"
FACES = ((400, "normal"), (400, "italic"), (600, "normal"), (700, "normal"))
SUBSETS = {
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,"
    "U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215",
    "latin-ext": "U+0100-0130,U+0132-0151,U+0154-02BA,U+02BD-02C5,U+02C7-02CC,U+1E00-1E9F,"
    "U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
}
# Wider than Source Sans and about DejaVu Sans's mean: a label box is never too small.
SAFE_EM = 0.62


def font_path(weight: int, style: str = "normal", subset: str = "latin") -> str | None:
    """The bundled file of a face, or None where the bundle is not built."""
    found = finders.find(f"{FOLDER}/source-sans-3-{subset}-{weight}-{style}.woff2")
    return found if isinstance(found, str) else None


def font_faces() -> str:
    """The CSS rules that declare the bundled faces; empty where there are none."""
    rules = []
    for weight, style in FACES:
        for subset, characters in SUBSETS.items():
            if font_path(weight, style, subset):
                address = f"static:{FOLDER}/source-sans-3-{subset}-{weight}-{style}.woff2"
                rules.append(
                    f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};'
                    f"font-style:{style};unicode-range:{characters};"
                    f'src:url("{address}")}}'
                )
    return "\n".join(rules)


@cache
def _advances(weight: int) -> dict[int, float]:
    """Advance of each character in em; empty without the bundle."""
    path = font_path(weight)
    if path is None:
        return {}
    with TTFont(path, lazy=True) as font:
        units, metrics = font["head"].unitsPerEm, font["hmtx"].metrics
        return {code: metrics[name][0] / units for code, name in font.getBestCmap().items()}


def text_width(text: str, size: float, weight: int = 400) -> float:
    """Width of `text` set at `size`, in the unit of `size`; kerning is left out."""
    advances = _advances(weight)
    return size * sum(advances.get(ord(character), SAFE_EM) for character in text)


def wrapped(text: str, size: float, width: float, weight: int = 400) -> list[str]:
    """The lines of `text` within `width`; a word wider than a line stands alone on its own."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and text_width(longer, size, weight) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]
