"""The application's registration with Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Every page that a person sees."""

    name = "web"
    label = "web"

    def ready(self) -> None:
        """Give the feeds their pages."""
        from feeds import formats
        from web.feeds.pages import page

        formats.register_pages(page)
