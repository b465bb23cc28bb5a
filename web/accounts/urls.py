"""Addresses of signing in and of one's own account."""

from django.urls import path

from web.accounts import tokens, views

urlpatterns = [
    path("connexion/", views.sign_in, name="sign_in"),
    path("deconnexion/", views.sign_out, name="sign_out"),
    path("compte/", views.account, name="account"),
    path("compte/jetons/", tokens.tokens, name="tokens"),
    path("compte/jetons/<int:token_id>/fin/", tokens.revoke, name="token_revoke"),
]
