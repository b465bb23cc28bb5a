"""The application's registration with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, organisations and what they may see and do."""

    name = "geo.accounts"
    label = "accounts"
