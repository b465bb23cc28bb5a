"""Two people write one restricted block at once: each field is chosen, nothing is undone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from geo.core.scope import DataClass
from geo.sites.models import HealthWatch, Judicial, Site
from tests.support.restricted import in_departement
from tests.web.test_restricted import address, reads_as, sent, sent_by, site

__all__ = ["reads_as", "site"]
pytestmark = pytest.mark.django_db


def test_each_procedure_is_chosen_and_what_was_not_touched_is_not_undone(
    reads_as: Any, site: Site
) -> None:
    client, page = reads_as(in_departement("93")), address(site, DataClass.JUDICIAL)
    first = client.get(page)
    mine = sent(client, site, DataClass.JUDICIAL) | {"shown": first.context["shown"]}
    assert f'name="shown" value="{mine["shown"]}"' in first.content.decode()
    theirs = mine | {
        "bailiff": "Leur étude",
        "justice_rendered_by": "Leur tribunal",
        "justice_procedure": "true",
        "insalubrity_parcels": "93066000ZZ7302\n93066000ZZ7303",
    }
    assert client.post(page, theirs).status_code == 302
    mine |= {"bailiff": "Mon étude", "existing_litigation": "true", "order_by": ""}
    response = client.post(page, mine)
    assert response.status_code == 409
    offered = {each.name: each.untouched for each in response.context["conflict"]}
    assert offered == {
        "bailiff": False,
        "existing_litigation": False,
        "justice_rendered_by": True,
        "justice_procedure": True,
        "insalubrity_parcels": True,
    }
    html = response.content.decode()
    assert 'name="keep-justice_procedure" value="theirs" checked' in html
    assert 'name="keep-bailiff" value="mine" checked' in html
    untouched = [name for name, left in offered.items() if left]
    again = mine | {f"keep-{name}": "theirs" for name in untouched}
    again |= {name: response.context[name] for name in ("version", "shown")}
    assert client.post(page, again).status_code == 302
    row = Judicial.objects.latest("observed_on")
    assert (row.bailiff, row.justice_rendered_by) == ("Mon étude", "Leur tribunal")
    assert row.justice_procedure is row.existing_litigation is True
    assert row.insalubrity_parcels == ["93066000ZZ7302", "93066000ZZ7303"]


def test_each_field_of_each_row_is_chosen(reads_as: Any, site: Site) -> None:
    client, page = reads_as(in_departement("93")), address(site, DataClass.HEALTH)
    mine = sent(client, site, DataClass.HEALTH) | {"shown": client.get(page).context["shown"]}
    theirs = mine | {"0-measures": "Leurs mesures", "0-ended_on": "2025-03-01",
        "1-kind": "heat", "1-measures": "Ajoutées"}  # fmt: skip
    assert client.post(page, theirs).status_code == 302
    mine |= {"0-people": "8", "0-kind": "cluster"}
    response = client.post(page, mine)
    assert response.status_code == 409
    offered = {each.name: each.untouched for each in response.context["conflict"]}
    assert offered == {
        "0-kind": False, "0-people": False, "0-measures": True, "0-ended_on": True,
    }  # fmt: skip
    html = response.content.decode()
    assert 'name="keep-0-measures" value="theirs" checked' in html
    # The row to be added, left blank, is no fault.
    assert not any(form.errors for form in response.context["forms"][1:])
    # As the browser sends the page back, the row that somebody added included.
    again = sent_by(response) | {
        "keep-0-measures": "theirs", "keep-0-ended_on": "theirs", "keep-0-kind": "theirs",
        "keep-0-people": "mine",
    }  # fmt: skip
    assert client.post(page, again).status_code == 302
    row = HealthWatch.objects.get(people=8)
    assert (row.kind, row.measures) == ("poisoning", "Leurs mesures")
    assert row.ended_on == dt.date(2025, 3, 1)
    assert set(HealthWatch.objects.values_list("measures", flat=True)) == {
        "Leurs mesures", "Ajoutées",
    }  # fmt: skip
