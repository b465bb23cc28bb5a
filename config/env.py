"""Every environment variable of the product, read once into one typed value.

Leaves to the settings what each value is used for, and to `deploy/env.example` the sentence
that explains it.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"

SOURCES: dict[str, str] = {
    "geopf": "https://data.geopf.fr",
    "geocode": "https://data.geopf.fr/geocodage",
    "apicarto": "https://apicarto.ign.fr/api",
    "geoapi": "https://geo.api.gouv.fr",
    "cadastre": "https://cadastre.data.gouv.fr",
    "georisques": "https://georisques.gouv.fr/api/v1",
    "rnb": "https://rnb-api.beta.gouv.fr/api/alpha",
    "education": "https://data.education.gouv.fr",
    "datagouv": "https://www.data.gouv.fr",
    "dgfip": "https://data.economie.gouv.fr",
    "dila": "https://api-lannuaire.service-public.gouv.fr",
    "brgm": "https://mapsref.brgm.fr",
}


# What the policies of the second wall ask of a connection (geo.core.rls).
RIGHTS = (
    *("visible", "exact", "creating", "writing", "deleting"),
    *("owner", "judicial", "health", "finance"),
    *("owner_writing", "judicial_writing", "health_writing", "finance_writing"),
    "administering",
)


class EnvError(RuntimeError):
    """A variable is missing or unreadable; the message names it and says what would be right."""


@dataclass(frozen=True, slots=True)
class Env:
    """The environment, typed. `sources` maps a source's short name to its base address."""

    production: bool
    demo: bool
    secret_key: str
    allowed_hosts: tuple[str, ...]
    base_url: str
    email_url: str
    port: int
    theme: str
    database_url: str
    database_owner_url: str
    database_erase_url: str
    territories_dir: Path | None
    trusted_proxies: int
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_algorithm: str
    breached_passwords: Path | None
    history_seals: Path | None
    exports_dir: Path | None
    sources: Mapping[str, str] = field(default_factory=dict)


def load(environ: Mapping[str, str] = os.environ, *, production: bool = False) -> Env:
    """Read the variables of the contract. Raises `EnvError` naming the variable at fault."""
    demo = environ.get("ATLAS_DEMO", "") == "1"
    port = _port(environ.get("PORT", "8000"))
    theme = environ.get("ATLAS_THEME", "dsfr")
    if theme not in {"dsfr", "neutral"}:
        raise EnvError(f"ATLAS_THEME vaut « {theme} » : attendu « dsfr » ou « neutral ».")
    base_url = _required(environ, "BASE_URL", production, f"http://127.0.0.1:{port}")
    hosts = _required(environ, "ALLOWED_HOSTS", production, "127.0.0.1,localhost,[::1]")
    public = any(map(_is_public, (urlsplit(base_url).hostname or "", *hosts.split(","))))
    if demo:
        _require_no_production(environ, production=production, public=public)
    app_url, owner_url, erase_url = database_urls(environ, production=production)
    algorithm = environ.get("OIDC_ALGORITHM", "") or "ES256"
    if algorithm not in {"ES256", "RS256"}:
        raise EnvError(f"OIDC_ALGORITHM vaut « {algorithm} » : attendu ES256 ou RS256.")
    directory = environ.get("ATLAS_TERRITORIES", "")
    breached = environ.get("ATLAS_BREACHED_PASSWORDS", "")
    seals = environ.get("ATLAS_HISTORY_SEALS", "")
    exports = environ.get("ATLAS_EXPORTS", "")
    return Env(
        production=production,
        demo=demo,
        secret_key=environ.get("SECRET_KEY", "") or _local_secret(production or public),
        allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()),
        base_url=base_url.rstrip("/"),
        email_url=_required(environ, "EMAIL_URL", production, "console:"),
        port=port,
        theme=theme,
        database_url=app_url,
        database_owner_url=owner_url,
        database_erase_url=erase_url,
        territories_dir=Path(directory) if directory else None,
        oidc_issuer=environ.get("OIDC_ISSUER", "").rstrip("/"),
        oidc_client_id=environ.get("OIDC_CLIENT_ID", ""),
        oidc_client_secret=environ.get("OIDC_CLIENT_SECRET", ""),
        oidc_algorithm=algorithm,
        trusted_proxies=_count(environ, "TRUSTED_PROXIES"),
        breached_passwords=Path(breached) if breached else None,
        history_seals=Path(seals) if seals else None,
        exports_dir=Path(exports) if exports else None,
        sources={
            name: environ.get(f"{name.upper()}_URL", default).rstrip("/")
            for name, default in SOURCES.items()
        },
    )


