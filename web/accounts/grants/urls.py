"""Addresses of the rights granted beside the roles, and of who can read what."""

from django.urls import path

from web.accounts.grants import exceptions, readers, views

GRANT = "compte/administration/droits/<int:grant_id>"

urlpatterns = [
    path("compte/permissions/", readers.permissions, name="permissions"),
    path("compte/administration/droits/", views.every, name="grants"),
    path("compte/administration/exceptions/", exceptions.exceptions, name="exceptions"),
    path(f"{GRANT}/approuver/", views.approve, name="grant_approve"),
    path(f"{GRANT}/retirer/", views.withdraw, name="grant_withdraw"),
    path(
        "compte/administration/personnes/<int:user_id>/droits/",
        views.of_person,
        name="managed_rights",
    ),
    path("sites/<int:site_id>/lecteurs/<slug:data_class>/", readers.site_readers, name="readers"),
]
