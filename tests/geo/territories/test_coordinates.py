"""Coordinates as people type them: every way of writing one position gives that position."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.core.crs import FRANCE_BOXES, in_france
from geo.core.errors import InvalidInput
from geo.territories.coordinates import Position, parse_position

PARIS = Position(2.3522, 48.8566)
SECOND = 1 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "48.8566, 2.3522",
        "48.8566,2.3522",
        "48.8566 2.3522",
        "48,8566 2,3522",
        "48,8566, 2,3522",
        "48,8566,2,3522",
        "48,8566 ; 2,3522",
        "48.8566/2.3522",
        "(48.8566, 2.3522)",
        " 48.8566\t2.3522. ",
        "2.3522, 48.8566",
        "48.8566° 2.3522°",
        "48.8566°N 2.3522°E",
        "48.8566 Nord, 2.3522 Est",
        "N48.8566 E2.3522",
        "48.8566N2.3522E",
        "lat 48.8566 lon 2.3522",
        "longitude : 2,3522 latitude : 48,8566",
        "lat=48.8566, lng=2.3522",
        "+48.8566, +2.3522",
    ],
)
def test_decimal_degrees(text: str) -> None:
    assert parse_position(text) == PARIS


@pytest.mark.parametrize(
    "text",
    [
        "48°51'24\"N 4°27'30\"O",
        "48° 51′ 24″ N, 4° 27′ 30″ O",
        "48°51’24” N 4°27’30” W",
        "48º51'24''N4º27'30''O",
        "N48°51'24\" O4°27'30\"",
        "48°51'24 N 4°27'30 O",
        "48 51 24 N 4 27 30 O",
        "48 51 24.0 N, 4 27 30.0 W",
        "48°51.4'N 4°27.5'O",
        "48 deg 51 min 24 sec nord 4 deg 27 min 30 sec ouest",
        "4°27'30\"O 48°51'24\"N",
    ],
)
def test_degrees_minutes_and_seconds(text: str) -> None:
    position = parse_position(text)
    assert position
    assert position.lat == pytest.approx(48.856667, abs=1e-6)
    assert position.lon == pytest.approx(-4.458333, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "lon", "lat"),
    [
        ("4,9372 ; -52,326", -52.326, 4.9372),
        ("-52.326 4.9372", -52.326, 4.9372),
        ("−21,1151 55,5364", 55.5364, -21.1151),
        ("21,1151 S 55,5364 E", 55.5364, -21.1151),
        ("-12.78, 45.23", 45.23, -12.78),
        ("46.78 N, 56.17 O", -56.17, 46.78),
    ],
)
def test_overseas(text: str, lon: float, lat: float) -> None:
    assert parse_position(text) == Position(lon, lat)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "48",
        "48 2",
        "48.8566",
        "93200",
        "12 rue de Paris",
        "12 bis, 14 rue de la Paix",
        "75018 93",
        "48.85, 2.35, 3",
        "54084000AC0001",
        "48°N 2°N",
        "48°61'N 2°E",
        "48.5°30'N 2°E",
        "-48.85 N 2.35 E",
        "lat 48.85 lat 2.35",
        "Saint-Denis 48.93, 2.35",
        "1,5 km 2,5 km",
        "4" * 500,
    ],
)
def test_what_is_no_pair_of_coordinates(text: str) -> None:
    assert parse_position(text) is None


@pytest.mark.parametrize("text", ["40.7128, -74.0060", "91.5 200.5", "48°51'S 2°21'E", "0.0 0.0"])
def test_coordinates_outside_france_are_told(text: str) -> None:
    with pytest.raises(InvalidInput, match="France") as refused:
        parse_position(text)
    assert refused.value.field == "q"


@st.composite
def places(draw: st.DrawFn) -> Position:
    west, south, east, north = draw(st.sampled_from(FRANCE_BOXES))
    inside = 1e-3
    lon = draw(st.floats(west + inside, east - inside))
    lat = draw(st.floats(south + inside, north - inside))
    return Position(round(lon, 6), round(lat, 6))


def sexagesimal(value: float) -> tuple[int, int, float]:
    """Degrees, minutes, seconds to a hundredth, of an absolute value."""
    hundredths = round(abs(value) * 360_000)
    seconds, rest = hundredths % 6000 / 100, hundredths // 6000
    return rest // 60, rest % 60, seconds


@given(places(), st.sampled_from([", ", " ", ";", " ; ", "/"]), st.booleans(), st.booleans())
def test_any_place_of_france_in_decimals_in_either_order(
    place: Position, separator: str, comma: bool, swapped: bool
) -> None:
    # At least one decimal: two whole numbers are not taken for coordinates.
    lat, lon = (f"{value:.6f}" for value in (place.lat, place.lon))
    first, second = (lon, lat) if swapped else (lat, lon)
    text = f"{first}{separator}{second}"
    assert parse_position(text.replace(".", ",") if comma else text) == place


@given(places(), st.sampled_from(["O", "W", "o"]), st.booleans(), st.booleans())
def test_any_place_of_france_in_seconds(
    place: Position, west: str, before: bool, swapped: bool
) -> None:
    written = []
    for value, letters in ((place.lat, "NS"), (place.lon, "E" + west)):
        degrees, minutes, seconds = sexagesimal(value)
        angle, letter = f"{degrees}°{minutes:02}'{seconds:05.2f}\"", letters[value < 0]
        written.append(f"{letter}{angle}" if before else f"{angle}{letter}")
    found = parse_position(" ".join(reversed(written) if swapped else written))
    assert found
    assert found.lat == pytest.approx(place.lat, abs=SECOND / 100)
    assert found.lon == pytest.approx(place.lon, abs=SECOND / 100)


@given(places())
def test_the_order_is_never_in_doubt(place: Position) -> None:
    assert not in_france(place.lat, place.lon)


@given(st.text(alphabet="0123456789.,°'\"NSEOW -;/latongdegmin", max_size=90))
@settings(max_examples=400)
def test_any_text_is_answered_quickly(text: str) -> None:
    started = time.perf_counter()
    try:
        position = parse_position(text)
    except InvalidInput:
        position = None
    assert time.perf_counter() - started < 0.25
    assert position is None or in_france(position.lon, position.lat)


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("48.93, 2.35", False),
        ("2.35, 48.93", True),
        ("lon 2.35, lat 48.93", False),
        ("2°21'0\"E 48°55'48\"N", False),
        ("55.45, -20.9", True),
    ],
)
def test_an_order_that_no_letter_told_is_known(text: str, swapped: bool) -> None:
    found = parse_position(text)
    assert found is not None
    assert found.swapped is swapped
