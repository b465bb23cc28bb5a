"""The map of a sheet as a PNG, for a slide or a message: the PDF's first page, in pixels.

The PDF remains the document: it alone has the equivalent table and its tags.
"""

from __future__ import annotations

from io import BytesIO
from threading import Lock

import pypdfium2
from PIL.PngImagePlugin import PngInfo

from atlas import content
from atlas.document import sheet_pdf
from atlas.sheet import Sheet

DPI = 150.0
# An A0 at full resolution would take 140 MB of memory: larger papers have fewer dots an inch.
MAX_PIXELS = 12_000_000
MM_PER_INCH = 25.4
# The library may be called by one thread at a time.
_one_at_a_time = Lock()


def sheet_png(sheet: Sheet) -> bytes:
    """The map as a PNG that bears its title and its sentence as text."""
    page = sheet.layout.page
    inches = page.width * page.height / MM_PER_INCH**2
    dpi = min(DPI, (MAX_PIXELS / inches) ** 0.5)
    pdf = sheet_pdf(sheet, map_only=True)
    with _one_at_a_time:
        document = pypdfium2.PdfDocument(pdf)
        try:
            image = document[0].render(scale=dpi / 72).to_pil()
        finally:
            document.close()
    told = PngInfo()
    told.add_itxt("Title", content.title(sheet), lang="fr")
    told.add_itxt("Description", content.sentence(sheet), lang="fr")
    body = BytesIO()
    image.save(body, "PNG", dpi=(dpi, dpi), pnginfo=told)
    return body.getvalue()
