"""The settings of production: nothing is assumed, everything is checked."""

from config.env import load
from config.settings.base import *  # noqa: F403

load(production=True)

SECURE_SSL_REDIRECT = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
