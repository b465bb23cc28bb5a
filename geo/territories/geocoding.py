"""Finding a place from what people type: coordinates, a parcel, an address, a name.

The official geocoder is asked through our own server; when it is away, communes answer by name
from our tables. What is searched is kept in this process's memory for some minutes and nowhere
else. Leaves the reading of answers to `geocoding_answers`, local parcels to the upper packages.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection

from geo.core.crs import WGS84
from geo.core.errors import InvalidInput, SourceUnavailable
from geo.core.http import fetch
from geo.core.sql import read_sql
from geo.territories.coordinates import SWAPPED, Position, parse_position
from geo.territories.geocoding_answers import KINDS, Found, UnexpectedAnswer, read_answer
from geo.territories.geocoding_memory import memory
from geo.territories.selectors import place_at

SOURCE = "geocode"
MIN_LENGTH, MAX_LENGTH = 3, 200
MAX_RESULTS = 20
# A person waits for suggestions: one quick retry, then our own communes.
DEADLINE_S = 4.0
TRIES = 2
MAX_BYTES = 2_000_000

PARCEL_ID = re.compile(r"(?:\d{2}|2[AB])\d{3}\d{3}[0-9A-Z]{2}\d{4}")
# Arrondissements: code ranges of the cadastre's files, and the commune that the geocoder wants.
ARRONDISSEMENTS = (("751", "75056"), ("6938", "69123"), ("132", "13055"))


@dataclass(frozen=True, slots=True)
class Geocoding:
    """The places found, best first; `degraded` when the service was away and only communes were
    looked up; `note` is a French sentence for the reader, often empty."""

    results: tuple[Found, ...]
    degraded: bool = False
    note: str = ""


def geocode(text: str, *, near: Position | None = None, limit: int = 10) -> Geocoding:
    """Find what a person typed: coordinates, then a 14-character parcel, then address or name.

    `near` (WGS84 degrees) favours results around it. Raises `InvalidInput` (field `q`) for a text
    that cannot be searched or coordinates outside France; never fails because the service is away.
    """
    text = _checked(text)
    position = parse_position(text)
    if position is not None:
        return _typed(position)
    parcel = parcel_id(text)
    try:
        if parcel:
            return Geocoding(search(parcel, index=("parcel",), limit=limit))
        return Geocoding(search(text, index=("address", "poi"), near=near, limit=limit))
    except SourceUnavailable:
        if parcel:
            note = "La recherche de parcelles est indisponible pour le moment."
            return Geocoding((), degraded=True, note=note)
        note = "La recherche d'adresses est indisponible : seules les communes sont proposées."
        return Geocoding(communes_named(text, limit=limit), degraded=True, note=note)


def search(
    text: str,
    *,
    index: Sequence[str] = ("address",),
    limit: int = 10,
    near: Position | None = None,
    citycode: str = "",
) -> tuple[Found, ...]:
    """Ask the geocoder's `/search`; `index` among address, poi and parcel; empty when nothing fits.

    Raises `InvalidInput` for a text that the service refuses, `SourceUnavailable` when it is away,
    `UnexpectedAnswer` when it breaks its contract.
    """
    # The service refuses a text that does not start with a letter or a digit.
    text = _checked(re.sub(r"^[\W_]+", "", text))
    parameters: dict[str, Any] = {"q": text, "index": _indexes(index), "limit": _limit(limit)}
    if tuple(index) == ("parcel",) and PARCEL_ID.fullmatch(text):
        parameters["q"] = _geocoder_parcel(text)
    if near is not None:
        # Three decimals (about 100 m) are enough to favour a neighbourhood.
        parameters |= {"lon": round(near.lon, 3), "lat": round(near.lat, 3)}
    if citycode:
        parameters["citycode"] = citycode
    return _asked("/search", parameters, index)


def reverse(
    lon: float, lat: float, *, index: Sequence[str] = ("address",), limit: int = 1
) -> tuple[Found, ...]:
    """What lies at a WGS84 position (degrees), nearest first with its distance in metres.

    The same errors as `search`; empty when nothing is near.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidInput("Cette position n'existe pas.", field="lon")
    parameters = {
        "lon": round(lon, 6),
        "lat": round(lat, 6),
        "index": _indexes(index),
        "limit": _limit(limit),
    }
    return _asked("/reverse", parameters, index)


