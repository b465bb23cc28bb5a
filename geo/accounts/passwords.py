"""Passwords: what makes one acceptable, changing it, and the link that lets one choose a new one.

Length, not composition; nothing known, nothing about the person, no repetition. Leaves hashing to
Django (Argon2), mails to `tasks`, and the second factor (never bypassed) to the pages.
"""

from __future__ import annotations

import hashlib
import mmap
import re
import unicodedata
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from geo.accounts.models import User
from geo.accounts.sessions import sessions_end
from geo.core.errors import InvalidInput

SHORTEST, LONGEST = 16, 128
# Words of this product and of its users: an attacker tries them first.
CONTEXT = (
    "atlas",
    "resorption",
    "bidonville",
    "squat",
    "prefecture",
    "dihal",
    "ddets",
    "ministere",
    "republique",
    "motdepasse",
    "password",
    "bienvenue",
    "administrateur",
)
ROWS = ("azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm")
SEQUENCES = (
    *ROWS,
    "".join(ROWS[:3]),
    "".join(ROWS[3:]),
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
)
# What is left of a password once the guessable parts are taken away must be at least this long.
UNGUESSED = 8
TOKENS = PasswordResetTokenGenerator()


class LengthValidator:
    """From 16 to 128 signs, any signs."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise `ValidationError` for a password out of these lengths."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise ValidationError(self.get_help_text(), code="password_length")

    def get_help_text(self) -> str:
        """The rule."""
        return f"De {SHORTEST} à {LONGEST} signes : plusieurs mots sans lien font très bien."


class GuessableValidator:
    """Refuses what is made of the person's or the product's words, of sequences or repetitions."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise `ValidationError` when too little is left once the guessable parts are gone."""
        left = plain(password)
        for word in sorted(_words(user), key=len, reverse=True):
            left = left.replace(word, "")
        left = _without_sequences(left)
        left = re.sub(r"(.{1,8}?)\1+", r"\1", left)
        if len(left) < UNGUESSED:
            raise ValidationError(
                "Ce mot de passe se devine : il répète ou enchaîne des signes, ou reprend votre "
                "nom, votre adresse, votre organisme ou les mots de ce service.",
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        """The rule."""
        return "Ni votre nom, ni votre service, ni une suite de touches, ni une répétition."


class KnownValidator:
    """Refuses passwords that everybody knows: a list shipped, and one of leaks where installed.

    The list of leaks is the file of SHA-1 digests in order (`HASH:count` lines) that
    ATLAS_BREACHED_PASSWORDS names; it is searched on this machine, nothing is sent.
    """

    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise `ValidationError` for a known password, in any case, spaced or numbered."""
        bare = plain(password)
        candidates = {password.lower(), bare, bare.rstrip("0123456789")}
        if candidates & self.common or is_breached(password):
            raise ValidationError(
                "Ce mot de passe est connu : il figure dans les listes qu’on essaie d’abord.",
                code="password_known",
            )

    def get_help_text(self) -> str:
        """The rule."""
        return "Pas un mot de passe connu."


def is_breached(password: str) -> bool:
    """Whether the installed file of leaks holds this password; False without a file."""
    path = settings.BREACHED_PASSWORDS
    if path is None or not path.is_file():
        return False
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    return _in_sorted_lines(path, wanted)


def password_check(password: str, user: User) -> None:
    """Raise `InvalidInput` (field `password`) when the rules refuse this password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), field="password") from error


@transaction.atomic
def password_change(*, user: User, password: str, keep: str = "") -> None:
    """Give an account a new password; its other sessions end (`keep` is the key of the one kept).

    Raises `InvalidInput` for a password that the rules refuse.
    """
    password_check(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions_end(user=user, but=keep)


def reset_address(user: User) -> str:
    """The address at which this person chooses a new password, once, for a limited time."""
    who = urlsafe_base64_encode(str(user.pk).encode())
    return f"{settings.BASE_URL}/connexion/mot-de-passe/{who}/{TOKENS.make_token(user)}/"


def reset_user(who: str, token: str) -> User | None:
    """The active account for which a link was made and still serves; None otherwise."""
    try:
        pk = int(urlsafe_base64_decode(who).decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        return None
    user = User.objects.filter(pk=pk, is_active=True).first() if 0 < pk < 2**63 else None
    return user if user is not None and TOKENS.check_token(user, token) else None


def plain(text: str) -> str:
    """Letters and figures only, without case nor accent."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in bare if sign.isalnum())


def _words(user: User | None) -> set[str]:
    words = set(CONTEXT)
    if user is not None:
        names = [user.full_name, *re.split(r"[@.\-_+]", user.email)]
        if user.organisation is not None:
            names += [user.organisation.name]
        for name in names:
            words.update(plain(part) for part in [name, *name.split()])
    return {word for word in words if len(word) >= 4}


@cache
def _pieces() -> tuple[str, ...]:
    """Every run of four signs or more of a keyboard or of an alphabet, both ways, longest first."""
    found: set[str] = set()
    for line in SEQUENCES:
        for way in (line, line[::-1]):
            for start in range(len(way)):
                found.update(way[start:end] for end in range(start + 4, len(way) + 1))
    return tuple(sorted(found, key=len, reverse=True))


def _without_sequences(text: str) -> str:
    for piece in _pieces():
        if piece in text:
            text = text.replace(piece, "")
    return text


def _in_sorted_lines(path: Path, wanted: bytes) -> bool:
    """Binary search of a line's beginning in a file of sorted lines."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        low, high = 0, len(lines)
        while low < high:
            middle = (low + high) // 2
            start = lines.rfind(b"\n", 0, middle) + 1
            end = lines.find(b"\n", start)
            end = len(lines) if end < 0 else end
            found = lines[start : start + len(wanted)].upper()
            if found == wanted:
                return True
            if found < wanted:
                low = end + 1
            else:
                high = start
    return False
