"""Slows down whoever tries passwords: a growing pause per account and address block, never a lock.

Only keyed digests are kept, of accounts that exist or not alike. Leaves the check of a password to
Django and the words of a refusal to the pages.
"""

from __future__ import annotations

import datetime as dt
import hmac
import ipaddress
import unicodedata
from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from geo.accounts.models import SignInFailure

FORGOTTEN_AFTER = dt.timedelta(hours=1)
LONGEST_PAUSE_S = 900


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` failures cost nothing; each next one doubles a pause that starts at `first_s`."""

    free: int
    first_s: int

    def pause_s(self, failures: int) -> int:
        """The pause after so many failures, in seconds."""
        if failures < self.free:
            return 0
        return min(self.first_s * 2 ** min(failures - self.free, 10), LONGEST_PAUSE_S)


ACCOUNT = Limit(free=5, first_s=15)
# Many people of one service share an address: only a flood is slowed down.
BLOCK = Limit(free=60, first_s=30)


def sign_in_pause(*, email: str, address: str) -> int:
    """Seconds before this account may be tried again from this address; 0 when it may now."""
    now = timezone.now()
    limits = _keys(email, address)
    waits = [0]
    for row in SignInFailure.objects.filter(key__in=limits):
        ends = row.last_at + dt.timedelta(seconds=limits[row.key].pause_s(row.failures))
        if now - row.last_at < FORGOTTEN_AFTER and ends > now:
            waits.append(int((ends - now).total_seconds()) + 1)
    return max(waits)


def sign_in_failed(*, email: str, address: str) -> None:
    """Count a failure."""
    now = timezone.now()
    SignInFailure.objects.filter(last_at__lt=now - FORGOTTEN_AFTER).delete()
    for key in _keys(email, address):
        SignInFailure.objects.get_or_create(key=key, defaults={"last_at": now})
        SignInFailure.objects.filter(key=key).update(failures=F("failures") + 1, last_at=now)


def sign_in_succeeded(*, email: str, address: str) -> None:
    """Forget the failures of this account from this address, not those of the address."""
    account, _ = _keys(email, address)
    SignInFailure.objects.filter(key=account).delete()


def _keys(email: str, address: str) -> dict[str, Limit]:
    block = _block(address)
    name = unicodedata.normalize("NFKC", email).strip().casefold()
    return {_digest("account", name, block): ACCOUNT, _digest("block", block): BLOCK}


def _block(address: str) -> str:
    """The network of an address: /24 in IPv4, /56 in IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 56), strict=False))


def _digest(*parts: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), "\x1f".join(parts).encode(), "sha256").hexdigest()
