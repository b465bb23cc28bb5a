"""The application's registration with Django."""

from django.apps import AppConfig


class LayersConfig(AppConfig):
    """What can be drawn under our data."""

    name = "layers"
    label = "layers"
