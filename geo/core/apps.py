"""The application's registration with Django."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    """Foundations shared by every package."""

    name = "geo.core"
    label = "core"

    def ready(self) -> None:
        """Read what each application publishes and listens to; give connections their reader."""
        from geo.core import rls

        connection_created.connect(rls.install, dispatch_uid="rls")
        autodiscover_modules("collections", "receivers", "retention")
