"""The application's registration with Django."""

from django.apps import AppConfig


class FeedsConfig(AppConfig):
    """OGC API - Features of the registered collections."""

    name = "feeds"
    label = "feeds"
