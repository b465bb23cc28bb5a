"""Every address × every reader × two departements × every class of data, with canaries.

What each reader may have is typed by hand from the domain (`tests/support/rights.py`), and so is
what each address answers (`tests/support/addresses.py`): a new address without a row fails.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import mapbox_vector_tile
import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from pypdf import PdfReader

from geo.accounts.enums import Level, Role
from geo.accounts.models import FeedToken, User
from geo.accounts.tokens import token_create
from geo.core.crs import geodesic_distance_m
from geo.core.scope import RESTRICTED, DataClass
from tests.support.addresses import ITEMS, ROWS, SITE_COLLECTIONS, filled, names
from tests.support.canaries import (
    Canary,
    World,
    allowed,
    canaries,
    make_reader,
    make_world,
    reference_of,
    takes_away,
)
from tests.support.factories import make_territories
from tests.support.pyramid import tile_at
from tests.support.rights import ALL, BY_NAME, IN_93, NONE, PLACES, READERS, Reader
from tests.support.writes import marks, posts

pytestmark = pytest.mark.django_db
# One reader for each way of reading: by nation, area, widened, commune, grid, named site.
TAKEN_AWAY = {"ogc-items", "ogc-item"}
WAYS = (
    "national_admin",
    "local_admin of 93",
    "partner of a commune",
    "national_partner",
    "observer of a commune",
    "intervener named on a site",
)
PRINTING = {"local_admin of 93", "partner of a commune", "national_partner"}
# The places known exactly are told from the cells and communes that stand for them.
NEAR_M = 25.0
BLANKS = re.compile(r"[\s\u00a0\u202f]|&nbsp;|&#x?[0-9a-f]+;")
CANARIES = tuple(canaries())
Signed = tuple[Client, Reader | None]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The sites, made once: each test is a savepoint in their transaction, undone at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_territories()
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made: World) -> World:
    cache.clear()
    return made


@pytest.fixture
def signed(request: pytest.FixtureRequest, client: Client, world: World) -> Signed:
    """A reader, signed in."""
    reader: Reader | None = request.param
    if reader is not None:
        client.force_login(make_reader(reader, world))
    return client, reader


def by(readers: Iterable[Reader | None]) -> pytest.MarkDecorator:
    """The test is run by each of these readers."""
    return pytest.mark.parametrize(
        "signed", readers, indirect=True, ids=lambda reader: reader.name if reader else "nobody"
    )


every_reader = by([None, *READERS])


def text_of(response: HttpResponse) -> str:
    """All that an answer tells as text, its headers included, without blanks."""
    body = b"".join(response) if response.streaming else response.content
    if response.get("Content-Type", "").startswith("application/pdf"):
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(body)).pages)
    else:
        text = body.decode("utf-8", "replace")
    return BLANKS.sub("", f"{text} {response.headers}").replace(",", ".")


def told(text: str) -> set[Canary]:
    """The canaries that a text holds."""
    return {each for each in CANARIES if each.text.replace(",", ".") in text}


def forbidden(reader: Reader | None, found: Iterable[Canary]) -> list[Canary]:
    return [each for each in found if not allowed(reader, each)]


def paths(world: World, reader: Reader | None) -> Iterator[tuple[str, int, str]]:
    """Every address about every site, with the status expected (0: any) and its path."""
    for name, row in ROWS.items():
        if name == "print-png" or (
            name == "print-pdf" and (reader is None or reader.name not in PRINTING)
        ):
            continue
        for code in PLACES:
            expected = row.reads(reader, code)
            yield name, expected if expected > 0 else 0, filled(row.path, world, code)
            yield from ((name, 0, filled(path, world, code)) for path in row.extra)
            if code not in row.path and "{" not in row.path:
                break


def in_feeds(canary: Canary) -> bool:
    """Whether a feed has a property that tells this canary."""
    words = ("CAN-", "Nomcanari", "Ruecanari", "Propcanari", "Etudecanari", "Mesurecanari")
    return canary.text.startswith(words)


def test_every_address_has_its_row() -> None:
    assert set(names()) == set(ROWS), "give the new address a row in tests/support/addresses.py"


@every_reader
def test_every_answer_holds_what_its_reader_may_have_and_nothing_else(
    signed: Signed, world: World
) -> None:
    client, reader = signed
    found: set[Canary] = set()
    out: set[Canary] = set()
    wrong: list[str] = []
    for name, expected, path in dict.fromkeys(paths(world, reader)):
        response = client.get(path)
        if expected and response.status_code != expected:
            wrong.append(f"{name} {path}: {response.status_code}, {expected} expected")
        here = told(text_of(response))
        wrong += [f"{name} {path} tells {each}" for each in forbidden(reader, here)]
        if name in TAKEN_AWAY:
            wrong += [f"{path} gives {each}" for each in here if not takes_away(reader, each)]
            out |= here
        found |= here
    assert not wrong
    # What may be read is told somewhere: an empty answer would hide nothing and serve nobody.
    missing = {each for each in CANARIES if allowed(reader, each)} - found
    assert not missing
    kept = {each for each in CANARIES if takes_away(reader, each) and in_feeds(each)} - out
    assert not kept


@every_reader
def test_an_empty_form_is_refused_as_the_domain_says(signed: Signed, world: World) -> None:
    client, reader = signed
    wrong = []
    for name, row in ROWS.items():
        if row.writes is None:
            continue
        for code in PLACES:
            expected = row.writes(reader, code)
            if expected == 200:
                # What a valid form writes, and for whom, is asked below.
                continue
            with undone():
                response = client.post(filled(row.path, world, code), {})
            if response.status_code != expected:
                wrong.append(f"{name} {code}: {response.status_code}, {expected} expected")
            wrong += [f"{name} tells {c}" for c in forbidden(reader, told(text_of(response)))]
    assert not wrong


@every_reader
def test_a_valid_form_writes_for_who_may_and_nothing_for_the_others(
    signed: Signed, world: World
) -> None:
    client, reader = signed
    values = valid_forms(world)
    wrong = []
    for name, code, write in posts(world):
        expected = write.gate(reader, code)
        with undone():
            before = marks()
            response = client.post(filled(write.path, world, code), values[name, code])
            wrote = marks() != before
        if response.status_code != expected:
            wrong.append(f"{name} {code}: {response.status_code}, {expected} expected")
        if wrote != (expected == 302 and reader is not None):
            wrong.append(f"{name} {code}: {'written' if wrote else 'not written'}")
        wrong += [f"{name} tells {c}" for c in forbidden(reader, told(text_of(response)))]
    assert not wrong


@by([None, BY_NAME["partner of a commune"], BY_NAME["observer of 13"]])
def test_other_methods_tell_nothing_more(signed: Signed, world: World) -> None:
    client, reader = signed
    for _, _, path in dict.fromkeys(paths(world, None)):
        for method in (client.head, client.options, client.put):
            response = method(path)
            assert not forbidden(reader, told(text_of(response))), path
            if method == client.head:
                assert not response.content


@by([None, *(BY_NAME[name] for name in WAYS)])
def test_tiles_place_nothing_nearer_than_it_may_be_known(signed: Signed, world: World) -> None:
    client, reader = signed
    points = [(code, *PLACES[code]) for code in PLACES]
    for collection in SITE_COLLECTIONS:
        for zoom in (0, 6, 9, 12, 14, 16):
            for x, y in {tile_at(zoom, lon, lat) for _, lon, lat in points}:
                response = client.get(f"/tiles/{collection}/{zoom}/{x}/{y}.mvt")
                assert response.status_code in {200, 204, 404}
                assert not forbidden(reader, told(text_of(response)))
                if zoom < 14 or response.status_code != 200:
                    continue
                for lon, lat in decoded(response.content, zoom, x, y):
                    for code, *place in points:
                        if reader is not None and code in reader.exact:
                            continue
                        assert geodesic_distance_m(lon, lat, *place) > NEAR_M, (
                            collection,
                            zoom,
                            code,
                        )


@by([BY_NAME[name] for name in WAYS])
def test_searching_a_name_finds_nothing_to_who_may_not_read_it(
    signed: Signed, world: World
) -> None:
    client, reader = signed
    assert reader is not None
    for code in PLACES:
        departement = code[:2]
        word = f"Nomcanari{code}"
        for path in (
            f"/carte/departements/{departement}/?v=list&q={word}",
            f"{ITEMS}?q={word}",
            f"/impressions/departements/{departement}.svg?q={word}",
        ):
            response = client.get(path)
            if response.status_code == 200:
                named = reference_of(code) in response.content.decode()
                assert not named or code in reader.exact, path


@by([reader for reader in READERS if reader.verbs.get("E") and reader.role != Role.OBSERVER])
def test_a_token_takes_out_no_more_than_its_owner_and_never_the_judicial(
    signed: Signed, world: World
) -> None:
    client, reader = signed
    user = make_user_of(client)
    classes = [each.value for each in RESTRICTED if each != DataClass.JUDICIAL]
    text = token_for(user, classes)
    client.logout()
    headers = {"Authorization": f"Bearer {text}"}
    names_asked = "reference,name,owner_name,health_measures,cost_resorption_eur,bailiff"
    found: set[Canary] = set()
    for path in (
        *(f"/ogc/collections/{each}/items" for each in SITE_COLLECTIONS),
        *(f"{ITEMS}?properties={name}" for name in names_asked.split(",")),
        *(f"/impressions/communes/{code}.svg" for code in PLACES),
        "/tiles/sites/0/0/0.mvt",
        *(f"/sites/{world.site(code)}/" for code in PLACES),
        "/compte/",
    ):
        response = client.get(path, headers=headers)
        here = told(text_of(response))
        assert not forbidden(reader, here), path
        assert not [each for each in here if each.data_class == DataClass.JUDICIAL]
        found |= here
    assert {each for each in found if each.data_class == DataClass.GENERAL}


@pytest.mark.parametrize("granted", [False, True])
def test_a_partner_system_reads_by_its_token_alone(
    client: Client, world: World, granted: bool
) -> None:
    system = Reader(
        "system",
        Role.API_TOKEN,
        Level.DEPARTEMENT,
        "93",
        commune=IN_93,
        health_of_organisation=granted,
        classes={DataClass.HEALTH: IN_93 if granted else NONE},
    )
    user = make_reader(system, world)
    classes = [DataClass.HEALTH.value] if granted else []
    text = token_for(user, classes)
    headers = {"Authorization": f"Bearer {text}"}
    found: set[Canary] = set()
    for path in (ITEMS, f"{ITEMS}?properties=reference,health_measures", "/tiles/sites/0/0/0.mvt"):
        here = told(text_of(client.get(path, headers=headers)))
        assert not forbidden(system, here), path
        found |= here
    assert found == {each for each in CANARIES if allowed(system, each)}


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is not there after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


_forms: dict[int, dict[tuple[str, str], dict[str, Any]]] = {}


def valid_forms(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """What is sent to each address that writes, from the forms shown to who may write all."""
    if world.other.pk not in _forms:
        shown = Client()
        shown.force_login(make_reader(BY_NAME["national_admin"], world, "tout@example.test"))
        _forms[world.other.pk] = {
            (name, code): write.sent(world, code, shown) for name, code, write in posts(world)
        }
    return _forms[world.other.pk]


def test_the_readers_cover_every_role() -> None:
    assert {reader.role for reader in READERS} | {Role.API_TOKEN} == set(Role)
    assert BY_NAME["national_admin"].exact == ALL


def token_for(user: User, classes: list[str]) -> str:
    """A token of this account for every collection and these classes, as it is sent."""
    token, text = token_create(user=user, name="essai", purpose="essai")
    FeedToken.objects.filter(pk=token.pk).update(classes=classes)
    return text


def make_user_of(client: Client) -> User:
    """The account that a client is signed in with."""
    return User.objects.get(pk=client.session["_auth_user_id"])


def decoded(tile: bytes, zoom: int, x: int, y: int) -> Iterator[tuple[float, float]]:
    """The vertices of a tile as longitude and latitude."""
    n = 2**zoom
    for layer in mapbox_vector_tile.decode(tile).values():
        extent = layer["extent"]
        for feature in layer["features"]:
            for px, py in _vertices(feature["geometry"]["coordinates"]):
                lon = (x + px / extent) / n * 360 - 180
                up = math.pi * (1 - 2 * (y + 1 - py / extent) / n)
                yield lon, math.degrees(math.atan(math.sinh(up)))


def _vertices(coordinates: Any) -> Iterator[tuple[float, float]]:
    if isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
    else:
        for each in coordinates:
            yield from _vertices(each)
