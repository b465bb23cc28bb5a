"""The territorial page in a browser: list and map agree, keyboard, legend, layers, no map."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from geo.accounts.enums import Level, Role
from layers.selectors import layer_get
from layers.tiles import breaker_of
from tests.e2e.conftest import PHONE, ROOT, Watch
from tests.fakes.geoplateforme import Geoplateforme, status
from tests.support.factories import close_site, make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)
Visit = Callable[..., Page]
PAGE_93 = "/carte/departements/93/"
# Words that no random reference holds.
NAMES = ("", "un", "deux", "trois", "quatre")
# The two communes of the tests at a zoom where sites are drawn one by one.
NEAR = "#c=11.5/48.93/2.43"
NO_WEBGL = """
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
};
"""


@pytest.fixture
def sites(territories: Any, fake: Geoplateforme) -> list[Any]:
    """Four sites of the 93: two open, one evacuated, one resorbed; one elsewhere."""
    made = [
        make_site(
            2.33 + step * 0.04, 48.93, name=f"Lieu {NAMES[step]}", population={"people": 5 * step}
        )
        for step in range(1, 5)
    ]
    close_site(made[2])
    close_site(made[3], "resorbed", "yes")
    make_site(5.4, 43.3, name="Ailleurs")
    return made


@pytest.fixture
def admin(territories: Any) -> Any:
    return make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93")


def ready(page: Page) -> None:
    """Wait for the counts, then for an idle map."""
    page.wait_for_selector("[data-carte-ready]", state="attached")
    page.wait_for_selector("[data-map-ready]", state="attached")


def in_view(page: Page, count: int) -> None:
    expect(page.locator("[data-vue]")).to_have_text(f"Sites dans la vue : {count}")


def centre(page: Page) -> tuple[float, float]:
    box = page.locator("[data-map] canvas").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drawn(page: Page, fake: Geoplateforme) -> None:
    """Wait until the background is drawn: more than the tile that is asked for first."""
    for _ in range(100):
        if len(fake.calls("/wmts")) > 1:
            break
        page.wait_for_timeout(100)
    assert len(fake.calls("/wmts")) > 1
    page.wait_for_selector("[data-map-ready]", state="attached")


def colours(page: Page) -> int:
    """How many colours the map's picture has: a blank canvas has one."""
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(page.locator("[data-map] canvas").screenshot()))
    return len(picture.convert("RGB").getcolors(maxcolors=1_000_000) or ())


@pytest.mark.usefixtures("all_may_export")
@pytest.mark.parametrize("role", [Role.LOCAL_ADMIN, Role.OBSERVER])
def test_list_map_and_feed_hold_the_same_sites(
    sites: Any, visit: Visit, fake: Geoplateforme, role: Role
) -> None:
    """For an exact reader and for a blurred one, at both scales, with and without filter."""
    user = make_user(role, Level.DEPARTEMENT, "93")
    client = Client()
    client.force_login(user)
    page = visit(PAGE_93, user=user)
    ready(page)
    in_view(page, 4)
    page.goto(f"{PAGE_93}?status=open{NEAR}")
    ready(page)
    in_view(page, 2)
    assert page.locator("tr[data-site]").count() == 2
    feed = page.get_by_role("link", name="GeoJSON").get_attribute("href") or ""
    assert client.get(feed).json()["numberMatched"] == 2
    renderer = page.evaluate(
        "() => { const gl = document.createElement('canvas').getContext('webgl2');"
        "return gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info')"
        ".UNMASKED_RENDERER_WEBGL) }"
    )
    assert "SwiftShader" in renderer
    assert colours(page) > 20
    drawn(page, fake)


