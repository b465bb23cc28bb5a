"""Addresses of the site record."""

from django.urls import path

from web.sites import editing, views

urlpatterns = [
    path("sites/", views.site_list, name="sites"),
    path("sites/<int:site_id>/", views.site_page, name="site"),
    path("sites/<int:site_id>/confirmer/", editing.confirm, name="site_confirm"),
]
