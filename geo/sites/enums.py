"""The closed lists of the site record, with their French labels."""

from __future__ import annotations

from django.db import models


class FieldType(models.TextChoices):
    """What kind of place the site is."""

    LAND = "land", "Terrain"
    BUILDING = "building", "Immeuble bâti"
    OTHER = "other", "Autre"
    UNKNOWN = "unknown", "Inconnu"


class Status(models.TextChoices):
    """The state of a site at a date; derived, never typed."""

    OPEN = "open", "Ouvert"
    RESORPTION = "resorption", "En cours de résorption"
    CLOSED = "closed", "Fermé"


class AddressPrecision(models.TextChoices):
    """What the geocoder matched."""

    HOUSENUMBER = "housenumber", "Numéro"
    STREET = "street", "Voie"
    LOCALITY = "locality", "Lieu-dit"
    MUNICIPALITY = "municipality", "Commune"
    MANUAL = "manual", "Saisie manuelle"


class LocationAccuracy(models.TextChoices):
    """How sure the declared place is."""

    EXACT = "exact", "Exacte"
    HUNDRED = "100m", "Approx. 100 m"
    COMMUNE = "commune", "Commune"


class ClosureCause(models.TextChoices):
    """Why a site closed."""

    RESORBED = "resorbed", "Résorption progressive du site"
    JUSTICE = (
        "closed_by_justice",
        "Décision de justice suite à une plainte du propriétaire",
    )
    PREF_ADMIN = "closed_by_pref_admin", "Décision administrative de la Préfecture"
    CITY_ADMIN = "closed_by_city_admin", "Décision administrative de la Commune"
    OTHER = "other", "Autre (préciser le contexte)"
    UNKNOWN = "unknown", "Raison inconnue"


class Solutions(models.TextChoices):
    """Was the site resorbed for good?"""

    YES = "yes", "Oui"
    NO = "no", "Non"
    UNKNOWN = "unknown", "Inconnu"


class ClosureKind(models.TextChoices):
    """What a closing was; computed from the cause and the outcome, never typed."""

    EVACUATION = "evacuation", "Évacuation"
    RESORPTION = "resorption", "Résorption"
    OTHER = "other", "Autre fermeture"


class SolutionType(models.TextChoices):
    """Where households were directed at a closing."""

    EMERGENCY_SHELTER = (
        "emergency_shelter",
        "Mise à l'abri temporaire (quelques jours ou semaines)",
    )
    LONG_TERM_ADAPTED = (
        "long_term_adapted",
        (
            "Hébergement ou logement adapté longue durée avec accompagnement, "
            "dont espace temporaire d'accompagnement"
        ),
    )
    HOUSING = "housing", "Logement"
    NONE = "none", "Aucune"
    OTHER = "other", "Autre"


DURABLE = frozenset({SolutionType.LONG_TERM_ADAPTED, SolutionType.HOUSING})


class Origin(models.TextChoices):
    """Groups of nationalities present on a site, without counts."""

    FRENCH = "french", "Français"
    EU = "eu", "Union européenne"
    NON_EU = "non_eu", "Hors Union européenne"


class CensusStatus(models.TextChoices):
    """The state of the social diagnosis; unknown is NULL."""

    NONE = "none", "Non prévu"
    SCHEDULED = "scheduled", "Prévu"
    DONE = "done", "Réalisé"


class Level(models.TextChoices):
    """The level of a living condition."""

    GOOD = "good", "Bonnes conditions"
    TO_IMPROVE = "to_improve", "Conditions à améliorer"
    BAD = "bad", "Mauvaises conditions"
    UNKNOWN = "unknown", "Conditions inconnues"


class WaterAccess(models.TextChoices):
    """How inhabitants get water."""

    FOUNTAIN = "fontaine_publique", "Fontaine publique"
    HYDRANT = "borne_incendie", "Borne incendie"
    BOTTLES = "achat_bouteille", "Achat bouteille uniquement"
    TANK = "reservoir", "Réservoir / cuve / citerne"
    TAP = "robinet_connecte_au_reseau", "Robinet connecté au réseau d'eau"
    OTHER = "autre", "Autre"
    UNKNOWN = "inconnu", "Inconnu"


class ToiletType(models.TextChoices):
    """Toilets present on a site."""

    LATRINES = "latrines", "Latrines construites par les habitants"
    CHEMICAL = "toilettes_chimiques", "Toilettes chimiques"
    DRY = "toilettes_seches", "Toilettes sèches installées par un prestataire/association"
    FLUSH = "toilettes_a_chasse", "Toilettes à chasse d'eau"


class ElectricityType(models.TextChoices):
    """Electric installations present on a site."""

    GENERATOR = "electrogene", "Groupe électrogène"
    GRID = "reseau_urbain", "Raccordement au réseau urbain"
    BUILDING = "installation_du_bati", "Installation du bâti si squat"


class ActorTheme(models.TextChoices):
    """What someone who works on a site does there."""

    HEALTH = "health", "Santé"
    SCHOOL = "school", "Éducation et scolarisation"
    WORK = "work", "Formation et emploi"
    HOUSING = "housing", "Logement"
    MEDIATION = "mediation", "Médiation sociale"
    SAFETY = "safety", "Stabilisation et sécurisation du site"
    HUMANITARIAN = "humanitarian", "Aides humanitaires"
    DIAGNOSIS = "diagnosis", "Diagnostic"
    STEERING = "steering", "Pilotage et coordination"
    OTHER = "other", "Autre"


class EnrichmentStatus(models.TextChoices):
    """How a run of enrichment ended; `waiting` and `failed` are tried again by themselves."""

    DONE = "done", "Fait"
    EMPTY = "empty", "Rien trouvé"
    WAITING = "waiting", "En attente"
    FAILED = "failed", "Échec"
