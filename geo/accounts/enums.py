"""Closed lists of the accounts: roles, levels of territory, kinds of organisation."""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    """The roles of the rights matrix, except `public` (nobody) and `api_token` (no person)."""

    NATIONAL_ADMIN = "national_admin", "Administration nationale (DIHAL)"
    LOCAL_ADMIN = "local_admin", "Administration locale (préfecture, DDETS)"
    CORRESPONDENT = "correspondent", "Correspondant"
    PARTNER = "partner", "Partenaire (ARS, éducation, emploi, collectivité)"
    NATIONAL_PARTNER = "national_partner", "Administration centrale"
    OPERATOR = "operator", "Opérateur associatif"
    INTERVENER = "intervener", "Intervenant"
    OBSERVER = "observer", "Observateur"
    API_TOKEN = "api_token", "Système partenaire"


class Level(models.TextChoices):
    """The level of the territory of a membership."""

    NATION = "nation", "Nation"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "EPCI"
    COMMUNE = "commune", "Commune"


class OrganisationType(models.TextChoices):
    """What kind of body employs the users."""

    DIHAL = "dihal", "DIHAL"
    PREFECTURE = "prefecture", "Préfecture"
    DDETS = "ddets", "DDETS"
    ARS = "ars", "Agence régionale de santé"
    EDUCATION = "education", "Éducation nationale"
    EMPLOYMENT = "employment", "Service de l'emploi"
    SDIS = "sdis", "Service d'incendie et de secours"
    COLLECTIVITE = "collectivite", "Collectivité territoriale"
    ASSOCIATION = "association", "Association"
    CENTRAL = "central", "Administration centrale"
    OTHER = "other", "Autre"


class TokenMethod(models.TextChoices):
    """What a token may do with what it reaches."""

    READ = "read", "lire"
    WRITE = "write", "écrire"


class OptionKind(models.TextChoices):
    """What an administrator may add to a role that has it by option only."""

    CREATE_SITE = "create_site", "Créer des sites"
    CLOSE_SITE = "close_site", "Fermer et rouvrir des sites"
    ACCESS_JUDICIAL = "access_judicial", "Accès aux données judiciaires"
    ACCESS_OWNER = "access_owner", "Accès aux données des propriétaires"
    ACCESS_ACTION_FINANCES = "access_action_finances", "Accès aux données financières"


class GrantKind(models.TextChoices):
    """Who speaks in a grant; of two that contradict, the first of the list that speaks wins."""

    EXCEPTION = "exception", "Exception pour une personne"
    OPTION = "option", "Option"
    ORGANISATION = "organisation", "Accès donné à un organisme"
