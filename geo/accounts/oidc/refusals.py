"""Why a sign-in at the provider was refused: one name for each reason, and what the page says.

Leaves the page itself to `web`.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

from geo.core.errors import DomainError

AGAIN = "Recommencez depuis la page de connexion."
TAMPERED = "La réponse de ProConnect n’a pas pu être vérifiée. Rien n’a été ouvert."


class Reason(StrEnum):
    """The names; they are shown, logged, and tested one by one."""

    NOT_CONFIGURED = "proconnect_absent"
    STATE = "state_inconnu"
    CALLBACK = "retour_incomplet"
    ISSUER_MIX = "emetteur_du_retour"
    ACCESS_DENIED = "access_denied"
    LOGIN_REQUIRED = "login_required"
    SERVER_ERROR = "server_error"
    PROVIDER_DOWN = "proconnect_injoignable"
    PROVIDER_GARBAGE = "reponse_illisible"
    CODE_REFUSED = "code_refuse"
    CLIENT_REFUSED = "client_refuse"
    TOKEN_MALFORMED = "jeton_illisible"  # noqa: S105
    ALGORITHM = "algorithme_refuse"
    KEY_UNKNOWN = "cle_inconnue"
    SIGNATURE = "signature_fausse"
    ISSUER = "emetteur_faux"
    AUDIENCE = "destinataire_faux"
    EXPIRED = "jeton_perime"
    NONCE = "nonce_faux"
    CLAIM_MISSING = "information_manquante"
    ACCESS_TOKEN = "jeton_d_acces_faux"  # noqa: S105
    USERINFO_SUBJECT = "personne_differente"
    USERINFO_REFUSED = "informations_refusees"
    UNKNOWN_PERSON = "compte_inconnu"
    ACCOUNT_CLOSED = "compte_ferme"
    IDENTITY_TAKEN = "identite_deja_liee"
    LOGOUT_STATE = "retour_de_deconnexion"


MESSAGES: dict[Reason, str] = {
    Reason.NOT_CONFIGURED: "ProConnect n’est pas proposé ici.",
    Reason.STATE: f"Cette connexion n’a pas commencé dans ce navigateur, ou a expiré. {AGAIN}",
    Reason.CALLBACK: f"Le retour de ProConnect est incomplet. {AGAIN}",
    Reason.ACCESS_DENIED: f"La connexion a été refusée ou abandonnée chez ProConnect. {AGAIN}",
    Reason.LOGIN_REQUIRED: f"ProConnect demande de vous identifier. {AGAIN}",
    Reason.SERVER_ERROR: "ProConnect rencontre une panne. Réessayez plus tard.",
    Reason.PROVIDER_DOWN: (
        "ProConnect ne répond pas. Réessayez plus tard ; qui est déjà connecté le reste."
    ),
    Reason.PROVIDER_GARBAGE: "ProConnect a répondu autre chose que prévu. Réessayez plus tard.",
    Reason.CODE_REFUSED: f"Cette connexion a déjà servi ou a expiré. {AGAIN}",
    Reason.CLIENT_REFUSED: "ProConnect ne reconnaît pas ce service : prévenez l’exploitation.",
    Reason.UNKNOWN_PERSON: (
        "ProConnect vous a reconnu, mais aucun compte de ce service n’est lié à cette identité. "
        "Demandez un accès, ou connectez-vous avec votre mot de passe puis liez ProConnect depuis "
        "« Sécurité de mon compte »."
    ),
    Reason.ACCOUNT_CLOSED: "Le compte lié à cette identité n’est plus ouvert.",
    Reason.IDENTITY_TAKEN: "Cette identité ProConnect est déjà liée à un autre compte.",
    Reason.LOGOUT_STATE: "Ce retour de déconnexion n’a pas commencé ici.",
}
UNAVAILABLE = {Reason.SERVER_ERROR, Reason.PROVIDER_DOWN, Reason.PROVIDER_GARBAGE}
FORBIDDEN = {Reason.UNKNOWN_PERSON, Reason.ACCOUNT_CLOSED, Reason.IDENTITY_TAKEN}


class SignInRefused(DomainError):
    """The provider's answer opens nothing; `reason` names why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(MESSAGES.get(reason, f"{TAMPERED} {AGAIN}"))
        self.reason = reason
        self.status = (
            HTTPStatus.SERVICE_UNAVAILABLE
            if reason in UNAVAILABLE
            else HTTPStatus.FORBIDDEN
            if reason in FORBIDDEN
            else HTTPStatus.NOT_FOUND
            if reason == Reason.NOT_CONFIGURED
            else HTTPStatus.BAD_REQUEST
        )
