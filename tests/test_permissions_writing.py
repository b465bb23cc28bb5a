"""Every writing of programs × every reader × two departements: what is written, offered, told."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client

from geo.sites.models import Site
from tests.support.addresses import ROWS, filled
from tests.support.canaries import World
from tests.support.feed_writes import send, site_body
from tests.support.rights import PLACES
from tests.support.writes import marks
from tests.test_permissions import (
    Signed,
    every_reader,
    forbidden,
    made,
    signed,
    text_of,
    told,
    undone,
    world,
)

# The sites are made once, and each reader signed in, as in the matrix of what is read.
__all__ = ["made", "signed", "world"]
pytestmark = pytest.mark.django_db


@every_reader
def test_programs_write_what_their_reader_may_and_nothing_else(
    signed: Signed, world: World
) -> None:
    client, reader = signed
    wrong = []
    for name, row in ROWS.items():
        for code in PLACES if row.methods else ():
            path = filled(row.path, world, code)
            offered = client.options(path).get("Allow", "").split(", ")
            for method, gate in row.methods.items():
                expected = gate(reader, code)
                with undone():
                    before = marks()
                    response = sent_by_programs(client, method, path, world, code)
                    wrote = marks() != before
                if response.status_code != expected or wrote != (expected < 300):
                    wrong.append(f"{method} {name} {code}: {response.status_code}, {wrote=}")
                # What creates somewhere is offered for the whole collection.
                if method != "POST" and (method in offered) != (expected < 300):
                    wrong.append(f"{method} {name} {code}: offered {offered}")
                told_here = told(text_of(response))
                wrong += [f"{method} {name} tells {c}" for c in forbidden(reader, told_here)]
    assert not wrong


def sent_by_programs(
    client: Client, method: str, path: str, world: World, code: str
) -> HttpResponse:
    """A valid request on a site of a commune, over its version."""
    lon, lat = PLACES[code]
    body = site_body([lon, lat + 0.001], name="Nom de trop")
    version = Site.objects.get(pk=world.site(code)).version
    headers = {} if method == "POST" else {"If-Match": f'"{version}-x"'}
    return send(client, method, path, None if method == "DELETE" else body, headers=headers)
