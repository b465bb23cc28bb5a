"""The application's registration with Django."""

from django.apps import AppConfig


class SitesConfig(AppConfig):
    """Sites, their exact places, observations and closures."""

    name = "geo.sites"
    label = "sites"

    def ready(self) -> None:
        """Register where the sites named to a person come from."""
        from geo.sites import actors  # noqa: F401
