"""The application's registration with Django."""

from django.apps import AppConfig


class FacilitiesConfig(AppConfig):
    """Schools, health centres, water points: the services around sites."""

    name = "geo.facilities"
    label = "facilities"
