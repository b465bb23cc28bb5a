"""Words and keys of the demonstration: everything invented says so, and is always the same.

Leaves what the words are put on to the builders.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
NAMES = (
    "les Saules", "la Clairière", "le Vieux Quai", "les Tilleuls", "la Friche Bleue", "le Talus",
    "les Mirabelles", "la Boucle", "le Hangar Vert", "les Peupliers", "la Ravine", "le Déversoir",
    "les Sorbiers", "la Rotonde", "le Champ Rond", "les Ateliers", "la Passerelle", "le Verger",
    "les Roseaux", "la Halte", "le Moulin Rouge-Gorge", "les Genêts", "la Tuilerie", "le Lavoir",
)  # fmt: skip
STREETS = (
    "rue Imaginaire", "chemin Inventé", "impasse de la Fiction", "avenue du Conte",
    "allée des Chimères", "quai des Songes", "rue du Roman", "boulevard de la Fable",
)  # fmt: skip


def stable_id(kind: str, key: str | int) -> int:
    """A positive integer below 2^53, the same for the same key: ids outlive a reload."""
    digest = hashlib.sha256(f"atlas demonstration {kind} {key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % (2**53 - 1) + 1


def reference(departement: str, number: int) -> str:
    """A site's reference, in the form that the service gives."""
    value = stable_id("reference", number)
    letters = []
    for _ in range(6):
        value, index = divmod(value, len(REFERENCE_ALPHABET))
        letters.append(REFERENCE_ALPHABET[index])
    return f"{departement}-{''.join(letters)}"


def name(departement: str, number: int, rng: random.Random) -> str:
    """The invented name of a site."""
    return f"Site fictif {departement}-{number:04d} « {rng.choice(NAMES)} »"


def address(town: str, rng: random.Random) -> str:
    """The invented address of a site in a town that exists."""
    return f"{rng.randint(1, 180)} {rng.choice(STREETS)}, {town} (adresse fictive)"


def moment(day: dt.date, rng: random.Random, *, within_days: int = 0) -> dt.datetime:
    """An office hour on the day, or up to `within_days` later."""
    later = day + dt.timedelta(rng.randint(0, within_days))
    return dt.datetime(
        later.year, later.month, later.day, rng.randint(8, 18), rng.randint(0, 59), tzinfo=PARIS
    )
