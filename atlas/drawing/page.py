"""A whole sheet in ink: the map, its inset and the blocks around it.

Leaves each part to its module; the PDF adds its title and its table as text.
"""

from __future__ import annotations

from atlas import content
from atlas.drawing import blocks, svg
from atlas.drawing.furniture import inset_caption, strip, ticks
from atlas.drawing.panel import frame_svg, panel_svg
from atlas.sheet import Sheet


def page_svg(sheet: Sheet, *, with_header: bool = True) -> str:
    """The sheet as one SVG document, its unit the millimetre.

    `with_header=False` leaves out title and subtitle, for the PDF where they are text.
    """
    layout, factor = sheet.layout, sheet.layout.factor
    zone = sheet.spot.zone if sheet.spot else None
    definitions, main = panel_svg(sheet.main, sheet.matter, factor, "main", zone)
    body = [main]
    if sheet.inset is not None and sheet.spot is not None:
        inner_definitions, inner = panel_svg(sheet.inset, sheet.matter, factor, "inset")
        definitions += inner_definitions
        body += [
            inner,
            inset_caption(sheet.inset.frame, sheet.spot.box, factor),
            frame_svg(sheet.inset.frame.rect, factor),
            frame_svg(sheet.spot.box, factor),
        ]
    body += [
        blocks.ribbon(sheet),
        frame_svg(layout.map, factor),
        ticks(sheet.main.frame, factor),
        strip(sheet.main.frame, layout.strip, factor),
        blocks.figures(sheet),
        blocks.legend(sheet),
        blocks.sources(sheet),
        blocks.badges(sheet),
    ]
    if with_header:
        body.append(blocks.header(sheet))
    paper = svg.rect(0, 0, layout.page.width, layout.page.height, fill="#ffffff")
    return svg.document(
        layout.page.width,
        layout.page.height,
        [f"<defs>{definitions}</defs>", paper, *body],
        # The engine makes the title the figure's alternative text.
        content.title(sheet) if with_header else f"Carte. {content.sentence(sheet)}",
        content.sentence(sheet) if with_header else "",
    )
