"""Addresses of the territorial view."""

from django.urls import path

from web.carte import data, views

urlpatterns = [
    path("carte/", views.nation_page, name="carte"),
    path("carte/aller/", views.go, name="carte-aller"),
    path("carte/regroupements.json", data.groups, name="carte-regroupements"),
    path("carte/reperes/<slug:code>.json", data.landmarks, name="carte-reperes"),
    path("carte/<slug:level>/<slug:code>/", views.territory_page, name="carte-territoire"),
]
