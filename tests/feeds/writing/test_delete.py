"""DELETE: for national administrators, over the version that was read; the history keeps it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from geo.core.history_models import Operation
from geo.sites.history_models import SiteEvent
from geo.sites.models import Footprint, Judicial, Population, Site, SiteLocation
from tests.support.factories import close_site, make_site
from tests.support.feed_writes import FOOTPRINTS, SITES, outline_body, read, refused, send
from tests.support.restricted import fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def national(client: Client, national_admin: Any, territories: Any) -> Client:
    client.force_login(national_admin)
    return client


def test_a_site_goes_with_all_that_hangs_on_it(national: Client, national_admin: Any) -> None:
    site = make_site(population={"people": 40})
    fill(site)
    close_site(site)
    send(national, "POST", FOOTPRINTS, outline_body(site))
    path = f"{SITES}/{site.pk}"
    _, held = read(national, path)
    response = send(national, "DELETE", path, headers=held)
    assert (response.status_code, response.content) == (204, b"")
    refused(national.get(path), 404)
    refused(send(national, "DELETE", path, headers=held), 404)
    for model in (Site, SiteLocation, Footprint, Population, Judicial):
        assert not model.objects.exists(), model
    last = SiteEvent.objects.filter(source_table="site", operation=Operation.DELETE).get()
    assert (last.site_id, last.context["user"]) == (site.pk, national_admin.pk)


def test_the_version_read_is_said_and_is_the_last(national: Client) -> None:
    site = make_site()
    path = f"{SITES}/{site.pk}"
    refused(send(national, "DELETE", path), 428)
    refused(send(national, "DELETE", path, headers={"If-Match": "*"}), 428)
    told = refused(send(national, "DELETE", path, headers={"If-Match": '"9-x"'}), 412)
    assert told["versions"]["current"] == national.get(path)["ETag"]
    assert Site.objects.filter(pk=site.pk).exists()


def test_others_may_not(client: Client, admin_93: Any) -> None:
    site = make_site()
    client.force_login(admin_93)
    path = f"{SITES}/{site.pk}"
    _, held = read(client, path)
    told = refused(send(client, "DELETE", path, headers=held), 403)
    assert "supprimer" in told["detail"]
    assert client.options(path)["Allow"] == "GET, HEAD, OPTIONS, PUT, PATCH"
    assert Site.objects.filter(pk=site.pk).exists()


def test_an_outline_goes_alone(national: Client) -> None:
    site = make_site()
    send(national, "POST", FOOTPRINTS, outline_body(site))
    row = Footprint.objects.get()
    path = f"{FOOTPRINTS}/{row.pk}"
    _, held = read(national, path)
    version = Site.objects.get(pk=site.pk).version
    refused(send(national, "DELETE", path, headers={"If-Match": '"0-x"'}), 412)
    assert send(national, "DELETE", path, headers=held).status_code == 204
    assert not Footprint.objects.exists()
    assert Site.objects.get(pk=site.pk).version == version + 1