def database_urls(environ: Mapping[str, str], *, production: bool) -> tuple[str, str, str]:
    """Addresses of the application, owner and erasing roles: variables, else the private cluster.

    The last is empty where nobody may erase: the web needs it not, the worker does.
    """
    app_url = environ.get("DATABASE_URL", "")
    if app_url:
        owner_url = environ.get("DATABASE_OWNER_URL", "") or app_url
        return app_url, owner_url, environ.get("DATABASE_ERASE_URL", "")
    if production:
        raise EnvError(
            "DATABASE_URL manque : l'adresse du serveur PostGIS, avec le rôle applicatif."
        )
    known = _read_env_file(LOCAL / "cluster.env")
    app_url = known.get("DATABASE_URL", "postgresql:///atlas?user=atlas_app")
    owner_url = known.get("DATABASE_OWNER_URL", "postgresql:///atlas?user=atlas_owner")
    return app_url, owner_url, known.get("DATABASE_ERASE_URL", "")


def database_config(url: str) -> dict[str, object]:
    """Django's connection settings for a `postgresql://` address (host may be a socket folder)."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres", "postgis"}:
        raise EnvError(f"adresse de base de données non reconnue : schéma « {parts.scheme} ».")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": unquote(parts.path.lstrip("/")) or query.pop("dbname", "atlas"),
        "USER": unquote(parts.username or query.pop("user", "")),
        "PASSWORD": unquote(parts.password or query.pop("password", "")),
        "HOST": unquote(parts.hostname or "") or query.pop("host", ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": {key: value for key, value in query.items() if key not in {"user", "host"}},
    }


def owner_config(url: str) -> dict[str, object]:
    """The owner's connection, which migrates: row-level security binds it too, so it reads all."""
    config = database_config(url)
    given = config["OPTIONS"]
    assert isinstance(given, dict)
    options = [given.get("options", ""), *(f"-c atlas.{name}=*" for name in RIGHTS)]
    return config | {"OPTIONS": given | {"options": " ".join(filter(None, options))}}


def email_config(url: str, base_url: str) -> dict[str, object]:
    """Django's mail settings for an `EMAIL_URL`; `?from=` is the sender, else `atlas@` our host.

    `console:`, `smtp://…` (clear, for a relay of the same machine), `smtp+tls://…` (STARTTLS) or
    `smtps://…` (TLS from the start), with `user:password@host:port`.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    backend = "django.core.mail.backends"
    found: dict[str, object] = {
        "DEFAULT_FROM_EMAIL": query.get("from", f"atlas@{urlsplit(base_url).hostname}"),
        "EMAIL_TIMEOUT": 20,
        "EMAIL_SUBJECT_PREFIX": "",
    }
    if parts.scheme == "console":
        return found | {"EMAIL_BACKEND": f"{backend}.console.EmailBackend"}
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        raise EnvError(
            "EMAIL_URL : attendu console:, ou smtp+tls://nom:secret@serveur:587?from=adresse "
            "(smtp://, smtps:// aussi)."
        )
    return found | {
        "EMAIL_BACKEND": f"{backend}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def _required(environ: Mapping[str, str], name: str, production: bool, default: str) -> str:
    value = environ.get(name, "")
    if value:
        return value
    if production:
        raise EnvError(f"{name} manque : la production ne démarre pas sans elle.")
    return default


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise EnvError(f"PORT vaut « {text} » : attendu un nombre de 1 à 65535.")
    return int(text)


def _count(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name, "") or "0"
    if not text.isdigit() or int(text) > 9:
        raise EnvError(f"{name} vaut « {text} » : attendu un nombre de 0 à 9.")
    return int(text)


def _require_no_production(environ: Mapping[str, str], *, production: bool, public: bool) -> None:
    """Raise `EnvError` when the demonstration is asked for where real people would sign in.

    It tells codes on its pages: one sign of production is enough, whichever settings are used.
    """
    own = bool(environ.get("SECRET_KEY") and environ.get("DATABASE_URL"))
    signs = {
        "les réglages de production": production,
        "un nom public dans BASE_URL ou ALLOWED_HOSTS": public,
        "une base (DATABASE_URL) et un secret (SECRET_KEY) donnés ensemble": own,
    }
    if found := [sign for sign, seen in signs.items() if seen]:
        raise EnvError(
            f"ATLAS_DEMO=1 est réservé à la démonstration, et il y a ici {' ; '.join(found)} : "
            "retirez ATLAS_DEMO en production."
        )


def _is_public(host: str) -> bool:
    """Whether a host name can be that of a service open to others than this machine's network."""
    name = host.strip().strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(name).is_global
    except ValueError:
        kept = ("localhost", "local", "internal", "lan", "home.arpa")
        return "." in name and not name.endswith(tuple(f".{suffix}" for suffix in kept))


def _local_secret(needed: bool) -> str:
    """The secret of a workstation, drawn once for this checkout and read by its owner only."""
    if needed:
        raise EnvError("SECRET_KEY manque : la production ne démarre pas sans elle.")
    path = LOCAL / "secret_key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"secret_key.{os.getpid()}")
        if not path.exists():
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_urlsafe(48))
            # The first of several processes wins: a link is made whole, or not at all.
            with suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text()
    except OSError as error:
        raise EnvError(
            f"SECRET_KEY manque, et {path} n'a pu être ni lu ni écrit ({error.strerror}) : "
            "donnez SECRET_KEY."
        ) from error


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {
        key.strip().removeprefix("export "): value.strip().strip("'\"") for key, _, value in pairs
    }
