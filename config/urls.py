"""The URL table: which package answers which address."""

from django.urls import include, path

from feeds.views import landing

urlpatterns = [
    path("tiles/", include("tiles.urls")),
    # As people type it: QGIS follows no redirection from there.
    path("ogc", landing, name="ogc-landing-typed"),
    path("ogc/", include("feeds.urls")),
    path("exports/", include("feeds.exporting.urls")),
    path("qgis/", include("feeds.qgis.urls")),
    path("layers/", include("layers.urls")),
    path("impressions/", include("atlas.urls")),
    path("", include("web.urls")),
]
handler404 = "web.errors.not_found"
handler500 = "web.errors.server_error"
