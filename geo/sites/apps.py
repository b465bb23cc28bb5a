"""The application's registration with Django."""

from django.apps import AppConfig


class SitesConfig(AppConfig):
    """Sites, their exact places, observations and closures."""

    name = "geo.sites"
    label = "sites"
