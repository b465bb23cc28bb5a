"""The territorial pages: who sees what, one query for list, map and feed, refusals in French."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from pypdf import PdfReader

from atlas import content
from atlas.orders import order_read
from atlas.sheet import sheet_make
from geo.accounts.enums import Level, Role
from geo.core.scope import Scope
from geo.sites.figures import national_figures
from geo.sites.services import reinstallation_declare
from tests.support.factories import close_site, make_departement, make_site, make_user
from web.prints.views import printables

pytestmark = pytest.mark.django_db
OPENED = dt.date(2024, 4, 1)
PAGE_93 = "/carte/departements/93/"


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.content[:500]
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


def config_of(response: Any) -> Any:
    found = re.search(
        r'id="carte-config"[^>]*>(.*?)</script>', response.content.decode(), re.DOTALL
    )
    assert found
    return json.loads(found.group(1))


def listed(response: Any) -> set[int]:
    return {int(key) for key in re.findall(r'<tr data-site="(\d+)"', response.content.decode())}


@pytest.fixture
def five(territories: Any) -> list[Any]:
    """Five sites of the 93: open, another open, evacuated, resorbed, otherwise closed."""
    sites = [
        make_site(2.31 + step * 0.025, 48.93, name=f"Lieu {step}", population={"people": 10 * step})
        for step in range(1, 6)
    ]
    close_site(sites[2], on=dt.date(2025, 6, 1))
    close_site(sites[3], "resorbed", "yes", on=dt.date(2025, 6, 1))
    close_site(sites[4], "other", on=dt.date(2025, 9, 1))
    return sites


def test_nobody_unauthenticated_reads_a_page(client: Client, territories: Any) -> None:
    make_site()
    for path in ("/carte/", PAGE_93, "/carte/regroupements.json?par=commune"):
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/connexion/")


def test_the_page_of_an_exact_reader(client: Client, five: Any, admin_93: Any) -> None:
    elsewhere = make_site(5.4, 43.3, name="Ailleurs")
    client.force_login(admin_93)
    response = client.get(PAGE_93)
    page = text_of(response)
    assert listed(response) == {site.pk for site in five}
    assert "5 sites : 2 ouverts, 1 résorbé, 1 évacué, 1 autre fermeture" in page
    # Those of the closed sites left: they are counted nowhere.
    assert "30 personnes sur les sites ouverts ou en résorption" in page
    assert "Lieu 1" in page
    assert elsewhere.reference not in page
    assert "private" in response["Cache-Control"]


def test_a_blurred_reader_sees_no_name(client: Client, five: Any) -> None:
    client.force_login(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    response = client.get(PAGE_93)
    page = text_of(response)
    assert listed(response) == {site.pk for site in five}
    assert "Lieu 1" not in page
    assert five[0].reference in page
    assert "position approchée" in page
    assert f'data-lon="{five[0].grid_point.x:.6f}"' in page
    assert "site-footprints" not in config_of(response)["tiles"]


def test_a_stranger_to_sites_is_told_so(client: Client, five: Any) -> None:
    client.force_login(make_user(Role.INTERVENER, Level.DEPARTEMENT, "93"))
    response = client.get(PAGE_93)
    assert listed(response) == set()
    assert "Votre compte ne donne accès à aucun site" in text_of(response)


@pytest.mark.usefixtures("all_may_export")
@pytest.mark.parametrize("role", [Role.LOCAL_ADMIN, Role.OBSERVER])
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"status": "open"},
        {"status": "closed", "closure_kind": "evacuation,resorption"},
        {"datetime": "2025-07-01/2025-12-31"},
        {"datetime": "2025-05-01"},
        {"q": "saint-denis"},
    ],
)
def test_list_counts_and_feed_agree(
    client: Client, five: Any, role: Role, query: dict[str, str]
) -> None:
    client.force_login(make_user(role, Level.DEPARTEMENT, "93"))
    response = client.get(PAGE_93, query)
    page, config = text_of(response), config_of(response)
    feed = re.search(r'href="(/ogc/collections/sites/items[^"]*)"', page)
    assert feed
    features = client.get(feed.group(1)).json()["features"]
    assert listed(response) == {feature["id"] for feature in features}
    assert listed(response)
    counted = sum(state["count"] for state in config["states"])
    assert counted == len(features)
    for address in config["groups"].values():
        groups = client.get(address).json()["features"]
        keys = [state["key"] for state in config["states"]]
        assert sum(g["properties"][key] for g in groups for key in keys) == len(features)
    assert client.get(config["tiles"]["sites"]).status_code == 200


def test_counts_by_territory_tell_the_five_states(client: Client, five: Any, admin_93: Any) -> None:
    alone = make_site(2.45, 48.93)
    client.force_login(admin_93)
    query = {"par": "commune", "departement": "93"}
    response = client.get("/carte/regroupements.json", query)
    groups = {f["properties"]["code"]: f for f in response.json()["features"]}
    crowd = groups["93066"]["properties"]
    assert (crowd["open"], crowd["evacuated"], crowd["resorbed"]) == (2, 1, 0)
    assert crowd["site"] is None
    assert {f["properties"]["name"] for f in groups.values()} == {"Saint-Denis", "Bobigny"}
    again = client.get(
        "/carte/regroupements.json", query, headers={"If-None-Match": response["ETag"]}
    )
    assert again.status_code == 304
    only = client.get("/carte/regroupements.json", query | {"q": alone.reference}).json()
    (single,) = only["features"]
    assert single["properties"]["site"] == alone.pk
    assert single["geometry"]["coordinates"] == [2.45, 48.93]


def test_plain_forms_are_put_in_normal_form(client: Client, five: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    sent = f"{PAGE_93}?status=open&status=resorption&q=&du=2025-01-01&au=&water="
    response = client.get(sent)
    assert response.status_code == 302
    assert response["Location"] == f"{PAGE_93}?status=open,resorption&datetime=2025-01-01/.."
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("couleur=rouge", "couleur"),
        ("status=ferme", "status"),
        ("datetime=2025-13-01", "datetime"),
        ("du=demain", "datetime"),
        ("sort=secret", "sort"),
        ("page=0", "page"),
        ("v=matrice", "v"),
        ("bbox=2,48,3", "bbox"),
        (f"q={'x' * 101}", "q"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(
    client: Client, territories: Any, admin_93: Any, query: str, field: str
) -> None:
    client.force_login(admin_93)
    response = client.get(f"{PAGE_93}?{query}", follow=True)
    assert response.status_code == 400
    page = response.content.decode()
    assert "demande refusée" in page
    assert f"<strong>{field}</strong>" in page


def test_territories_that_do_not_exist(client: Client, territories: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    for path in ("departements/99", "villes/93066", "departement/93", "communes/93999"):
        assert client.get(f"/carte/{path}/").status_code == 404
    assert client.get("/carte/reperes/99.json").status_code == 404
    assert client.get("/carte/regroupements.json?par=quartier").status_code == 400


def test_each_level_has_its_page(client: Client, five: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    for path in ("regions/11", "departements/93", "epcis/200054781"):
        assert listed(client.get(f"/carte/{path}/")) == {site.pk for site in five}
    assert len(listed(client.get("/carte/communes/93066/"))) == 3
    assert listed(client.get("/carte/departements/13/")) == set()
    trail = text_of(client.get("/carte/communes/93066/")).split("carte__trail")[1]
    assert 'href="/carte/departements/93/"' in trail


def test_a_region_of_one_departement_is_told_by_communes(
    client: Client, five: Any, admin_93: Any
) -> None:
    """Else its page would list itself, and a departement would lie in its own namesake."""

    def seen(path: str) -> tuple[list[str], list[str]]:
        context = client.get(path).context
        place = context["place"]
        return [part.name for part in context["parts"]], [label for label, _ in place.trail]

    client.force_login(admin_93)
    communes = ["Saint-Denis", "Bobigny"]
    assert seen("/carte/regions/11/") == (communes, ["France"])
    assert seen("/carte/departements/93/") == (communes, ["France"])
    assert seen("/carte/communes/93066/")[1] == ["France", "Seine-Saint-Denis"]
    make_departement("75", "Paris", "11", (2.2, 48.8, 2.3, 48.9))
    assert seen("/carte/regions/11/") == (["Seine-Saint-Denis"], ["France"])
    assert seen("/carte/departements/93/")[1] == ["France", "Île-de-France"]


def test_the_print_keeps_the_filters_and_tells_them(
    client: Client, five: Any, admin_93: Any
) -> None:
    """Search, boxes, dates and the box of the view; the sheet has the sites of the list."""
    client.force_login(admin_93)
    query = {
        "q": "lieu saint-denis",
        "status": "open,closed",
        "datetime": "2025-01-01/2025-12-31",
        "bbox": "2.3,48.9,2.4,49",
    }
    response = client.get(PAGE_93, query)
    found = re.search(r'href="(/impressions/departements/93.pdf[^"]*)"', text_of(response))
    assert found
    assert dict(parse_qsl(urlsplit(found.group(1)).query)) == query
    names = {f"Lieu {step}" for step in range(1, 6)}
    listed_names = {name for name in names if name in text_of(response)}
    assert 0 < len(listed_names) < 5
    pdf = PdfReader(BytesIO(client.get(found.group(1)).content))
    told = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pdf.pages))
    assert {name for name in names if name in told} == listed_names
    assert "Recherche = lieu, saint-denis" in told
    assert "État = Fermé, Ouvert" in told
    assert "Seuls figurent les sites d’une partie de la carte" in told
    plain = text_of(client.get(PAGE_93))
    assert "donnez une période pour d’autres années" in plain


def test_a_local_reader_starts_at_home(client: Client, five: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    assert client.get("/carte/")["Location"] == PAGE_93
    nation = client.get("/carte/?v=map")
    assert listed(nation) == {site.pk for site in five}
    client.force_login(make_user(Role.NATIONAL_ADMIN))
    assert client.get("/carte/").status_code == 200


def test_the_choice_of_a_territory_stays_here(client: Client, admin_93: Any) -> None:
    client.force_login(admin_93)
    assert client.get("/carte/aller/", {"vers": PAGE_93})["Location"] == PAGE_93
    away = client.get("/carte/aller/", {"vers": "https://example.test/"})
    assert away["Location"] == "/carte/?v=map"


def test_the_list_is_sorted_and_paged(
    client: Client, territories: Any, admin_93: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.carte.selectors.PAGE_ROWS", 2)
    monkeypatch.setattr("web.carte.presenters.PAGE_ROWS", 2)
    sites = [make_site(2.32 + n / 100, 48.93, population={"people": n}) for n in (3, 1, 5)]
    unknown = make_site(2.38, 48.93)
    client.force_login(admin_93)
    order: list[int] = []
    for page in (1, 2):
        content = client.get(PAGE_93, {"sort": "-people", "page": page}).content.decode()
        order += [int(key) for key in re.findall(r'<tr data-site="(\d+)"', content)]
    assert order == [sites[2].pk, sites[0].pk, sites[1].pk, unknown.pk]
    beyond = client.get(PAGE_93, {"page": "40"})
    assert "page 2 sur 2" in text_of(beyond)


def test_a_page_costs_a_bounded_number_of_queries(
    client: Client,
    territories: Any,
    admin_93: Any,
    django_assert_max_num_queries: Any,
) -> None:
    client.force_login(admin_93)
    make_site(2.35, 48.93)
    client.get(PAGE_93)
    for step in range(8):
        make_site(2.32 + step / 100, 48.93, population={"people": step})
    with django_assert_max_num_queries(16):
        client.get(PAGE_93)


def test_landmarks_are_open(client: Client, territories: Any) -> None:
    names = {
        f["properties"]["name"] for f in client.get("/carte/reperes/93.json").json()["features"]
    }
    assert names == {"Saint-Denis", "Bobigny"}
    capitals = client.get("/carte/reperes/france.json").json()["features"]
    assert {f["properties"]["name"] for f in capitals} == {"Bobigny", "Marseille"}


def test_what_is_typed_is_kept_and_escaped(client: Client, five: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    response = client.get(PAGE_93, {"q": '"><script>alert(1)</script>'})
    assert response.status_code == 200
    assert b"<script>alert(1)" not in response.content
    page = client.get(PAGE_93, {"datetime": "2025-01-01/2025-12-31", "status": "closed"})
    assert 'name="du" value="2025-01-01"' in page.content.decode()
    assert "État : Fermé" in text_of(page)
    assert "Du 01/01/2025 au 31/12/2025" in text_of(page)


def test_the_list_of_the_view_leaves_the_map_whole(
    client: Client, five: Any, admin_93: Any
) -> None:
    client.force_login(admin_93)
    response = client.get(PAGE_93, {"bbox": "2.3,48.9,2.37,49"})
    assert listed(response) == {five[0].pk, five[1].pk}
    config = config_of(response)
    assert "bbox" not in config["tiles"]["sites"]
    feed = re.search(r'href="(/ogc/collections/sites/items[^"]*)"', text_of(response))
    assert feed
    found = client.get(feed.group(1)).json()["features"]
    assert {feature["id"] for feature in found} == listed(response)
    assert "Vue de la carte" in text_of(response)


def test_reinstallations_follow_the_filters_by_their_arrival(
    client: Client, admin_93: Any, territories: Any
) -> None:
    """An arrow of a filtered map ends on a site that the map shows."""
    left = make_site(2.36, 48.93, field_type="land", observed_on=OPENED)
    building = make_site(2.35, 48.93, field_type="building", observed_on=OPENED)
    other = make_site(2.34, 48.93, field_type="other", observed_on=OPENED)
    flows = {
        site.pk: reinstallation_declare(
            by=None,
            scope=Scope.nation(),
            site_id=site.pk,
            origin_id=left.pk,
            people=3,
            happened_on=OPENED,
        ).pk
        for site in (building, other)
    }
    client.force_login(admin_93)

    def arrivals(query: str) -> Any:
        page = client.get(f"/carte/departements/93/?{query}")
        return page.context["map"]["arrivals"]

    assert arrivals("v=map") is None
    assert arrivals("field_type=building") == [flows[building.pk]]
    assert arrivals("field_type=land") == []
    assert arrivals("q=" + other.reference) == [flows[other.pk]]
    assert arrivals("field_type=building,other") == sorted(flows.values())


def test_home_map_and_print_agree_on_open_sites_and_people(
    client: Client, national_admin: Any, five: list[Any]
) -> None:
    """« ouverts » is open alone; people live on the sites open or being resorbed, nowhere else."""
    for number in range(8):
        make_site(2.33 + number / 500, 48.94, population={"people": 5})
    make_site(2.33, 48.95, population={"people": 7}, resorption_started_on=OPENED)
    home = national_figures()
    assert (home.living_sites, home.people) == (11, 10 + 20 + 8 * 5 + 7)
    client.force_login(national_admin)
    page = text_of(client.get(PAGE_93))
    summary = re.search(r"data-resume>([^<]*)", page)
    assert summary
    assert "14 sites : 10 ouverts, 1 en résorption," in summary[1]
    assert f"{home.people} personnes sur les sites ouverts ou en résorption" in summary[1]
    nation = client.get("/carte/")
    (part,) = nation.context["parts"]
    assert part.group.people == home.people
    found = printables(Scope.nation())
    assert {each.code: each.living_sites for each in found}["93"] == home.living_sites
    sheet = sheet_make(order_read(Scope.nation(), "departements", "93", {}))
    told = [(figure.value, figure.words) for figure in content.figures(sheet)]
    assert told[:3] == [
        ("10", "sites ouverts"),
        ("1", "en résorption"),
        (str(home.people), "personnes"),
    ]
    sentence = content.sentence(sheet).replace("\u00a0", " ")
    assert f"10 sites ouverts et 1 en cours de résorption, où vivent {home.people}" in sentence