def communes_named(text: str, *, limit: int = 10) -> tuple[Found, ...]:
    """Communes of our tables whose code or name the text gives, or that an address names.

    Accents, case, hyphens and « St » do not count. Names that begin with the text come first, then
    the most populous; positions are the chef-lieu, else a point of the contour (WGS84 degrees).
    """
    words = _words(text)
    if not words:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(
            read_sql(__file__, "communes_named"),
            {"plain": words, "code": text.strip().upper(), "limit": _limit(limit)},
        )
        rows = cursor.fetchall()
    return tuple(
        Found(
            kind="commune",
            label=f"{name} ({departement})",
            lon=lon,
            lat=lat,
            precision="municipality",
            citycode=code,
            city=name,
            id=code,
        )
        for code, name, departement, lon, lat in rows
    )


def parcel_id(text: str) -> str:
    """The 14-character parcel identifier that a text is, blanks and case apart, else empty."""
    packed = re.sub(r"[\s.-]", "", text).upper()
    return packed if PARCEL_ID.fullmatch(packed) else ""


def _asked(path: str, parameters: dict[str, Any], index: Sequence[str]) -> tuple[Found, ...]:
    key = json.dumps([path, parameters], sort_keys=True)
    known = memory.get(key)
    if known is not None:
        return known
    memory.admit()
    try:
        answer = fetch(
            SOURCE,
            path,
            params=parameters,
            tries=TRIES,
            deadline_s=DEADLINE_S,
            max_bytes=MAX_BYTES,
        )
        found = read_answer(answer, index[0])
    except UnexpectedAnswer:
        # It answers: no reason to leave it alone, and it costs nobody a wait.
        raise
    except SourceUnavailable:
        memory.failed()
        raise
    memory.keep(key, found)
    return found


def _typed(position: Position) -> Geocoding:
    lon, lat = position.lon, position.lat
    shown = f"{lat:.6f} ; {lon:.6f}".replace(".", ",")
    place = place_at(Point(lon, lat, srid=WGS84))
    if place is None:
        found = Found("coordinates", shown, lon, lat, "manual")
        return Geocoding((found,), note="Ces coordonnées ne tombent dans aucune commune connue.")
    label = f"{shown} – {place.commune_name}"
    found = Found("coordinates", label, lon, lat, "manual", place.commune_id, place.commune_name)
    return Geocoding((found,), note=SWAPPED if position.swapped else "")


def _geocoder_parcel(idu: str) -> str:
    """The geocoder names a parcel of an arrondissement by the whole commune, then the district."""
    for start, whole in ARRONDISSEMENTS:
        # The three characters of the district take the place of the former commune's.
        if idu.startswith(start) and idu[5:8] == "000":
            return f"{whole}{idu[2:5]}{idu[8:]}"
    return idu


def _checked(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        raise InvalidInput(
            f"La recherche compte de {MIN_LENGTH} à {MAX_LENGTH} caractères.", field="q"
        )
    return text


def _words(text: str) -> str:
    """Lower case, without accents nor punctuation, one blank between words, « st » spelled out."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    words = re.sub(r"[^a-z0-9]+", " ", letters).split()
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def _indexes(index: Sequence[str]) -> str:
    if not index or not set(index) <= KINDS:
        raise InvalidInput("Les index connus sont address, poi et parcel.", field="index")
    return ",".join(index)


def _limit(limit: int) -> int:
    return max(1, min(limit, MAX_RESULTS))
