"""Second factors: codes of an application (TOTP), recovery codes, passkeys, in allauth's tables.

One place says when a code is good: a code serves once, across all processes. Leaves the ceremony of
passkeys to `allauth.mfa.webauthn`, and the pages to `web`.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.encoding import force_bytes

from geo.accounts.models import User
from geo.core.errors import Conflict, InvalidInput

PERIOD_S = 30
DIGITS = 6
# One step early or late: clocks of telephones drift.
TOLERANCE = 1
# What alone lets somebody in; recovery codes only stand in for one of these.
PRIMARY = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    """True once a code application or a passkey is enrolled."""
    return Authenticator.objects.filter(user=user, type__in=PRIMARY).exists()


def new_totp_secret() -> str:
    """160 random bits in base 32, as applications read them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def totp_code(secret: str, step: int | None = None) -> str:
    """The code of a secret at a step of thirty seconds (RFC 6238); now by default."""
    counter = struct.pack(">Q", current_step() if step is None else step)
    digest = hmac.new(base64.b32decode(secret, casefold=True), counter, "sha1").digest()
    at = digest[-1] & 0x0F
    (value,) = struct.unpack(">I", digest[at : at + 4])
    return f"{(value & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"


def current_step() -> int:
    """The number of the present step."""
    return int(time.time()) // PERIOD_S


def matching_step(secret: str, code: str) -> int | None:
    """The step near now whose code this is; None for a wrong code."""
    given = "".join(code.split())
    if not (given.isascii() and given.isdigit()):
        return None
    now = current_step()
    found = None
    for step in range(now - TOLERANCE, now + TOLERANCE + 1):
        if hmac.compare_digest(totp_code(secret, step), given):
            found = step
    return found


@transaction.atomic
def totp_enrol(*, user: User, secret: str, code: str) -> Authenticator:
    """Enrol a code application in place of the one before; `InvalidInput` for a wrong code."""
    step = matching_step(secret, code)
    if step is None:
        raise InvalidInput(
            "Ce code n’est pas celui que donne l’application : vérifiez l’heure du téléphone.",
            field="code",
        )
    data = {"secret": encrypt(secret), "last_step": step}
    made, _ = Authenticator.objects.update_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": data, "last_used_at": None}
    )
    return made


@transaction.atomic
def code_accept(*, user: User, code: str, again: bool = False) -> Authenticator | None:
    """The factor that this code proves: the application's, else a recovery code; None if wrong.

    A code is spent by its use. `again` lets the same code of the application serve twice: only
    the demonstration asks for it, where the code is written on the page.
    """
    held = Authenticator.objects.select_for_update().filter(user=user)
    totp = held.filter(type=Authenticator.Type.TOTP).first()
    if totp is not None:
        step = matching_step(decrypt(totp.data["secret"]), code)
        if step is not None and (again or step > totp.data.get("last_step", -1)):
            totp.data["last_step"] = step
            totp.save(update_fields=["data"])
            return totp
    recovery = held.filter(type=Authenticator.Type.RECOVERY_CODES).first()
    if recovery is not None and recovery.wrap().validate_code("".join(code.split())):
        return recovery
    return None


@transaction.atomic
def recovery_codes_renew(*, user: User) -> list[str]:
    """New recovery codes, in clear for the only time they are shown; the old ones are dead."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    User.objects.select_for_update().get(pk=user.pk)
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    return list(RecoveryCodes.activate(user).generate_codes())


def recovery_codes_left(user: User) -> int:
    """How many recovery codes still serve."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(row.wrap().get_unused_codes()) if row else 0


@transaction.atomic
def factor_remove(*, user: User, factor_id: int) -> Authenticator | None:
    """Remove one of one's own factors; None when it is not theirs.

    Raises `Conflict` for the last one: an account is never left without a second factor.
    """
    User.objects.select_for_update().get(pk=user.pk)
    held = Authenticator.objects.filter(user=user, type__in=PRIMARY)
    factor = held.filter(pk=factor_id).first()
    if factor is None:
        return None
    if held.count() == 1:
        raise Conflict("C’est votre seul second facteur : ajoutez-en un autre avant de l’ôter.")
    factor.delete()
    return factor


@transaction.atomic
def factors_reset(*, user: User) -> None:
    """Take all factors away from an account whose owner lost them; they enrol again at sign-in.

    Leaves who may decide it to the caller, who also ends the sessions.
    """
    Authenticator.objects.filter(user=user).delete()


def seal(text: str) -> str:
    """Encrypt what must be read again (a TOTP secret): a copy of the database is not enough."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(text: str) -> str:
    """Counterpart of `seal`; raises `InvalidInput` when no key of the settings opens it."""
    try:
        return _fernet().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise InvalidInput("Ce secret a été scellé avec une autre SECRET_KEY.") from error


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str | bytes) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"atlas second factor")
    return base64.urlsafe_b64encode(derive.derive(force_bytes(key)))
