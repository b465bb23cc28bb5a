"""The application's registration with Django."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    """Foundations shared by every package."""

    name = "geo.core"
    label = "core"

    def ready(self) -> None:
        """Read what each application publishes and listens to."""
        autodiscover_modules("collections", "receivers")
