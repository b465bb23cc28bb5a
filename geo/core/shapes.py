"""The outline of each symbol's shape, as one SVG path on a box of 24: legend, map and print agree.

Leaves which feature bears which shape to the collections.
"""

from __future__ import annotations

BOX = 24
SHAPES = {
    "circle": "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16z",
    "square": "M5 5h14v14H5z",
    "diamond": "M12 2.5L21.5 12L12 21.5L2.5 12z",
    "triangle": "M12 3.5L21 19.5H3z",
    "triangle-down": "M12 20.5L3 4.5h18z",
    "cross": "M6.3 3.5L12 9.2L17.7 3.5L20.5 6.3L14.8 12L20.5 17.7L17.7 20.5L12 14.8L6.3 20.5"
    "L3.5 17.7L9.2 12L3.5 6.3z",
    # Facilities: unlike the shapes of sites, and told apart in grey.
    "house": "M12 2.5L21.5 10.5H19V21H5V10.5H2.5z",
    "plus": "M9 3h6v6h6v6h-6v6H9v-6H3V9h6z",
    "drop": "M12 2C15.5 7 18.5 10.4 18.5 14.8a6.5 6.5 0 0 1-13 0C5.5 10.4 8.5 7 12 2z",
    "star": "M12 2l2.7 6.3 6.8.6-5.2 4.5 1.6 6.7-5.9-3.6-5.9 3.6 1.6-6.7-5.2-4.5 6.8-.6z",
    "hexagon": "M7.5 4h9l5 8-5 8h-9l-5-8z",
    "bowl": "M2 9h20a10 10 0 0 1-20 0z",
    "bin": "M3 4.5h18L17.5 20h-11z",
    "bar": "M2 8.5h20v7H2z",
    "shield": "M4 3.5h16V12c0 4.5-3.5 7.5-8 9c-4.5-1.5-8-4.5-8-9z",
    "arch": "M5 21v-9a7 7 0 0 1 14 0v9z",
    "line": "M2 10.5h14V6l6 6l-6 6v-4.5H2z",
    "polygon": "M4 7L15 3.5L21 13L13 21L4.5 17z",
}
