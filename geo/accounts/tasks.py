"""Jobs of the accounts: mails about their security, written when they are sent.

A job carries ids and the name of what happened; the link of a new password is made by the worker
and is stored nowhere. Leaves the decision to the services.
"""

from __future__ import annotations

from django.conf import settings

from geo.accounts.models import User
from geo.accounts.passwords import reset_address
from geo.core.jobs import enqueue, job
from geo.core.mail import send_text

NOT_YOU = (
    "Si ce n’est pas vous, changez de mot de passe par la page de connexion et prévenez "
    "votre administration."
)
MAILS: dict[str, tuple[str, str]] = {
    "factor_added": (
        "Un second facteur a été ajouté à votre compte",
        f"Un second facteur vient d’être ajouté à votre compte. {NOT_YOU}",
    ),
    "factor_removed": (
        "Un second facteur a été ôté de votre compte",
        f"Un second facteur n’ouvre plus votre compte. {NOT_YOU}",
    ),
    "factors_reset": (
        "Vos seconds facteurs sont à choisir de nouveau",
        (
            "Votre administration a effacé, à votre demande, les seconds facteurs de votre compte. "
            f"Vous en choisirez un à la prochaine connexion, après votre mot de passe. {NOT_YOU}"
        ),
    ),
    "codes_renewed": (
        "Vos codes de secours ont changé",
        f"De nouveaux codes de secours remplacent les précédents. {NOT_YOU}",
    ),
    "identity_linked": (
        "ProConnect ouvre désormais votre compte",
        f"Une identité ProConnect vient d’être liée à votre compte. {NOT_YOU}",
    ),
    "password_changed": (
        "Votre mot de passe a changé",
        f"Le mot de passe de votre compte vient de changer. {NOT_YOU}",
    ),
}


def tell_security(*, user: User, what: str) -> None:
    """Write to somebody about their account's security; `what` is a key of `MAILS`."""
    if what not in MAILS:
        raise KeyError(what)
    enqueue(security_mail, user_id=user.pk, what=what)


def offer_new_password(*, user: User | None) -> None:
    """Send the link of a new password; for nobody, the same work is queued and sends nothing."""
    enqueue(password_mail, user_id=user.pk if user else 0)


@job("accounts.security_mail")
def security_mail(user_id: int, what: str) -> None:
    """Send one of `MAILS`."""
    subject, text = MAILS[what]
    _send(User.objects.filter(pk=user_id, is_active=True).first(), subject, text)


@job("accounts.password_mail")
def password_mail(user_id: int) -> None:
    """Send a link that lets its reader choose a new password, once, for a limited time."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    minutes = settings.PASSWORD_RESET_MINUTES
    _send(
        user,
        "Choisir un nouveau mot de passe",
        f"Pour choisir un nouveau mot de passe, ouvrez ce lien dans les {minutes} minutes :\n\n"
        f"{reset_address(user)}\n\nIl sert une fois, et votre second facteur restera demandé. "
        "Si vous n’avez rien demandé, ne faites rien : votre mot de passe reste le même.",
    )


def _send(user: User | None, subject: str, text: str) -> None:
    if user is None:
        return
    send_text(to=user.email, subject=subject, text=text)
