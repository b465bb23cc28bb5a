"""The application's registration with Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Every page that a person sees."""

    name = "web"
    label = "web"
