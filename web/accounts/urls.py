"""Addresses of signing in and of one's own account."""

from django.urls import path

from web.accounts import passwords, proconnect, recent, second_factor, security, tokens, views

urlpatterns = [
    path("connexion/", views.sign_in, name="sign_in"),
    # The names under which allauth looks for these pages.
    path("connexion/", views.sign_in, name="account_login"),
    path(
        "connexion/second-facteur/",
        second_factor.SecondFactorView.as_view(),
        name="mfa_authenticate",
    ),
    path("connexion/mot-de-passe/", passwords.forgotten, name="forgotten"),
    path("connexion/mot-de-passe/<str:who>/<str:token>/", passwords.reset, name="reset"),
    path("connexion/proconnect/", proconnect.start, name="proconnect"),
    path("connexion/proconnect/retour/", proconnect.callback, name="proconnect_callback"),
    path("deconnexion/retour/", proconnect.left, name="proconnect_left"),
    path("compte/securite/proconnect/", proconnect.link, name="proconnect_link"),
    path(
        "compte/securite/proconnect/<int:identity_id>/fin/",
        proconnect.unlink,
        name="proconnect_unlink",
    ),
    path("deconnexion/", views.sign_out, name="sign_out"),
    path("compte/", views.account, name="account"),
    path("compte/second-facteur/", second_factor.enrol, name="enrol"),
    path("compte/confirmer/reprendre/", recent.resume, name="confirm_resume"),
    path("compte/confirmer/", second_factor.confirm, name="confirm"),
    path("compte/securite/", security.security, name="security"),
    path("compte/securite/mot-de-passe/", passwords.change, name="password"),
    path("compte/securite/codes-de-secours/", security.new_recovery_codes, name="recovery_codes"),
    path(
        "compte/securite/facteurs/<int:factor_id>/fin/",
        security.remove_factor,
        name="factor_remove",
    ),
    path("compte/securite/sessions/fin/", security.end_other_sessions, name="sessions_end"),
    path(
        "compte/securite/sessions/<int:session_id>/fin/",
        security.end_session,
        name="session_end",
    ),
    path("compte/jetons/", tokens.tokens, name="tokens"),
    path("compte/jetons/<int:token_id>/fin/", tokens.revoke, name="token_revoke"),
]
