"""The application's registration with Django."""

from django.apps import AppConfig


class TilesConfig(AppConfig):
    """Vector tiles of the registered collections."""

    name = "tiles"
    label = "tiles"
