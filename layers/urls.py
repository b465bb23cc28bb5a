"""Addresses of the layers: the catalogue and the tiles."""

from django.urls import path

from layers import views

urlpatterns = [
    path("", views.catalogue, name="layers"),
    path("<slug:slug>/<int:z>/<int:x>/<int:y>", views.tile, name="layer_tile"),
]
