"""Invented requests for access and one invitation, so that the administration has something to do.

Leaves the accounts themselves to `accounts`.
"""

from __future__ import annotations

from typing import Any

from demo.accounts import DOMAIN
from geo.accounts.enums import Level, OrganisationType, Role
from geo.accounts.life.invitations import invitation_create
from geo.accounts.life.requests import access_request_create
from geo.accounts.models import AccessRequest, Invitation, User
from geo.accounts.scopes import scope_for
from geo.accounts.services import organisation_get_or_create

REQUESTS: tuple[dict[str, Any], ...] = (
    {
        "email": f"demande.mairie@{DOMAIN}",
        "full_name": "Camille Fictive",
        "organisation": "Ville fictive 93066",
        "organisation_type": OrganisationType.COLLECTIVITE,
        "role": Role.PARTNER,
        "place": (Level.COMMUNE, "93066"),
        "reason": "Demande inventée : chargée de mission habitat, je suis les sites de la commune.",
    },
    {
        "email": f"demande.association@{DOMAIN}",
        "full_name": "Dominique Inventé",
        "organisation": "Association opératrice fictive 93",
        "organisation_type": OrganisationType.ASSOCIATION,
        "role": Role.OPERATOR,
        "place": (Level.DEPARTEMENT, "93"),
        "reason": "Demande inventée : coordination d’une équipe de médiation dans le département.",
    },
)
INVITED = f"invitation.intervenante@{DOMAIN}"


def access_load() -> int:
    """Make the requests and the invitation that were never made; returns how many are new."""
    admin = User.objects.filter(email=f"local-admin.93@{DOMAIN}", is_active=True).first()
    if admin is None:
        return 0
    new = 0
    for each in REQUESTS:
        if not AccessRequest.objects.filter(email=each["email"]).exists():
            access_request_create(**each)
            new += 1
    known = User.objects.filter(email=INVITED).exists()
    if not known and not Invitation.objects.filter(email=INVITED).exists():
        invitation_create(
            by=admin,
            scope=scope_for(admin),
            email=INVITED,
            full_name="Sacha Imaginaire",
            organisation=organisation_get_or_create(
                name="Association intervenante fictive 93", kind=OrganisationType.ASSOCIATION
            ),
            role=Role.INTERVENER,
            places=[(Level.DEPARTEMENT, "93")],
        )
        new += 1
    return new
