"""The settings of the test suite: its own database, fast hashing, no outside address."""

from typing import Any

from config.env import LOCAL
from config.settings.base import *  # noqa: F403
from config.settings.base import SOURCES, TEMPLATES

# The tests of the walls compare every read; the others none, for their time and their counts.
WALLS_COMPARED_EVERY = 0
ALLOWED_HOSTS = ["*"]
ATLAS_DEMO = True
SECOND_FACTOR_HINT = ""
OIDC_ISSUER = OIDC_CLIENT_ID = OIDC_CLIENT_SECRET = ""
OIDC_ALGORITHM = "ES256"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Port 9 of the loopback refuses at once: a client that is not pointed at a fake fails.
SOURCES = dict.fromkeys(SOURCES, "http://127.0.0.1:9")
CACHE_DIR = LOCAL / "test" / "cache"
EXPORTS_DIR = LOCAL / "test" / "exports"
MEDIA_ROOT = LOCAL / "test" / "media"
# Empty: what a demonstration collected is not read again at each request of a test.
STATIC_ROOT = LOCAL / "test" / "static"
OPTIONS: Any = TEMPLATES[0]["OPTIONS"]
OPTIONS["string_if_invalid"] = "UNDEFINED-VARIABLE"
