"""Figures of a site's sheet in French words."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import formats

from geo.core.vintage import vintage

register = template.Library()
register.filter("vintage", vintage)
HECTARE_M2 = 10_000


@register.filter
def surface(area_m2: float | None) -> str:
    """A surface: m² under one hectare, hectares above; a dash when unknown."""
    if area_m2 is None:
        return "–"
    if area_m2 < HECTARE_M2:
        return f"{area_m2:.0f} m²".replace(",", " ")
    return f"{area_m2 / HECTARE_M2:.1f} ha".replace(".", ",")


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1, in whole percents; what is there is never said to be none."""
    if share is None:
        return "–"
    return "moins de 1 %" if 0 < share < 0.005 else f"{share * 100:.0f} %"


@register.filter
def day(date: dt.date) -> str:
    """A day in full words: « 1er octobre 2015 »."""
    text = str(formats.date_format(date, "j F Y"))
    return f"1er{text[1:]}" if date.day == 1 else text


@register.filter
def euros(amount: int) -> str:
    """An amount in whole euros: « 115 000 € »."""
    return f"{amount:,} €".replace(",", "\N{NARROW NO-BREAK SPACE}")
