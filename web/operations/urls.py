"""Addresses for those who keep the service running."""

from django.urls import path

from web.operations import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
