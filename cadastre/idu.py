"""The identifier of a parcel (IDU, 14 characters), in the one form that is stored.

IDU = commune (5) + prefix (3) + section (2, padded with 0) + number (4, padded with 0). Leaves
reading files and services to `etalab` and `apicarto`.
"""

from __future__ import annotations

import re

PATTERN = r"^([0-9]{2}|2[AB])[0-9]{6}[0-9A-Z]{2}[0-9]{4}$"
_IDU = re.compile(PATTERN, re.ASCII)
_COMMUNE = re.compile(r"^([0-9]{2}|2[AB])[0-9]{3}$", re.ASCII)

# The three communes whose parcels are filed by municipal arrondissement (Paris, Lyon, Marseille),
# and the last three figures of their arrondissements' codes.
ARRONDISSEMENTS: dict[str, range] = {
    "75056": range(101, 121),
    "69123": range(381, 390),
    "13055": range(201, 217),
}


def normalised(idu: str) -> str:
    """The IDU on the arrondissement's code: `75056118AA0002` becomes `75118000AA0002`.

    Raises `ValueError` (in French) when it is malformed, or when the arrondissement is not told.
    """
    text = idu.strip().upper()
    if not _IDU.match(text):
        raise ValueError(f"identifiant de parcelle mal formé « {idu[:20]} »")
    numbers = ARRONDISSEMENTS.get(text[:5])
    if numbers is None:
        return text
    if int(text[5:8]) not in numbers:
        raise ValueError(f"parcelle {text} sans arrondissement municipal")
    return f"{text[:2]}{text[5:8]}000{text[8:]}"


def from_parts(commune: str, prefix: str, section: str, number: str, district: str = "") -> str:
    """The normalised IDU from its parts, padded or not; `district` is API Carto's `code_arr`.

    Raises `ValueError` when they make none.
    """
    if district.strip("0") and commune in ARRONDISSEMENTS:
        # The district stands in the commune's place; the prefix stays, unless it repeats it.
        kept = "000" if prefix == district else prefix
        commune, prefix = commune[:2] + district, kept
    return normalised(f"{commune}{prefix.zfill(3)}{section.zfill(2)}{number.zfill(4)}")


def departement_of(commune: str) -> str:
    """The departement of a commune code: three characters overseas, two elsewhere.

    Raises `ValueError` when the code is malformed.
    """
    if not _COMMUNE.match(commune):
        raise ValueError(f"code de commune mal formé « {commune[:20]} »")
    return commune[:3] if commune.startswith("97") else commune[:2]


def filed_communes(commune: str) -> list[str]:
    """The communes under which the cadastre files `commune`: itself, or its arrondissements."""
    numbers = ARRONDISSEMENTS.get(commune)
    return [f"{commune[:2]}{number}" for number in numbers] if numbers else [commune]
