"""Addresses of the tiles."""

from django.urls import path, register_converter

from tiles import views


class NamesConverter:
    """Collection ids separated by commas."""

    regex = r"[a-z][a-z-]*(?:,[a-z][a-z-]*)*"

    def to_python(self, value: str) -> str:
        """The ids as they are written."""
        return value

    to_url = to_python


register_converter(NamesConverter, "collections")

urlpatterns = [
    path("<collections:names>.json", views.tilejson, name="tilejson"),
    path("<collections:names>/<int:z>/<int:x>/<int:y>.mvt", views.tile, name="tile"),
]