def test_a_click_on_a_site_shows_its_sheet(sites: Any, visit: Visit, admin: Any) -> None:
    page = visit(f"{PAGE_93}#c=14/48.93/2.37", user=admin)
    ready(page)
    page.mouse.click(*centre(page))
    title = page.locator("[data-fiche] h2")
    expect(title).to_have_text("Lieu un")
    expect(title).to_be_focused()
    expect(page.get_by_role("tab", name="Fiche")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tabpanel", name="Liste")).to_be_visible()
    expect(page.locator(f'tr[data-site="{sites[0].pk}"]')).to_have_attribute("aria-current", "true")
    page.locator(f'[data-voir="{sites[3].pk}"]').click()
    expect(page).to_have_url(re.compile(r"#c=15/48\.93"))
    in_view(page, 1)
    page.locator("[data-vue]").click()
    expect(page.locator("tr[data-site]")).to_have_count(1)
    expect(page.get_by_role("tab", name="Liste")).to_have_attribute("aria-selected", "true")
    page.get_by_role("link", name="Vue de la carte : retirer").click()
    expect(page.locator("tr[data-site]")).to_have_count(4)


def test_a_filter_changes_list_and_map_without_another_page(
    sites: Any, visit: Visit, admin: Any
) -> None:
    page = visit(f"{PAGE_93}{NEAR}", user=admin)
    ready(page)
    in_view(page, 4)
    page.evaluate("() => { document.body.dataset.same = 'yes' }")
    page.get_by_role("tab", name="Filtres").click()
    page.get_by_label("Ouvert", exact=True).check()
    expect(page).to_have_url(re.compile(r"status=open.*#c="))
    in_view(page, 2)
    expect(page.locator("[data-resume]")).to_contain_text("2 sites : 2 ouverts")
    page.get_by_label("Recherche").fill("lieu deux")
    page.get_by_role("button", name="Filtrer").click()
    in_view(page, 1)
    page.go_back()
    in_view(page, 2)
    assert page.evaluate("() => document.body.dataset.same") == "yes"


def test_the_legend_hides_and_shows(sites: Any, visit: Visit, admin: Any) -> None:
    page = visit(PAGE_93, user=admin)
    ready(page)
    in_view(page, 4)
    box = page.locator("[data-legende]").get_by_label("Sites ouverts")
    box.uncheck()
    in_view(page, 2)
    # Sites drawn one by one keep what the legend says.
    page.goto(f"{PAGE_93}{NEAR}")
    expect(page).to_have_url(re.compile(r"#c=11\.5"))
    in_view(page, 2)
    box.check()
    in_view(page, 4)


def test_the_layers_and_what_is_said_when_they_are_away(
    sites: Any, visit: Visit, admin: Any, fake: Geoplateforme, watch: Watch
) -> None:
    page = visit(f"{PAGE_93}{NEAR}", user=admin)
    ready(page)
    note = page.locator(".map-note--status")
    expect(note).to_be_hidden()
    drawn(page, fake)
    assert {call.query["LAYER"] for call in fake.calls("/wmts")} == {
        "GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2"
    }
    watch.expected.append("503")
    fake.always(status(503))
    page.get_by_role("button", name="Fonds de carte").click()
    page.get_by_label("Photographies aériennes").check()
    expect(note).to_contain_text(
        "Le fond « Photographies aériennes » est indisponible ; restent nos contours."
    )
    page.get_by_label("Territoires seuls").check()
    expect(note).to_be_hidden()
    in_view(page, 4)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Fonds de carte")).to_be_focused()


def test_a_background_out_of_reach_is_asked_for_one_tile(
    sites: Any, visit: Visit, admin: Any, fake: Geoplateforme, watch: Watch
) -> None:
    """Our territories are drawn at once; the service is asked once, then when the reader says."""
    fake.always(status(503))
    watch.expected.append("503")
    asked: list[str] = []
    page = visit("/aide/", user=admin)
    page.on("request", lambda r: asked.append(r.url) if "/layers/plan-ign/" in r.url else None)
    page.goto(f"{PAGE_93}{NEAR}")
    ready(page)
    note = page.locator(".map-note--status")
    expect(note).to_contain_text("Le fond « Plan IGN » est indisponible")
    in_view(page, 4)
    assert len(asked) == 1
    page.get_by_role("button", name="Déplacer la carte vers l’est").click()
    page.reload()
    ready(page)
    expect(note).to_be_visible()
    assert len(asked) == 1, "the catalogue tells of the fault that was met"
    assert colours(page) > 20
    fake.always(None)
    breaker_of(layer_get("plan-ign")).succeeded()
    page.get_by_role("button", name="Réessayer").click()
    expect(note).to_be_hidden()
    drawn(page, fake)


def test_the_notice_of_a_small_map_is_short_and_stays_away(
    sites: Any, visit: Visit, admin: Any, fake: Geoplateforme, watch: Watch
) -> None:
    fake.always(status(503))
    watch.expected.append("503")
    page = visit(f"/sites/{sites[0].pk}/", user=admin)
    page.wait_for_selector("#carte-site[data-map-ready]")
    note, box = page.locator(".map-note--status"), page.locator("#carte-site")
    expect(note).to_be_visible()
    notice, drawing = note.bounding_box(), box.bounding_box()
    assert notice
    assert drawing
    share = notice["width"] * notice["height"] / (drawing["width"] * drawing["height"])
    assert share < 0.1
    zoom = page.get_by_role("button", name="Agrandir").bounding_box()
    assert zoom
    assert notice["x"] + notice["width"] <= zoom["x"]
    expect(page.get_by_role("button", name="Réessayer")).to_be_visible()
    expect(note.locator(".map-note__short")).to_have_text("Fond indisponible")
    # The whole is kept for those who hear it.
    expect(note).to_contain_text("Le fond « Plan IGN » est indisponible")
    page.get_by_role("button", name="Masquer cet avis").click()
    expect(note).to_be_hidden()
    page.reload()
    page.wait_for_selector("#carte-site[data-map-ready]")
    expect(note).to_be_hidden()


def test_the_keyboard_is_enough(sites: Any, visit: Visit, admin: Any) -> None:
    """Find a site in the list, read it, go back; move the map and choose at its centre."""
    page = visit(f"{PAGE_93}#c=14/48.93/2.4", user=admin)
    ready(page)
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Liste des sites").focus()
    page.keyboard.press("Enter")
    row = page.get_by_role("link", name="Lieu deux")
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-fiche] h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    page.get_by_role("tab", name="Liste").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Filtres")).to_be_focused()
    before = page.url
    page.get_by_role("button", name="Déplacer la carte vers l’est").press("Enter")
    expect(page).not_to_have_url(before)
    page.goto(f"{PAGE_93}#c=14/48.93/2.37")
    page.reload()
    ready(page)
    page.locator("[data-map] canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-fiche] h2")).to_have_text("Lieu un")


