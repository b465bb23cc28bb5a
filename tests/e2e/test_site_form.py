"""Creating a site in a real browser: by keyboard alone, map, search, and without script."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from geo.sites.models import Footprint, Site
from tests.e2e.conftest import PHONE
from tests.fakes.geocoder import address
from tests.support.factories import make_site, square

pytestmark = pytest.mark.usefixtures("nothing_remembered")

Visit = Callable[..., Page]
MAP = "#carte-saisie"


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the field of that name has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"« {name} » is not reached by Tab")


@pytest.fixture
def form(visit: Visit, fake: Any, admin_93: Any) -> Page:
    return visit("/sites/nouveau/", user=admin_93)


def check(box: Locator) -> None:
    """Tick a box as people do: both themes draw it, and the label takes the click."""
    box.check(force=True)


def on_map(page: Page, position: str) -> dict[str, float]:
    """Write a position, wait for the map to be there; returns the map's box on the screen."""
    page.wait_for_selector(f"{MAP}[data-map-ready]")
    page.fill("[name=position]", position)
    page.keyboard.press("Tab")
    page.locator(MAP).scroll_into_view_if_needed()
    page.wait_for_selector(f"{MAP}[data-map-ready]")
    box = page.locator(f"{MAP} canvas").bounding_box()
    assert box
    return dict(box)


def test_by_keyboard_alone_and_typed_coordinates(form: Page) -> None:
    tab_to(form, "position")
    form.keyboard.type("48°55'48\"N 2°21'0\"E")
    tab_to(form, "name")
    form.keyboard.type("Les Cerisiers inventés")
    form.keyboard.press("Enter")
    expect(form.get_by_role("heading", level=1)).to_have_text("Les Cerisiers inventés")
    assert Site.objects.get().location.geom.coords == pytest.approx((2.35, 48.93))


def test_the_first_error_is_read_and_leads_to_its_field(form: Page, watch: Any) -> None:
    watch.expected.append("422")
    form.fill("[name=people]", "4")
    form.fill("[name=minors]", "9")
    form.get_by_role("button", name="Enregistrer").click()
    summary = form.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Mineurs").click()
    expect(form.locator("[name=minors]")).to_be_focused()
    described = form.get_attribute("[name=minors]", "aria-describedby")
    assert "dépasse" in form.inner_text(f"#{described}")
    assert form.input_value("[name=people]") == "4"


def test_by_the_map(form: Page) -> None:
    box = on_map(form, "48.93, 2.35")
    form.mouse.click(box["x"] + 200, box["y"] + 200)
    clicked = form.input_value("[name=position]")
    assert clicked != "48.93, 2.35"
    form.get_by_role("button", name="Vers le nord", exact=True).click()
    north = float(form.input_value("[name=position]").split(",")[0])
    # One degree of latitude is 111.2 km there: ten metres are 0.00009°.
    assert north - float(clicked.split(",")[0]) == pytest.approx(8.99e-5, abs=3e-7)
    form.get_by_role("button", name="Annuler").click()
    assert form.input_value("[name=position]") == clicked

    form.get_by_role("button", name="Dessiner l’emprise").click()
    expect(form.locator(f"{MAP} canvas")).to_be_focused()
    close = form.get_by_role("button", name="Fermer l’emprise")
    expect(close).to_be_visible()
    corners = ((120, 100), (260, 110), (270, 250), (110, 240))
    for x, y in corners:
        form.mouse.move(box["x"] + x, box["y"] + y)
        form.mouse.click(box["x"] + x, box["y"] + y)
        # Two clicks too near in time are a double click, which zooms.
        form.wait_for_timeout(350)
    # A phone has no Enter key.
    close.click()
    expect(form.locator("[data-area]")).to_contain_text("Surface")
    expect(close).to_be_hidden()
    assert len(form.input_value("[name=footprint]").splitlines()) == len(corners)
    form.fill("[name=name]", "Dessiné (inventé)")
    form.get_by_role("button", name="Enregistrer").click()
    expect(form.get_by_role("heading", level=1)).to_have_text("Dessiné (inventé)")
    ground = Footprint.objects.get()
    assert ground.geom.num_points == len(corners) + 1
    assert ground.geom.contains(Site.objects.get().location.geom)
    form.wait_for_selector("#carte-site[data-map-ready]")


