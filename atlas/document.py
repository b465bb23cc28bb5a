"""From a sheet to a tagged PDF (PDF/UA-1): the map, then everything it tells as text and table.

The engine may fetch nothing but our own static fonts. Leaves the map to `atlas.drawing`.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from fontTools.ttLib import TTFont
from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

from atlas import content, legend, table
from atlas.drawing.page import page_svg
from atlas.facilities import NEEDED
from atlas.fonts import FAMILY, font_faces
from atlas.sheet import Sheet

# Table pages of a large sheet are printed on a paper that a desk holds.
TABLE_PAPERS = {"a4": "A4", "a3": "A3"}
SCHEME = "static:"


class OwnFilesOnly(URLFetcher):
    """Answers `static:` addresses from our static files and refuses every other."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The file's bytes; raises `ValueError` for anything else."""
        name = url.removeprefix(SCHEME)
        found = finders.find(name) if url.startswith(SCHEME) and ".." not in name else None
        if not isinstance(found, str):
            raise ValueError(f"address refused: {url[:80]}")
        return URLFetcherResponse(url, _bytes(found))


@lru_cache(maxsize=16)
def _bytes(path: str) -> bytes:
    """A file's bytes; a compressed font is opened once for all the sheets of the process."""
    if not path.endswith(".woff2"):
        return Path(path).read_bytes()
    opened = BytesIO()
    with TTFont(path) as font:
        font.flavor = None
        font.save(opened)
    return opened.getvalue()


def css_string(text: str) -> str:
    """A text as a CSS string, its special characters escaped by code point."""
    return "".join(
        char if char.isalnum() or char in " -–·:/.,()’" else f"\\{ord(char):06x}" for char in text
    )


def sheet_pdf(sheet: Sheet, *, map_only: bool = False) -> bytes:
    """The PDF of a sheet: page 1 is the map, the next ones its equivalent as text and table.

    `map_only` leaves the next ones out, for what draws page 1 alone.
    """
    layout, columns = sheet.layout, table.columns(sheet)
    context = {
        "map_only": map_only,
        "title": content.title(sheet),
        "subtitle": content.subtitle(sheet),
        "family": FAMILY,
        "faces": font_faces(),
        "layout": layout,
        "page_size": f"{layout.page.width}mm {layout.page.height}mm",
        "table_paper": f"{TABLE_PAPERS.get(layout.format, 'A3')} {layout.orientation}",
        "running": {
            "title": css_string(content.title(sheet)),
            "badges": css_string(" · ".join(content.badges(sheet))),
            "edition": css_string(content.edition(sheet)),
        },
        "svg": page_svg(sheet, with_header=False),
        "sentence": content.sentence(sheet),
        "legend": list(legend.legend(sheet)),
        "notes": content.notes(sheet),
        "sources": content.sources(sheet),
        "edition": content.edition(sheet),
        "distances": any(column.name in NEEDED for column in columns),
        "columns": columns,
        "rows": [list(zip(columns, cells, strict=True)) for cells in table.rows(sheet)],
    }
    html = render_to_string("atlas/sheet.html", context)
    return bytes(
        HTML(string=html, base_url=SCHEME, url_fetcher=OwnFilesOnly()).write_pdf(
            pdf_variant="pdf/ua-1"
        )
    )
