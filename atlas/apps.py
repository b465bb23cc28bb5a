"""The application's registration with Django."""

from django.apps import AppConfig


class AtlasConfig(AppConfig):
    """Printed maps."""

    name = "atlas"
    label = "atlas"
