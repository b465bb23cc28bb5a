"""Settings common to every way of running; leaves secrets and hosts to `config.env`."""

import sys

from config.csp import content_security_policy
from config.env import LOCAL, ROOT, database_config, email_config, load, owner_config

ENV = load()

BASE_DIR = ROOT
SECRET_KEY = ENV.secret_key
DEBUG = False
ALLOWED_HOSTS = list(ENV.allowed_hosts)
BASE_URL = ENV.base_url
ATLAS_DEMO = ENV.demo
ATLAS_THEME = ENV.theme
ATLAS_TERRITORIES = ENV.territories_dir
SOURCES = dict(ENV.sources) | {"proconnect": ENV.oidc_issuer}
LOCAL_DIR = LOCAL
CACHE_DIR = LOCAL / "cache"
EXPORTS_DIR = ENV.exports_dir or LOCAL / "exports"
HISTORY_SEALS_DIR = ENV.history_seals or LOCAL / "history"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "widget_tweaks",
    "dsfr",
    "rest_framework",
    "rest_framework_gis",
    "procrastinate.contrib.django",
    "geo.core",
    "geo.territories",
    "geo.accounts",
    "geo.facilities",
    "geo.sites",
    "cadastre",
    "layers",
    "tiles",
    "feeds",
    "atlas",
    "web",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.accounts.middleware.SessionClockMiddleware",
    "geo.accounts.middleware.TokenMiddleware",
    "web.accounts.middleware.SecondFactorMiddleware",
    "geo.accounts.middleware.TraceMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "web.accounts.life.charter.CharterMiddleware",
    "web.accounts.seen.middleware.SeenAsMiddleware",
    "geo.accounts.middleware.ScopeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "web.accounts.systems.SystemMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # The look: `ui/*.html` of one theme or the other, before those that both share.
        "DIRS": [ROOT / "web" / "themes" / ENV.theme],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["web.templatetags.french"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.product",
            ],
        },
    }
]

# Two addresses of one database: the application's role owns nothing and does the daily work; the
# owner's role migrates. The router sends every migration to the owner.
DATABASES = {
    "default": database_config(ENV.database_url)
    | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    # A named cursor would outlive the rights it was opened with, and a pooled connection.
    | {"DISABLE_SERVER_SIDE_CURSORS": True},
    "owner": owner_config(ENV.database_owner_url),
}
# The role of the erasures, where it is given (docs/history.md).
if ENV.database_erase_url:
    DATABASES["erase"] = database_config(ENV.database_erase_url)
DATABASE_ROUTERS = ["geo.core.routers.OwnerRouter"]
# GDAL 3.6 of Debian 12 cannot block the network by itself: no reference system given from outside
# reaches it (geo/core/geometry.py rebuilds every geometry from bare coordinates).
SILENCED_SYSTEM_CHECKS = ["gis.W001"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Mails: `console:` writes them to the log of the process that sends them.
globals().update(email_config(ENV.email_url, ENV.base_url))

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/connexion/"
LOGIN_REDIRECT_URL = "/carte/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"geo.accounts.passwords.{name}"}
    for name in ("LengthValidator", "GuessableValidator", "KnownValidator")
]
BREACHED_PASSWORDS = ENV.breached_passwords

# Sign-in (docs/signin.md): allauth keeps the second factors and the steps between two of them.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
ACCOUNT_ADAPTER = "web.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Who tries passwords is slowed down by our own pauses, which all processes share.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = ENV.trusted_proxies
MFA_ADAPTER = "web.accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# Browsers let `http://localhost` use passkeys, and nothing else without TLS; not in production.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
# ProConnect (docs/signin.md): the algorithm is pinned here, never read from a token.
OIDC_ISSUER = ENV.oidc_issuer
OIDC_CLIENT_ID = ENV.oidc_client_id
OIDC_CLIENT_SECRET = ENV.oidc_client_secret
OIDC_ALGORITHM = ENV.oidc_algorithm
# Set in the demonstration only: names what tells the current code of its invented accounts.
SECOND_FACTOR_HINT = "demo.second_factor.current_code" if ENV.demo else ""

LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = LOCAL / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = LOCAL / "media"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

CONTENT_SECURITY_POLICY = content_security_policy(ENV.oidc_issuer)

REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

# Product parameters (docs/parameters.md): figures of the policy, not of the machine.
OFFICIAL_MIN_POPULATION = 10
DURABLE_SHARE_PERCENT = 66
NEARBY_METRES = 200
OWNER_NAME_DAYS_AFTER_CLOSING = 365
HEALTH_KEPT_DAYS = 730
JUDICIAL_KEPT_DAYS = 1826
GRANT_MAX_DAYS = 365
TOKEN_DAILY_QUOTA = 10_000
SEEN_AS_MINUTES = 15
MAX_ITEMS = 10_000
DEFAULT_ITEMS = 5_000
PAGE_TIMEOUT_MS = 30_000
IDLE_TIMEOUT_MS = 60_000
TILE_TIMEOUT_MS = 5_000
# From this zoom a tile holds few rows whatever its place, and its plan is kept by each connection.
TILE_PREPARED_ZOOM = 13
# A tile that took this long is kept for the other workers, as long and as many as said here.
TILE_KEPT_FROM_MS = 8
TILE_KEPT_HOURS = 24
TILE_KEPT_BYTES = 256_000_000
TILE_MAX_BYTES = 500_000
FEED_TIMEOUT_MS = 20_000
# Of the reads of sites, one in this many is computed under both walls (0: none).
WALLS_COMPARED_EVERY = 500
PRINT_TIMEOUT_MS = 20_000
EXPORT_DIRECT_ROWS = 10_000
EXPORT_MAX_ROWS = 5_000_000
EXPORT_MAX_BYTES = 5_000_000_000
EXPORT_TIMEOUT_MS = 1_800_000
EXPORT_JOBS = 3
EXPORTS_PER_DAY = 200
EXPORT_FILE_DAYS = 2
EXPORT_LINK_MINUTES = 15
EXPORT_KEPT_DAYS = 366
LAYER_CACHE_BYTES = 2_000_000_000
ACCESS_REQUESTS_PER_DAY = 100
REQUEST_REMINDER_DAYS = 2
REQUEST_ESCALATION_DAYS = 7
INVITATION_DAYS = 7
INVITATION_REMINDER_DAYS = 2
ACCOUNT_IDLE_DAYS = 183
ACCOUNT_NOTICE_DAYS = 30
ACCOUNT_ANONYMISED_DAYS = 730
REQUEST_KEPT_DAYS = 183
INVITATION_KEPT_DAYS = 30
READ_LOG_DAYS = 366
READ_ALERT_SHEETS = 200
READ_ALERT_ROWS = 500
SESSION_IDLE_MINUTES = 60
SESSION_ABSOLUTE_HOURS = 12
RECENT_SIGN_IN_MINUTES = 10
PASSWORD_RESET_MINUTES = 60

SESSION_COOKIE_AGE = SESSION_ABSOLUTE_HOURS * 3600
PASSWORD_RESET_TIMEOUT = PASSWORD_RESET_MINUTES * 60

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "geo.core.logs.DiscreetFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        name: {"level": "WARNING"} for name in ("procrastinate", "weasyprint", "fontTools")
    },
}
