"""Coordinates as people type or paste them, in decimal degrees or degrees, minutes and seconds.

Leaves names, addresses and parcels to `geo.territories.geocoding`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from geo.core.crs import in_france
from geo.core.errors import InvalidInput

MAX_LENGTH = 80
SWAPPED = "Coordonnées inversées : lues comme latitude, longitude."
# Decimals kept: 1e-7 degree is about one centimetre.
DECIMALS = 7

_LABEL = r"(?:(?P<label{n}>lat(?:itude)?|lon(?:g(?:itude)?)?|lng)\.?\s*[:=]?\s*)?"
_NUMBER = r"\d{{1,3}}(?:[.,]\d{{1,15}})?"
_SMALL = r"\d{{1,2}}(?:[.,]\d{{1,12}})?"
_ANGLE = (
    _LABEL
    + r"(?P<before{n}>[nseow])?\s*(?P<sign{n}>[+-])?\s*"
    + rf"(?P<degrees{{n}}>{_NUMBER})"
    + r"\s*(?P<mark{n}>°|deg(?:res|rés)?)?"
    + rf"(?:\s*(?P<minutes{{n}}>{_SMALL})\s*(?:'|min)"
    + rf"(?:\s*(?P<seconds{{n}}>{_SMALL})\s*(?:''|\"|sec)?)?)?"
    # A letter stands before the number or after it, not both.
    + r"(?(before{n})|\s*(?P<after{n}>[nseow])?)"
)
_PAIR = re.compile(
    _ANGLE.format(n=1) + r"(?:\s*[,;/|]\s*|\s+|(?<=[nseow\"'°]))" + _ANGLE.format(n=2)
)
# Degrees, minutes and seconds told apart by spaces alone: then the letters are required.
_BARE = (
    r"(?P<before{n}>[nseow])?\s*(?P<degrees{n}>\d{{1,3}})\s+(?P<minutes{n}>\d{{1,2}})"
    rf"(?:\s+(?P<seconds{{n}}>{_SMALL}))?(?(before{{n}})|\s*(?P<after{{n}}>[nseow])?)"
)
_BARE_PAIR = re.compile(_BARE.format(n=1) + r"\s*[,;/]?\s*" + _BARE.format(n=2))

_WORDS = (
    (re.compile(r"\bnord\b"), "n"),
    (re.compile(r"\bsud\b"), "s"),
    (re.compile(r"\bouest\b"), "o"),
    (re.compile(r"\best\b"), "e"),
)
_SAME = str.maketrans(
    {"−": "-", "–": "-", "º": "°", "˚": "°", "′": "'", "’": "'", "‘": "'", "´": "'", "″": '"'}
    | {"”": '"', "“": '"', "\u00a0": " ", "\u202f": " ", "(": " ", ")": " ", "[": " ", "]": " "}
)


@dataclass(frozen=True, slots=True)
class Position:
    """A WGS84 position in degrees (EPSG:4326); `swapped` when longitude was written first."""

    lon: float
    lat: float
    swapped: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class _Angle:
    """One signed angle in degrees.

    `axis` is lat, lon, or empty when unknown; `marked` is false for a plain whole number.
    """

    value: float
    axis: str
    marked: bool


def parse_position(text: str) -> Position | None:
    """The position that a text holds, None when the text is not a pair of coordinates.

    Two bare numbers are read latitude first, as is the habit; longitude first when only that order
    lies in France. Letters (N, S, E, O or W) and labels decide when present. Raises `InvalidInput`
    when the text is a pair of coordinates but neither order lies in France.
    """
    angles = _angles(text)
    if angles is None:
        return None
    first, second = angles
    if first.axis == "lon" or second.axis == "lat":
        orders = [(second, first)]
    elif first.axis == "lat" or second.axis == "lon":
        orders = [(first, second)]
    else:
        orders = [(first, second), (second, first)]
    for turn, (lat, lon) in enumerate(orders):
        if abs(lat.value) <= 90 and abs(lon.value) <= 180 and in_france(lon.value, lat.value):
            lonlat = round(lon.value, DECIMALS), round(lat.value, DECIMALS)
            return Position(*lonlat, swapped=turn > 0)
    raise InvalidInput("Ces coordonnées ne sont pas en France.", field="q")


def _angles(text: str) -> tuple[_Angle, _Angle] | None:
    if len(text) > MAX_LENGTH:
        return None
    plain = unicodedata.normalize("NFC", text).translate(_SAME).strip(" \t\r\n,;.").lower()
    for pattern, letter in _WORDS:
        plain = pattern.sub(letter, plain)
    matched = _PAIR.fullmatch(plain)
    bare = matched is None
    matched = matched or _BARE_PAIR.fullmatch(plain)
    if matched is None:
        return None
    first, second = _angle(matched, 1), _angle(matched, 2)
    if first is None or second is None:
        return None
    # Whole numbers and nothing else may be anything: a street number, a postcode.
    told = (first.axis and second.axis) if bare else (first.marked or second.marked)
    if not told or (first.axis and first.axis == second.axis):
        return None
    return first, second


def _angle(matched: re.Match[str], n: int) -> _Angle | None:
    """The nth angle of a match; None when its parts contradict each other."""
    found = {
        name: matched.groupdict().get(f"{name}{n}")
        for name in ("label", "before", "sign", "degrees", "mark", "minutes", "seconds", "after")
    }
    degrees, letter = found["degrees"] or "", found["before"] or found["after"]
    minutes, seconds = _number(found["minutes"]), _number(found["seconds"])
    whole = degrees.isdecimal()
    if minutes >= 60 or seconds >= 60 or (letter and found["sign"] == "-"):
        return None
    # Only the last part given may have decimals.
    if (found["minutes"] and not whole) or (
        found["seconds"] and not (found["minutes"] or "").isdecimal()
    ):
        return None
    axis = ("lat" if letter in "ns" else "lon") if letter else ""
    label = (found["label"] or "")[:3].replace("lng", "lon")
    if label and axis and label != axis:
        return None
    value = _number(degrees) + minutes / 60 + seconds / 3600
    negative = found["sign"] == "-" or (letter or "") in {"s", "o", "w"}
    marked = bool(not whole or letter or label or found["mark"] or found["minutes"])
    return _Angle(-value if negative else value, axis or label, marked)


def _number(text: str | None) -> float:
    return float((text or "0").replace(",", "."))
