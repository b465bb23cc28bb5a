"""Where contours come from, in words that a map can print: origin, vintage, licence.

Leaves reading the sources to `readers`.
"""

from __future__ import annotations

from collections.abc import Iterable

from geo.core.vintage import vintage

LICENCE = "Licence Ouverte 2.0"
OFFICIAL = "IGN Admin Express (Géoplateforme)"
# What a source begins with when nobody states the origin of a file.
UNSTATED = "Fichier"
# A departement and its neighbours may come from as many files: two names are enough to find them.
MOST_FILES = 2


def of_file(name: str, stated: str = "") -> str:
    """The source to store for a file: the origin stated, else the file's name."""
    return stated or f"{UNSTATED} {name}"


def origins_told(origins: Iterable[tuple[str, str]], *, names: bool = True) -> list[str]:
    """One line for each source and stored vintage; files of no stated origin go together.

    Without `names` those files are not named: the corner of a map has no room for them.
    """
    lines: list[str] = []
    files: dict[str, list[str]] = {}
    for source, stored in sorted(set(origins)):
        if source.startswith(UNSTATED):
            files.setdefault(stored, []).append(source.removeprefix(UNSTATED).strip())
        else:
            licence = f" ({LICENCE})" if source == OFFICIAL else ""
            lines.append(f"{source}, {vintage(stored)}{licence}")
    for stored, found in files.items():
        origin = _files(found) if names else "contours d'origine non indiquée"
        lines.append(f"{origin}, {vintage(stored)}")
    return lines


def _files(names: list[str]) -> str:
    shown = ", ".join(name.partition(".")[0] for name in names[:MOST_FILES])
    more = len(names) - MOST_FILES
    told = f"{shown} et {more} autre{'s' if more > 1 else ''}" if more > 0 else shown
    return f"origine non indiquée (fichier{'s' if len(names) > 1 else ''} {told})"
