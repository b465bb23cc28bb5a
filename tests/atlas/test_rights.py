"""A sheet shows what its reader may read, and no more; it counts what the feeds count."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from atlas import table
from atlas.document import sheet_pdf
from atlas.drawing.page import page_svg
from atlas.orders import order_of
from atlas.sheet import sheet_make
from geo.accounts.enums import Level, Role
from geo.accounts.scopes import scope_for
from geo.accounts.tokens import token_create
from geo.core.errors import NotFound
from geo.core.scope import DataClass, Reach, Scope
from geo.core.when import When
from tests.atlas import reading
from tests.atlas.conftest import settle
from tests.support.factories import make_site, make_user

pytestmark = pytest.mark.django_db
YEAR = "2025-01-01/2025-12-31"


def bearer(user: Any) -> dict[str, str]:
    _, text = token_create(user=user, name="essai", purpose="essai")
    return {"Authorization": f"Bearer {text}"}


def test_a_blurred_reader_receives_no_place_and_no_name(
    territories: Any, sheet_of: Callable[..., Any]
) -> None:
    make_site(2.4512345, 48.9312345, name="Voisin secret", address_label="1 rue Secrète")
    partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
    sheet = sheet_of("93", scope_for(partner), when=_today())
    (mark,) = sheet.marks
    (row,) = sheet.matter.sites.rows
    assert row.properties["precision"] == "500m"
    exact = sheet.main.frame.lonlat_to_mm(2.4512345, 48.9312345)
    place = sheet.main.frame.lonlat_to_mm(row.geometry.x, row.geometry.y)
    assert math.dist((mark.true_x, mark.true_y), place) < 0.01
    assert math.dist((mark.true_x, mark.true_y), exact) > 0.5
    svg = page_svg(sheet)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(sheet_pdf(sheet))).pages)
    for secret in ("Voisin", "Secrète", "2.4512", "48.9312"):
        assert secret not in svg
        assert secret not in text
    assert not {"name", "address"} & {column.name for column in table.columns(sheet)}
    assert "500 m" in text


def test_the_own_commune_is_named_and_exact(territories: Any, sheet_of: Callable[..., Any]) -> None:
    make_site(2.3512345, 48.9312345, name="Chez nous", address_label="1 rue Connue")
    make_site(2.4512345, 48.9312345, name="Voisin secret", address_label="1 rue Secrète")
    partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
    sheet = sheet_of("93", scope_for(partner), when=_today())
    cells = [cell for row in table.rows(sheet) for cell in row]
    assert "Chez nous" in cells
    assert "Voisin secret" not in cells
    assert len(table.rows(sheet)) == 2


@pytest.mark.parametrize("query", ["", "status=open", "field_type=building", "q=secret 1"])
def test_map_table_and_feed_count_the_same(client: Client, five: None, query: str) -> None:
    sites = settle("13", count=24, spread=0.15)
    assert sites
    admin = make_user(Role.NATIONAL_ADMIN)
    headers = bearer(admin)
    address = f"/impressions/departements/13.svg?datetime={YEAR}&{query}"
    root = reading.parsed(client.get(address, headers=headers).content.decode())
    drawn = Counter(
        next(name for name in element.get("class").split() if name != "site")
        for element in reading.of_class(root, "site")
    )
    feed = client.get(
        f"/ogc/collections/sites/items?departement=13&datetime={YEAR}&{query}", headers=headers
    ).json()
    assert sum(drawn.values()) == feed["numberMatched"]
    if not query:
        assert feed["numberMatched"] == 24
        for kind in ("evacuations", "resorptions", "other-closures"):
            items = client.get(
                f"/ogc/collections/{kind}/items?departement=13&datetime={YEAR}", headers=headers
            ).json()
            assert drawn[kind] == items["numberMatched"] > 0


def _today() -> Any:
    from geo.core.when import When

    return When.now()


def test_a_reader_of_named_sites_prints_where_they_are(territories: Any) -> None:
    here, _ = make_site(2.35, 48.93), make_site(5.4, 43.3)
    scope = Scope(reaches=((DataClass.GENERAL, Reach(sites=(here.pk,))),))
    order = order_of(scope, "departements", "93", when=When.now())
    assert order.partial
    assert {row.id for row in sheet_make(order).matter.sites.rows} == {here.pk}
    for level, code in (("departements", "13"), ("communes", "93008")):
        with pytest.raises(NotFound):
            order_of(scope, level, code, when=When.now())
