"""The application's registration with Django."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demonstration: invented sites, parcels and accounts."""

    name = "demo"
    label = "demo"
