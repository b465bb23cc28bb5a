"""The application's registration with Django."""

from django.apps import AppConfig


class FeedsConfig(AppConfig):
    """OGC API - Features and exports of the registered collections."""

    name = "feeds"
    label = "feeds"

    def ready(self) -> None:
        """Declare the jobs of the exports."""
        from feeds.exporting import tasks  # noqa: F401
