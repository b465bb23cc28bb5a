"""Addresses of the pages that need no account."""

from django.urls import path

from web.public import views

urlpatterns = [
    path("", views.home, name="home"),
    path("aide/", views.help_page, name="help"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("affichage/", views.scheme, name="scheme"),
]
