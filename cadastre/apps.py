"""The application's registration with Django."""

from django.apps import AppConfig


class CadastreConfig(AppConfig):
    """Parcels and what lies under the sites."""

    name = "cadastre"
    label = "cadastre"

    def ready(self) -> None:
        """Say how the ledger's lines of this source are called."""
        from cadastre.selectors import SOURCE
        from geo.sites.ledger import name_source

        name_source(SOURCE, "Cadastre")
