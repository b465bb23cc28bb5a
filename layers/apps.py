"""The application's registration with Django."""

from django.apps import AppConfig


class LayersConfig(AppConfig):
    """What can be drawn under our data."""

    name = "layers"
    label = "layers"
    verbose_name = "Couches"

    def ready(self) -> None:
        """Offer the layers to prints and QGIS projects."""
        from geo.core import backgrounds as registry
        from layers.backgrounds import backgrounds

        registry.register(backgrounds)