def test_closing_on_the_first_vertex_leaves_the_point(form: Page) -> None:
    box = on_map(form, "48.93, 2.35")
    form.mouse.click(box["x"] + 200, box["y"] + 200)
    form.wait_for_timeout(350)
    placed = form.input_value("[name=position]")
    form.get_by_role("button", name="Dessiner l’emprise").click()
    corners = ((120, 100), (260, 110), (270, 250), (110, 240))
    for x, y in corners:
        form.mouse.move(box["x"] + x, box["y"] + y)
        form.mouse.click(box["x"] + x, box["y"] + y)
        form.wait_for_timeout(350)
    form.mouse.move(box["x"] + 120, box["y"] + 100)
    form.mouse.dblclick(box["x"] + 120, box["y"] + 100)
    expect(form.locator("[data-area]")).to_contain_text("Surface")
    form.wait_for_timeout(500)
    assert form.input_value("[name=position]") == placed
    # A click of its own places it again.
    form.mouse.click(box["x"] + 230, box["y"] + 200)
    form.wait_for_timeout(350)
    assert form.input_value("[name=position]") != placed


def test_a_place_pointed_at_is_exact(form: Page, fake: Any) -> None:
    accuracy = form.locator("[name=location_accuracy]")
    fake.places = [address("Saint-Denis", 2.36, 48.93, type="municipality")]
    box = form.get_by_role("combobox", name="Chercher un lieu")
    box.fill("saint-denis")
    box.press("Enter")
    expect(form.locator("#q-liste").get_by_role("option")).to_have_count(1)
    box.press("Enter")
    expect(accuracy).to_have_value("commune")
    on_screen = on_map(form, "48.93, 2.35")
    form.mouse.click(on_screen["x"] + 200, on_screen["y"] + 200)
    expect(accuracy).to_have_value("exact")
    # What the person says stays said.
    accuracy.select_option("100m")
    form.wait_for_timeout(450)
    form.mouse.click(on_screen["x"] + 220, on_screen["y"] + 220)
    expect(accuracy).to_have_value("100m")


def test_the_position_is_told_beside_its_field(form: Page) -> None:
    """Its commune, the refusal elsewhere, the order that was read: before anything is saved."""
    told = form.locator("[data-position-told]")
    on_map(form, "48.93, 2.35")
    expect(told).to_have_text("Saint-Denis")
    form.fill("[name=position]", "2.35, 48.93")
    form.keyboard.press("Tab")
    expect(told).to_contain_text("Coordonnées inversées : lues comme latitude, longitude.")
    assert form.input_value("[name=position]") == "48.9300000, 2.3500000"
    form.fill("[name=position]", "43.3, 5.35")
    form.keyboard.press("Tab")
    expect(told).to_have_text(
        "Marseille (département 13) est hors de votre territoire : "
        "vous ne pouvez pas y créer de site."
    )


def test_the_map_opens_on_the_writers_territory(form: Page) -> None:
    """A click in the middle of the untouched map is in the departement, not in the Massif."""
    form.wait_for_selector(f"{MAP}[data-map-ready]")
    form.locator(MAP).scroll_into_view_if_needed()
    box = form.locator(f"{MAP} canvas").bounding_box()
    assert box
    form.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lat, lon = (float(part) for part in form.input_value("[name=position]").split(","))
    assert lat == pytest.approx(48.92, abs=0.1)
    assert lon == pytest.approx(2.4, abs=0.2)


