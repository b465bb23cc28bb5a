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
    "line": "M2 10.5h14V6l6 6l-6 6v-4.5H2z",
    "polygon": "M4 7L15 3.5L21 13L13 21L4.5 17z",
}
