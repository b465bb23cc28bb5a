"""Addresses of the files for QGIS."""

from django.urls import path

from feeds.qgis import views

urlpatterns = [
    path("<slug:code>.qgz", views.departement_project, name="qgis_project"),
    path("<slug:collection_id>.qlr", views.layer_definition, name="qgis_layer"),
]
