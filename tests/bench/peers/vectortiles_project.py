"""A Django project of one file: django-vectortiles on the benchmark's tables, as its guide says.

Run by gunicorn in the environment of `requirements/peers.txt`; no rights, no cache, no session.
"""

from __future__ import annotations

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="banc",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.gis", "vectortiles"],
    DATABASES={
        "default": {
            "ENGINE": "django.contrib.gis.db.backends.postgis",
            "NAME": os.environ["PEER_DATABASE"],
            "HOST": os.environ["PEER_HOST"],
            "USER": os.environ["PEER_USER"],
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

from django.contrib.gis.db import models  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from vectortiles import VectorLayer  # noqa: E402
from vectortiles.views import MVTView  # noqa: E402


class Parcel(models.Model):
    """The table of parcels, in the projection that tiles are in."""

    idu = models.CharField(max_length=14)
    section = models.CharField(max_length=2)
    number = models.CharField(max_length=4)
    geom_3857 = models.MultiPolygonField(srid=3857)

    class Meta:
        app_label = "gis"
        managed = False
        db_table = "parcel"


class ParcelLayer(VectorLayer):
    """As few fields as ours."""

    model = Parcel
    id = "parcels"
    geom_field = "geom_3857"
    tile_fields = ("idu", "section", "number")
    min_zoom = 0
    max_zoom = 18


class ParcelTile(MVTView):
    """One layer."""

    layer_classes = (ParcelLayer,)


urlpatterns = [path("tiles/<int:z>/<int:x>/<int:y>", ParcelTile.as_view())]
application = get_wsgi_application()