def test_on_a_phone_the_list_comes_first(sites: Any, visit: Visit, admin: Any) -> None:
    page = visit(PAGE_93, user=admin, viewport=PHONE)
    ready(page)
    expect(page.get_by_role("link", name="Lieu un")).to_be_visible()
    expect(page.locator("[data-map] canvas")).to_be_hidden()
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    page.locator("[data-face-map]").click()
    expect(page.locator("[data-map] canvas")).to_be_visible()
    in_view(page, 4)
    # The page keeps a first heading where its own gives place to the map.
    expect(page.locator("#carte-region")).to_have_attribute("aria-level", "1")
    page.locator("[data-face-list]").click()
    expect(page.get_by_role("link", name="Lieu un")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Seine-Saint-Denis"))
    assert page.locator("#carte-region").get_attribute("aria-level") is None


def test_without_webgl_or_script_the_list_is_whole(sites: Any, visit: Visit, admin: Any) -> None:
    page = visit(PAGE_93, user=admin, init=NO_WEBGL)
    expect(page.locator(".map-absent")).to_contain_text("ne peut pas dessiner la carte")
    assert page.locator("tr[data-site]").count() == 4
    page.get_by_role("link", name="Lieu un").click()
    expect(page.locator("[data-fiche] h2")).to_have_text("Lieu un")
    plain = visit(PAGE_93, user=admin, java_script_enabled=False)
    assert plain.locator("tr[data-site]").count() == 4
    plain.get_by_label("Ouvert", exact=True).check()
    plain.get_by_role("button", name="Filtrer").click()
    assert plain.locator("tr[data-site]").count() == 2
    assert "status=open" in plain.url
    sheet = plain.get_by_role("link", name=re.compile("Carte à imprimer")).get_attribute("href")
    assert sheet == "/impressions/departements/93.pdf?status=open"


@pytest.mark.parametrize("theme", ["dsfr", "neutral"])
def test_the_page_passes_axe(
    sites: Any, visit: Visit, admin: Any, settings: Any, theme: str
) -> None:
    settings.ATLAS_THEME = theme
    page = visit(PAGE_93, user=admin)
    ready(page)
    axe = (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
    page.evaluate(axe)
    for tab in ("Liste", "Filtres"):
        page.get_by_role("tab", name=tab).click()
        found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        problems = [(v["id"], [node["target"] for node in v["nodes"]]) for v in found["violations"]]
        assert problems == []
