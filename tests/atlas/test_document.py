"""The PDF: tagged, vector, its fonts inside, its size, its words, its table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from atlas import content, table
from atlas.document import OwnFilesOnly, sheet_pdf
from atlas.drawing.page import page_svg
from tests.atlas import reading
from tests.atlas.conftest import record_of, settle

pytestmark = pytest.mark.django_db
MM = 72 / 25.4


_made: dict[str, Any] = {}


@pytest.fixture
def made(request: pytest.FixtureRequest) -> tuple[Any, PdfReader]:
    """A sheet of the Bouches-du-Rhône and its PDF, made once: neither reads the base again."""
    if not _made:
        request.getfixturevalue("five")
        settle("13", count=26, spread=0.1)
        sheet = request.getfixturevalue("sheet_of")("13", paper="a3", orientation="landscape")
        _made.update(sheet=sheet, pdf=sheet_pdf(sheet))
    return _made["sheet"], PdfReader(BytesIO(_made["pdf"]))


def tags(node: Any) -> Iterator[Any]:
    """Every element of the structure tree."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from tags(child)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from tags(node["/K"])


def test_it_is_tagged_and_says_so(made: tuple[Any, PdfReader]) -> None:
    sheet, pdf = made
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert "Bouches-du-Rhône (13)" in pdf.metadata.title
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    elements = list(tags(root["/StructTreeRoot"]))
    kinds = [str(element["/S"]) for element in elements]
    assert kinds.count("/H1") == 1
    assert {"/H2", "/Table", "/TH", "/TD", "/L"} <= set(kinds)
    (figure,) = [element for element in elements if element["/S"] == "/Figure"]
    assert "sites ouverts" in str(figure["/Alt"])
    assert content.title(sheet) in str(figure["/Alt"])
    # The header row comes again on each page of the table.
    rows = [element for element in elements if element["/S"] == "/TR"]
    assert len(rows) >= len(sheet.marks) + 1


def test_it_is_vector_with_its_fonts_inside(made: tuple[Any, PdfReader]) -> None:
    _, pdf = made
    fonts = 0
    for page in pdf.pages:
        assert not list(page.images)
        for font in page["/Resources"].get("/Font", {}).values():
            fonts += 1
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
    assert fonts


def test_its_size_is_the_paper_s(made: tuple[Any, PdfReader]) -> None:
    _, pdf = made
    box = pdf.pages[0].mediabox
    assert float(box.width) == pytest.approx(420 * MM, abs=0.5)
    assert float(box.height) == pytest.approx(297 * MM, abs=0.5)
    assert len(pdf.pages) >= 2


def test_it_says_what_the_map_shows(made: tuple[Any, PdfReader], settings: Any) -> None:
    sheet, pdf = made
    first = pdf.pages[0].extract_text()
    rest = " ".join(" ".join(page.extract_text() for page in pdf.pages[1:]).split())
    for words in ("Bouches-du-Rhône (13)", "Marseille", "Échelle 1:", "Évacuations", "Préfecture"):
        assert words in first
    assert "Diffusion restreinte" in first
    assert "Contours approchés" in first
    assert content.DEMO in first
    assert "situation au 31" in first.replace("\u00a0", " ")
    for row in table.rows(sheet):
        assert row[0] in rest
    assert f"{len(sheet.marks)} sites" in rest.replace("\u00a0", " ")


def test_the_prefecture_is_printed_at_its_place(made: tuple[Any, PdfReader]) -> None:
    sheet, pdf = made
    record = record_of("13")
    map_ = reading.calibrate(reading.parsed(page_svg(sheet)), record.contour, 2154)
    wanted = map_.to_mm(record.point.x, record.point.y)
    side = 2 * 0.75 * sheet.layout.factor
    squares = [(x, y) for x, y, width in reading.boxes_of(pdf.pages[0]) if abs(width - side) < 0.05]
    assert min(math.dist(place, wanted) for place in squares) < 0.3


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a.png",
        "http://127.0.0.1:9/a.png",
        "file:///etc/passwd",
        "static:../../etc/passwd",
        "data:text/plain,a",
    ],
)
def test_the_engine_fetches_nothing_else(address: str) -> None:
    with pytest.raises(ValueError, match="refused"):
        OwnFilesOnly().fetch(address)


def test_a_sheet_without_sites_says_so(five: None, sheet_of: Callable[..., Any]) -> None:
    sheet = sheet_of("971")
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(sheet_pdf(sheet))).pages)
    assert "aucun site ouvert" in text
    assert sheet.marks == ()
