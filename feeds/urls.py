"""Addresses of the feeds."""

from django.urls import path

from feeds import resources, views

urlpatterns = [
    path("", views.landing, name="ogc-landing"),
    path("api", views.api, name="ogc-api"),
    path("conformance", views.conformance, name="ogc-conformance"),
    path("collections", views.collection_list, name="ogc-collections"),
    path("collections/<slug:collection_id>", views.collection_detail, name="ogc-collection"),
    path("collections/<slug:collection_id>/schema", views.schema, name="ogc-schema"),
    path("collections/<slug:collection_id>/queryables", views.queryables, name="ogc-queryables"),
    path("collections/<slug:collection_id>/sortables", views.sortables, name="ogc-sortables"),
    path("collections/<slug:collection_id>/items", resources.items, name="ogc-items"),
    path(
        "collections/<slug:collection_id>/items/<str:feature_id>",
        resources.feature,
        name="ogc-item",
    ),
]
