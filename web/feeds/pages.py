"""The HTML face of the feeds: the same documents and features as programs get, for people.

Registered with `feeds` when the application starts. Leaves rights, rows and links to `feeds`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format, number_format

from feeds.asking import sortable
from feeds.cql.reading import MAX_TEXT
from geo.core.collections import Property
from geo.core.crs import CRS84, SERVED_CRS

TITLES = {"schema": "Schéma", "queryables": "Filtres", "sortables": "Tris"}
TEMPLATES = {
    "landing": "web/feeds/landing.html",
    "api": "web/feeds/api.html",
    "conformance": "web/feeds/conformance.html",
    "collections": "web/feeds/collections.html",
    "collection": "web/feeds/collection.html",
    "schema": "web/feeds/schema.html",
    "items": "web/feeds/items.html",
    "feature": "web/feeds/feature.html",
    "problem": "web/feeds/problem.html",
}
FORMAT_NAMES = {
    "application/geo+json": "GeoJSON",
    "application/json": "JSON",
    "application/schema+json": "Schéma JSON",
    "application/vnd.oai.openapi+json;version=3.0": "OpenAPI 3.0",
    "application/flatgeobuf": "FlatGeobuf",
    "text/csv": "CSV",
}


class ChooseForm(forms.Form):
    """Which rows and in which order; the feed itself checks what is written."""

    filter = forms.CharField(label="Condition (CQL2)", required=False, max_length=MAX_TEXT)
    datetime = forms.CharField(
        label="Date ou période",
        required=False,
        help_text="AAAA-MM-JJ, ou deux dates séparées par une barre oblique.",
    )
    sortby = forms.ChoiceField(label="Ordre", required=False)


def page(request: HttpRequest, kind: str, told: dict[str, Any]) -> HttpResponse:
    """One page of the feeds; `told` is what the same address tells programs."""
    made = {"items": _items, "feature": _feature, "schema": _schema, "api": _api}
    more = made[kind](request, told) if kind in made else {}
    return render(request, TEMPLATES[kind], told | more)


def _items(request: HttpRequest, told: dict[str, Any]) -> dict[str, Any]:
    """The table, its map, and the form that asks for other rows."""
    shown: list[Property] = told["properties"]
    links = told["links"]
    return {
        "rows": [
            {
                "id": feature["id"],
                "cells": [value_of(p, feature["properties"].get(p.name)) for p in shown],
            }
            for feature in told["features"]
        ],
        "drawn": _drawn(told) if told["crs"] == CRS84 else None,
        "next": next((link["href"] for link in links if link["rel"] == "next"), ""),
        "others": _others(links),
        "first": f"?{_without(request, 'cursor')}",
        "form": _chooser(request, told),
        "chosen": bool(request.GET.get("filter")),
        "kept": [
            (name, value)
            for name, value in request.GET.items()
            if name not in {*ChooseForm.base_fields, "cursor", "f"}
        ],
    }


def _feature(request: HttpRequest, told: dict[str, Any]) -> dict[str, Any]:
    feature = told["features"][0]
    return {
        "feature": feature,
        "facts": [
            (p.label, value_of(p, feature["properties"][p.name]))
            for p in told["properties"]
            if p.name in feature["properties"]
        ],
        "drawn": _drawn(told) if told["crs"] == CRS84 else None,
        "others": _others(told["links"]),
    }


def _schema(request: HttpRequest, told: dict[str, Any]) -> dict[str, Any]:
    name = request.path.rpartition("/")[2]
    collection = request.path.split("/")[-2]
    return {"name": TITLES[name], "collection_id": collection, "which": name}


def _api(request: HttpRequest, told: dict[str, Any]) -> dict[str, Any]:
    described = told["document"]
    shared = described["components"]["parameters"]
    listed = []
    for path, operations in described["paths"].items():
        read = operations["get"]
        named = [
            shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            for each in read["parameters"]
        ]
        listed.append({"path": path, "title": read["summary"], "parameters": named})
    return {"paths": listed, "crs_list": SERVED_CRS}


def _drawn(told: dict[str, Any]) -> dict[str, Any]:
    """The features as the map draws them: their place, and the words that name them."""
    item = told["collection"]
    symbols = {symbol.value: symbol.fill[:7] for symbol in item.symbols}
    default = item.symbols[0] if item.symbols else None
    fallback = (default.stroke if default.shape == "polygon" else default.fill) if default else ""
    features = []
    for each in told["features"]:
        properties = each["properties"]
        colour = symbols.get(properties.get(item.style_property or ""), fallback[:7])
        label = properties.get("name") or properties.get("reference") or f"Objet {each['id']}"
        features.append(
            {
                "type": "Feature",
                "id": each["id"],
                "geometry": each["geometry"],
                "properties": {"label": label, "colour": colour or "#3a3a3a"},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def value_of(prop: Property, value: Any) -> str:
    """A value in words: a code by its label, a date, a number as they are written in French."""
    if value is None or value == "":
        return ""
    if prop.choices:
        return dict(prop.choices).get(value, str(value))
    if prop.type == "boolean":
        return "Oui" if value else "Non"
    if prop.type == "date":
        return date_format(dt.date.fromisoformat(value), "d/m/Y")
    if prop.type == "date-time":
        return date_format(dt.datetime.fromisoformat(value), "d/m/Y H:i")
    if isinstance(value, float):
        return number_format(round(value, 2), use_l10n=True)
    return str(value)


def _chooser(request: HttpRequest, told: dict[str, Any]) -> ChooseForm:
    given = {name: request.GET.get(name, "") for name in ChooseForm.base_fields}
    form = ChooseForm(initial=given)
    names = [p.name for p in told["queryables"] if p.type == "integer"] or ["id"]
    form.fields[
        "filter"
    ].help_text = (
        f"Par exemple {names[0]} > 50. Les noms sont ceux de la page Filtres de la collection."
    )
    form.fields["filter"].widget.attrs |= {"spellcheck": "false", "autocapitalize": "off"}
    orders = forms.ChoiceField(choices=_orders(told["queryables"]), label="Ordre", required=False)
    form.fields["sortby"] = orders
    if not told["collection"].temporal:
        del form.fields["datetime"]
    return form


def _orders(queryables: list[Property]) -> list[tuple[str, str]]:
    found = [("", "Par identifiant")]
    for p in queryables:
        if sortable(p):
            found += [(p.name, p.label), (f"-{p.name}", f"{p.label}, décroissant")]
    return found


def _others(links: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [
        (FORMAT_NAMES.get(link["type"], link["type"]), link["href"])
        for link in links
        if link["rel"] == "alternate"
    ]


def _without(request: HttpRequest, *names: str) -> str:
    kept = [(name, value) for name, value in request.GET.items() if name not in names]
    return urlencode(kept)
