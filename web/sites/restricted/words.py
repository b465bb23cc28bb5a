"""The French words of the restricted blocks. Leaves labels of codes to the domain."""

from __future__ import annotations

from geo.core.scope import DataClass

TITLES = {
    DataClass.OWNER: "Propriétaires",
    DataClass.JUDICIAL: "Procédures",
    DataClass.HEALTH: "Veille sanitaire",
    DataClass.FINANCE: "Coûts",
}
NOTHING = {
    DataClass.OWNER: "Aucun propriétaire n’est noté.",
    DataClass.JUDICIAL: "Aucune procédure n’est notée.",
    DataClass.HEALTH: "Aucune veille sanitaire n’est notée.",
    DataClass.FINANCE: "Aucune estimation n’est notée.",
}
# The name of the page that writes each class.
PAGES = {
    DataClass.OWNER: "site_owners",
    DataClass.JUDICIAL: "site_judicial",
    DataClass.HEALTH: "site_health",
    DataClass.FINANCE: "site_costs",
}
