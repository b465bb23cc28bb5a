"""The WSGI entry point: what the web servers run, its statements bounded in time."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
application = get_wsgi_application()

# Once the applications are loaded; commands and workers do not come here and last as they must.
from django.db.backends.signals import connection_created  # noqa: E402

from geo.core.timed import bound_connection  # noqa: E402

connection_created.connect(bound_connection)
