"""Codes of the restricted blocks, with their French labels."""

from __future__ import annotations

from django.db import models


class OwnerCategory(models.TextChoices):
    """Who owns the ground. « Public » of older records is `public_other`."""

    PRIVATE = "private", "Privé"
    PUBLIC_LOCAL = "public_local", "Public hors État"
    PUBLIC_STATE = "public_state", "Public État"
    PUBLIC_OTHER = "public_other", "Public (non précisé)"
    UNKNOWN = "unknown", "Inconnu"


class PoliceStatus(models.TextChoices):
    """Police help to evict (concours de la force publique); unknown is NULL."""

    NONE = "none", "Non demandé"
    REQUESTED = "requested", "Demandé"
    GRANTED = "granted", "Obtenu"
    REFUSED = "refused", "Refusé"


class HealthKind(models.TextChoices):
    """What a health watch is about."""

    CLUSTER = "cluster", "Cas groupés de maladie"
    POISONING = "poisoning", "Intoxication"
    HEAT = "heat", "Chaleur"
    COLD = "cold", "Froid"
    OTHER = "other", "Autre"


class CostKind(models.TextChoices):
    """What an estimate would pay for."""

    RESORPTION = "resorption", "Résorption"
    EVACUATION = "evacuation", "Évacuation"
    OTHER = "other", "Autre"
