"""The application's registration with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, organisations and what they may see and do."""

    name = "geo.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Declare the jobs of the accounts' life, and what ties it to signing in."""
        from geo.accounts import ties  # noqa: F401
        from geo.accounts.life import reads, tasks  # noqa: F401
