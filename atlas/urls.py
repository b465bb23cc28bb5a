"""Addresses of the package."""

from django.urls import path, register_converter

from atlas import views


class LevelConverter:
    """The plural word of a level of territory."""

    regex = "regions|departements|epcis|communes"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value


register_converter(LevelConverter, "print_level")

urlpatterns = [
    path(
        f"<print_level:level>/<slug:code>.{extension}",
        views.sheet_as,
        {"extension": extension},
        name=f"print-{extension}",
    )
    for extension in views.DRAWINGS
]