def test_a_pasted_outline_is_counted_before_it_is_read(form: Page) -> None:
    lines = "\n".join(f"48.{930000 + n}, 2.35" for n in range(60_000))
    form.locator("[name=footprint]").evaluate(
        """(field, lines) => {
          field.value = lines;
          field.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        lines,
    )
    expect(form.locator("[data-area]")).to_contain_text("au plus 2\u202f000 sommets")
    expect(form.locator("[data-area]")).to_contain_text("60\u202f000 sommets")
    # The page still answers.
    form.fill("[name=position]", "48.93, 2.35")
    form.keyboard.press("Tab")
    expect(form.locator("[data-position-told]")).to_have_text("Saint-Denis")


def test_a_phone_shows_the_map_in_its_first_screen(
    visit: Visit, fake: Any, admin_93: Any, theme: str
) -> None:
    page = visit("/sites/nouveau/", user=admin_93, viewport=PHONE, has_touch=True)
    page.wait_for_selector(f"{MAP}[data-map-ready]")
    seen = page.locator(MAP).bounding_box()
    bar = page.locator(".at-form__end--sticky").bounding_box()
    tools = page.locator("[data-draw] .at-tool:visible")
    assert seen
    assert bar
    # More than a quarter of the screen is map, above the bar that saves.
    assert min(bar["y"], seen["y"] + seen["height"]) - seen["y"] > PHONE["height"] / 4
    tops = {box["y"] for box in (tool.bounding_box() for tool in tools.all()) if box}
    assert len(tops) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.get_by_role("button", name="Placer le point")).to_be_visible()


def test_by_the_search(form: Page, fake: Any) -> None:
    fake.places = [
        address("8 Rue Inventée 93200 Saint-Denis", 2.351, 48.931),
        address("9 Rue Inventée 93200 Saint-Denis", 2.352, 48.932),
    ]
    box = form.get_by_role("combobox", name="Chercher un lieu")
    box.press_sequentially("rue inventée")
    expect(form.locator("#q-liste").get_by_role("option")).to_have_count(2)
    assert form.input_value("[name=position]") == ""
    box.press("ArrowDown")
    box.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    expect(form.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    assert form.input_value("[name=position]") == "48.9320000, 2.3520000"
    assert form.input_value("[name=address_label]") == "9 Rue Inventée 93200 Saint-Denis"
    expect(form.locator("#q-liste").get_by_role("option")).to_have_count(0)
    box.fill("8 rue inventée")
    expect(form.locator("#q-liste").get_by_role("option")).to_have_count(1)
    box.press("Escape")
    expect(form.locator("#q-liste").get_by_role("option")).to_have_count(0)


def test_enter_in_the_search_searches(form: Page, fake: Any) -> None:
    """Also before the pause that follows typing, and once the list was closed."""
    fake.places = [address("8 Rue Inventée 93200 Saint-Denis", 2.351, 48.931)]
    form.fill("[name=name]", "Pas encore (inventé)")
    form.fill("[name=position]", "48.93, 2.35")
    box = form.get_by_role("combobox", name="Chercher un lieu")
    options = form.locator("#q-liste").get_by_role("option")
    box.fill("ru")
    box.press("Enter")
    expect(form.get_by_text("Écrivez au moins 3 caractères.")).to_be_visible()
    box.fill("rue inventée")
    box.press("Enter")
    expect(options).to_have_count(1)
    box.press("Escape")
    form.get_by_role("button", name="Chercher").click()
    expect(options).to_have_count(1)
    assert form.url.endswith("/sites/nouveau/")
    assert not Site.objects.exists()


def test_the_outline_is_taken_away(visit: Visit, fake: Any, admin_93: Any) -> None:
    """By the button over the map, by the box; undone; without script by the box alone."""
    site = make_site(
        name="Le Pré inventé",
        observed_on=dt.date(2024, 4, 1),
        footprint=square(2.349, 48.929, 2.351, 48.931),
    )
    page = visit(f"/sites/{site.pk}/modifier/", user=admin_93)
    box = page.get_by_label("Retirer l’emprise enregistrée")
    field = page.locator("[name=footprint]")
    written = field.input_value()
    page.wait_for_selector(f"{MAP}[data-map-ready]")
    page.get_by_role("button", name="Effacer l’emprise").click()
    expect(box).to_be_checked()
    page.get_by_role("button", name="Annuler").click()
    expect(box).not_to_be_checked()
    expect(field).to_have_value(written)
    check(box)
    expect(field).to_have_value("")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Retirée le")).to_be_visible()
    assert Footprint.objects.get().ended_on is not None

    other = make_site(
        name="Sans script (inventé)",
        observed_on=dt.date(2024, 4, 1),
        footprint=square(2.349, 48.929, 2.351, 48.931),
    )
    plain = visit(f"/sites/{other.pk}/modifier/", user=admin_93, java_script_enabled=False)
    check(plain.get_by_label("Retirer l’emprise enregistrée"))
    plain.get_by_role("button", name="Enregistrer").click()
    expect(plain.get_by_text("Retirée le")).to_be_visible()


def test_without_script(visit: Visit, fake: Any, admin_93: Any) -> None:
    fake.places = [address("8 Rue Inventée 93200 Saint-Denis", 2.351, 48.931)]
    page = visit("/sites/nouveau/", user=admin_93, java_script_enabled=False)
    page.fill("[name=name]", "Sans script (inventé)")
    page.fill("[name=position]", "48.93, 2.35")
    page.fill("[name=q]", "rue inventée")
    page.press("[name=q]", "Enter")
    expect(page.get_by_label("8 Rue Inventée")).to_be_visible()
    assert not Site.objects.exists()
    page.get_by_role("button", name="Chercher").click()
    page.get_by_label("8 Rue Inventée").check()
    page.get_by_role("button", name="Utiliser ce lieu").click()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sans script (inventé)")
    assert Site.objects.get().location.address_label == "8 Rue Inventée 93200 Saint-Denis"
