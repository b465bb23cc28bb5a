"""The application's registration with Django."""

from django.apps import AppConfig


class CadastreConfig(AppConfig):
    """Parcels and what lies under the sites."""

    name = "cadastre"
    label = "cadastre"
