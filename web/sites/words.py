"""The French words of a site's sheet: themes, reasons of a level, fields of the completion.

Leaves levels and completion themselves to `geo.sites`.
"""

from __future__ import annotations

from geo.sites.enums import FieldType
from geo.sites.models import Site
from geo.sites.selectors import Freshness

THEMES = {
    "water": "Eau",
    "sanitary": "Sanitaires",
    "electricity": "Électricité",
    "waste": "Déchets",
    "pests": "Nuisibles",
    "fire": "Prévention incendie",
}
LEVELS = {
    "good": "Bonnes conditions",
    "to_improve": "Conditions à améliorer",
    "bad": "Mauvaises conditions",
    "unknown": "Conditions inconnues",
}
STATES = {
    "open": ("Ouvert", "error"),
    "resorption": ("En cours de résorption", "warning"),
    "closed": ("Fermé", "neutral"),
}
FRESHNESS = {
    Freshness.FRESH: ("Fiche à jour (moins de 3 mois)", "success"),
    Freshness.AGEING: ("À confirmer (3 à 6 mois)", "warning"),
    Freshness.STALE: ("Non confirmée depuis 6 mois ou plus", "error"),
}
PRECISIONS = {
    "exact": "Position exacte",
    "500m": "Position approchée, au centre d’un carré de 500 m",
    "commune": "Position à la commune",
}
FIELDS = {
    "address": "l’adresse",
    "owner_category": "le type de propriétaire",
    "census_status": "le statut du diagnostic social",
    "people": "le nombre de personnes",
    "households": "le nombre de ménages",
    "minors": "le nombre de mineurs",
    "origins": "l’origine des habitants",
    "water": "l’accès à l’eau",
    "electricity": "l’électricité",
    "waste": "la collecte des déchets",
}
# (theme, code of the answer): words when it is good, when it is not, when nobody answered.
REASONS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("water", "access_type"): ("{water}", "{water}", "mode d’accès à l’eau"),
    ("water", "public"): (
        "Point d’eau hors de la voie publique",
        "Point d’eau sur la voie publique",
        "point d’eau sur la voie publique ou non",
    ),
    ("water", "local"): (
        "Point d’eau sur le site",
        "Pas de point d’eau sur le site",
        "point d’eau sur le site ou non",
    ),
    ("water", "continuous"): ("Eau en continu", "Eau discontinue", "continuité de l’eau"),
    ("water", "close"): (
        "Eau à moins de 200 m de tous",
        "Eau à plus de 200 m de certains",
        "distance au point d’eau",
    ),
    ("water", "unequal"): ("Accès égal pour tous", "Accès inégal à l’eau", "égalité d’accès"),
    ("water", "stagnant"): ("Pas d’eaux stagnantes", "Eaux stagnantes", "eaux stagnantes"),
    ("sanitary", "working_toilets"): (
        "Toilettes en état de marche",
        "Pas de toilettes en état de marche",
        "présence de toilettes",
    ),
    ("sanitary", "latrines_only"): (
        "D’autres toilettes que des latrines",
        "Latrines seulement",
        "type de toilettes",
    ),
    ("sanitary", "latrines"): ("", "Latrines à côté d’autres toilettes", ""),
    ("sanitary", "inside"): (
        "Toilettes sur le site",
        "Toilettes hors du site",
        "emplacement des toilettes",
    ),
    ("sanitary", "lighted"): (
        "Toilettes éclairées et verrouillables",
        "Toilettes non éclairées ou non verrouillables",
        "éclairage des toilettes",
    ),
    ("sanitary", "hand_washing"): ("Lave-mains", "Pas de lave-mains", "lave-mains"),
    ("sanitary", "open_air"): (
        "Pas de défécation à l’air libre",
        "Défécation à l’air libre",
        "défécation à l’air libre",
    ),
    ("electricity", "access"): (
        "Installation électrique présente",
        "Pas d’installation électrique",
        "présence d’électricité",
    ),
    ("electricity", "unequal"): ("Accès égal pour tous", "Accès inégal", "égalité d’accès"),
    ("waste", "collection"): (
        "Collecte à moins de 100 m",
        "Pas de collecte à moins de 100 m",
        "collecte des déchets",
    ),
    ("waste", "safe"): ("Accès sûr à la collecte", "Accès dangereux", "sûreté de l’accès"),
    ("waste", "regular"): (
        "Collecte hebdomadaire",
        "Collecte irrégulière",
        "fréquence de la collecte",
    ),
    ("waste", "piling"): (
        "Pas d’accumulation de déchets",
        "Accumulation de déchets",
        "accumulation de déchets",
    ),
    ("waste", "bulky"): (
        "Pas d’accumulation d’encombrants",
        "Accumulation d’encombrants",
        "accumulation d’encombrants",
    ),
    ("pests", "presence"): (
        "Pas de nuisibles",
        "Présence de nuisibles",
        "présence de nuisibles",
    ),
    ("fire", "sdis_diagnosis"): (
        "Diagnostic prévention incendie fait",
        "Pas de diagnostic prévention incendie",
        "diagnostic prévention incendie",
    ),
}


def field_type(site: Site) -> str:
    """The type of a site as it reads alone, far from its question."""
    unknown = site.field_type == FieldType.UNKNOWN
    return "Type inconnu" if unknown else str(site.get_field_type_display())
