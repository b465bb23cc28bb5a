"""Finding a place: the service's answers and faults, and what is left without it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from geo.core.errors import InvalidInput, SourceUnavailable
from geo.territories import geocoding
from geo.territories.coordinates import Position
from geo.territories.geocoding import communes_named, geocode, parcel_id, reverse, search
from geo.territories.geocoding_answers import UnexpectedAnswer
from tests.fakes.geocoder import address, parcel, poi
from tests.fakes.geoplateforme import Geoplateforme, as_json, geoplateforme, status
from tests.fakes.server import Reply

pytestmark = pytest.mark.usefixtures("nothing_remembered")


@pytest.fixture
def fake(settings: Any) -> Iterator[Geoplateforme]:
    with geoplateforme(settings) as running:
        running.places = [
            address("8 Rue Inventée 93200 Saint-Denis", 2.351, 48.931),
            address("Rue Inventée 93200 Saint-Denis", 2.352, 48.932, score=0.6, type="street"),
            poi("Mairie Inventée", 2.341, 48.861),
        ]
        running.parcels = {
            "54084000AC0001": parcel("54084000AC0001", 5.8218, 49.3277),
            "75056104AE0003": parcel("75056104AE0003", 2.36, 48.855, district="104"),
        }
        yield running


def test_an_address_is_a_typed_result(fake: Geoplateforme) -> None:
    house, street = search("rue inventée saint-denis")
    assert (house.kind, house.precision, house.citycode) == ("address", "housenumber", "93066")
    assert (house.label, house.lon, house.lat) == (
        "8 Rue Inventée 93200 Saint-Denis",
        2.351,
        48.931,
    )
    assert (house.score, street.score, street.precision) == (0.9, 0.6, "street")
    assert house.id == "8e6b0000-0000-4000-8000-000000000001"
    assert fake.asked[0].query == {
        "q": "rue inventée saint-denis",
        "index": "address",
        "limit": "10",
    }


def test_a_point_of_interest_speaks_in_arrays(fake: Geoplateforme) -> None:
    (found,) = search("mairie inventée", index=("address", "poi"))
    assert (found.kind, found.label) == ("poi", "Mairie Inventée, Paris")
    assert (found.citycode, found.precision) == ("75101", "locality")
    assert found.id == "PAIHABIT0000000000000001"


def test_the_former_envelope_is_read_as_well(fake: Geoplateforme) -> None:
    fake.former_envelope = True
    house, _ = search("rue inventée saint-denis")
    assert (house.kind, house.citycode) == ("address", "93066")


def test_a_parcel_has_no_score_and_keeps_its_identifier(fake: Geoplateforme) -> None:
    (found,) = geocode("54084 000 ac 0001").results
    assert (found.kind, found.id, found.citycode) == ("parcel", "54084000AC0001", "54084")
    assert found.score is None
    assert found.label == "Parcelle 54084 000 AC 0001, Commune inventée"
    assert fake.asked[0].query["index"] == "parcel"


def test_a_parcel_of_an_arrondissement_is_asked_by_the_whole_commune(fake: Geoplateforme) -> None:
    (found,) = geocode("75104000AE0003").results
    assert fake.asked[0].query["q"] == "75056104AE0003"
    assert (found.id, found.citycode) == ("75104000AE0003", "75104")


def test_nothing_found_is_empty_and_no_fault(fake: Geoplateforme) -> None:
    assert search("introuvable") == ()
    found = geocode("66666000ZZ0001")
    assert (found.results, found.degraded, found.note) == ((), False, "")


def test_what_is_near_is_favoured_roughly(fake: Geoplateforme) -> None:
    geocode("rue inventée", near=Position(2.3512345, 48.9312345))
    query = fake.asked[0].query
    assert (query["lon"], query["lat"]) == ("2.351", "48.931")
    assert query["index"] == "address,poi"


def test_reverse_tells_the_distance(fake: Geoplateforme) -> None:
    (found,) = reverse(2.351, 48.931)
    assert (found.label, found.distance_m) == ("8 Rue Inventée 93200 Saint-Denis", 11.0)
    assert fake.asked[0].path == "/geocodage/reverse"
    with pytest.raises(InvalidInput):
        reverse(2000, 48)


@pytest.mark.parametrize("text", ["", "ab", "  a  ", "x" * 201])
def test_a_text_of_wrong_length_is_refused_here(fake: Geoplateforme, text: str) -> None:
    for function in (geocode, search):
        with pytest.raises(InvalidInput) as refused:
            function(text)
        assert refused.value.field == "q"
    assert fake.asked == []


def test_a_text_may_start_with_a_sign(fake: Geoplateforme) -> None:
    assert search("« rue inventée »".replace("»", ""))
    assert fake.asked[0].query["q"] == "rue inventée"


def test_a_refusal_an_absence_and_a_surprise_are_told_apart(fake: Geoplateforme) -> None:
    refused = {"code": 400, "message": "departmentcode is required for structured search"}
    fake.fault(lambda: as_json(refused, 400))
    with pytest.raises(InvalidInput) as error:
        search("rue inventée")
    assert error.value.field == "q"
    fake.fault(lambda: as_json({"code": 500, "message": "An unexpected error has occurred"}, 500))
    with pytest.raises(UnexpectedAnswer):
        search("rue inventée")
    fake.fault(status(503), times=2)
    with pytest.raises(SourceUnavailable) as away:
        search("rue inventée")
    assert not isinstance(away.value, UnexpectedAnswer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>maintenance</html>",
        b"[]",
        b'{"type":"FeatureCollection"}',
        b'{"type":"FeatureCollection","features":null}',
        b'{"type":"FeatureCollection","features":[{"geometry":null}]}',
        b'{"type":"FeatureCollection","features":[{"geometry":{"coordinates":[999,2]}}]}',
    ],
)
def test_an_answer_of_another_shape_is_a_surprise(fake: Geoplateforme, body: bytes) -> None:
    fake.fault(lambda: Reply(200, "application/json", body))
    with pytest.raises(UnexpectedAnswer):
        search("rue inventée")


def test_one_strange_feature_does_not_hide_the_others(fake: Geoplateforme) -> None:
    good = address("Rue Inventée", 2.35, 48.93)
    strange = [None, {}, {"geometry": {"coordinates": ["a", 2]}, "properties": {}}]
    body = {"type": "FeatureCollection", "features": [*strange, good]}
    fake.fault(lambda: as_json(body))
    assert [found.label for found in search("rue inventée")] == ["Rue Inventée"]


def test_one_fault_is_tried_again(fake: Geoplateforme) -> None:
    fake.fault(status(502))
    assert len(search("rue inventée")) == 2


def test_the_same_search_is_asked_once_and_written_nowhere(
    fake: Geoplateforme, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="geo"):
        for _ in range(3):
            search("8 rue inventée")
        fake.always(status(503))
        with pytest.raises(SourceUnavailable):
            search("autre rue inventée")
    assert len([asked for asked in fake.asked if asked.query["q"] == "8 rue inventée"]) == 1
    assert "inventée" not in caplog.text


def test_too_many_searches_do_not_reach_the_service(fake: Geoplateforme) -> None:
    refused = 0
    for n in range(30):
        try:
            search(f"rue inventée {n}")
        except SourceUnavailable:
            refused += 1
    assert refused > 0
    assert len(fake.asked) + refused == 30


@pytest.mark.django_db
def test_coordinates_need_no_service(fake: Geoplateforme, territories: Any) -> None:
    (found,) = geocode("48,93 ; 2,35").results
    assert (found.kind, found.lon, found.lat, found.precision) == (
        "coordinates",
        2.35,
        48.93,
        "manual",
    )
    assert (found.citycode, found.city) == ("93066", "Saint-Denis")
    assert found.label == "48,930000 ; 2,350000 – Saint-Denis"
    beyond = geocode("2.0, 48.0")
    assert beyond.results[0].citycode == ""
    assert "aucune commune" in beyond.note
    with pytest.raises(InvalidInput, match="France"):
        geocode("40.7, -74.0")
    assert fake.asked == []


@pytest.mark.django_db
def test_without_the_service_communes_answer_by_name(fake: Geoplateforme, territories: Any) -> None:
    fake.always(status(503))
    found = geocode("8 rue Inventée, ST DENIS")
    assert found.degraded
    assert "communes" in found.note
    (commune,) = found.results
    assert (commune.kind, commune.citycode, commune.precision) == (
        "commune",
        "93066",
        "municipality",
    )
    assert (commune.lon, commune.lat) == (pytest.approx(2.35), pytest.approx(48.93))
    assert geocode("75104000AE0003").degraded


@pytest.mark.django_db
def test_a_service_away_is_left_alone_and_costs_no_wait(
    fake: Geoplateforme, territories: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geocoding, "DEADLINE_S", 0.3)
    fake.always(fake.hang)
    geocode("marseille")
    asked, started = len(fake.asked), time.monotonic()
    for n in range(20):
        assert geocode(f"marseille {n}").degraded
    assert len(fake.asked) == asked
    assert time.monotonic() - started < 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("marseille", ["13055"]),
        ("MARSEILLE", ["13055"]),
        ("saint denis", ["93066"]),
        ("Saint-Denis", ["93066"]),
        ("st-denis", ["93066"]),
        ("aix en pro", ["13001"]),
        ("Bobígny", ["93008"]),
        ("13001", ["13001"]),
        ("12 cours inventé Aix-en-Provence", ["13001"]),
        ("de Bobigny à Marseille", ["13055", "93008"]),
        ("100%_'; --", []),
        ("!!!", []),
        ("nulle part", []),
    ],
)
def test_communes_by_name(territories: Any, text: str, codes: list[str]) -> None:
    assert [found.citycode for found in communes_named(text)] == codes


@pytest.mark.django_db
def test_the_most_populous_of_those_that_begin_so_comes_first(territories: Any) -> None:
    from geo.territories.models import Commune

    Commune.objects.filter(code="93008").update(name="Marseille-Inventée", population=900)
    Commune.objects.filter(code="13001").update(name="Petite Marseille", population=10_000)
    Commune.objects.filter(code="93066").update(name="Marseille-les-Bains", population=1000)
    assert [found.citycode for found in communes_named("marseille")] == [
        "13055",
        "93066",
        "93008",
        "13001",
    ]
    assert len(communes_named("marseille", limit=2)) == 2


@pytest.mark.parametrize(
    ("text", "idu"),
    [
        ("54084000AC0001", "54084000AC0001"),
        ("54084 000 ac 0001", "54084000AC0001"),
        ("2a004.000.0c.0843", "2A0040000C0843"),
        ("97105-000-AB-0012", "97105000AB0012"),
        ("5408400AC0001", ""),
        ("rue de Paris 12", ""),
    ],
)
def test_a_parcel_identifier_is_recognised(text: str, idu: str) -> None:
    assert parcel_id(text) == idu
