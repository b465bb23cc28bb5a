"""Addresses of the pages; each part of the package lists its own."""

from django.urls import URLPattern, URLResolver, include, path

from web.geocoding import geocoding

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("web.public.urls")),
    path("", include("web.accounts.urls")),
    path("", include("web.accounts.life.urls")),
    path("", include("web.accounts.grants.urls")),
    path("", include("web.accounts.seen.urls")),
    path("", include("web.sites.urls")),
    path("", include("web.prints.urls")),
    path("", include("web.exports.urls")),
    path("", include("web.operations.urls")),
    path("", include("web.carte.urls")),
    path("geocodage/", geocoding, name="geocoding"),
]
