"""The application's registration with Django."""

from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    """Regions, departements, EPCI and communes."""

    name = "geo.territories"
    label = "territories"
