"""A vintage told to a reader never passes a copy's date for the age of the data."""

from __future__ import annotations

import datetime as dt

import pytest

from geo.core.vintage import of_file, of_loading, vintage

DAY = dt.date(2026, 11, 25)


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("2026", "millésime 2026"),
        ("COG 2023", "millésime COG 2023"),
        ("2026-07-01", "millésime du 01/07/2026"),
        (of_file(DAY), "millésime non indiqué, fichier du 25/11/2026"),
        (of_loading(DAY), "millésime non indiqué, chargé le 25/11/2026"),
        ("", "millésime non indiqué"),
    ],
)
def test_it_is_told(stored: str, told: str) -> None:
    assert vintage(stored) == told
    assert len(stored) <= 20
