"""Addresses of the pages that need no account."""

from django.urls import path

from web.public import retention, views

urlpatterns = [
    path("", views.home, name="home"),
    path("aide/", views.help_page, name="help"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("conservation/", retention.retention, name="retention"),
    path("affichage/", views.scheme, name="scheme"),
]
