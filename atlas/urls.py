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
    path("<print_level:level>/<slug:code>.pdf", views.sheet_as_pdf, name="print-pdf"),
    path("<print_level:level>/<slug:code>.png", views.sheet_as_png, name="print-png"),
    path("<print_level:level>/<slug:code>.svg", views.sheet_as_svg, name="print-svg"),
]
