"""The application's registration with Django."""

from django.apps import AppConfig


class CadastreConfig(AppConfig):
    """Parcels and what lies under the sites."""

    name = "cadastre"
    label = "cadastre"

    def ready(self) -> None:
        """Say how the ledger's lines of this source are called, and what owners' parcels cover."""
        from cadastre.selectors import SOURCE, owner_share
        from geo.sites.ledger import name_source
        from geo.sites.restricted.publication import contribute_owner_share

        name_source(SOURCE, "Cadastre")
        contribute_owner_share(owner_share)
