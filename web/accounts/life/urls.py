"""Addresses of the life of an account."""

from django.urls import path

from web.accounts.life import access, administration, charter, history, offers, person, reads

MANAGED = "compte/administration/personnes/<int:user_id>"

urlpatterns = [
    path("acces/", access.ask, name="access_ask"),
    path("acces/envoyee/", access.sent, name="access_sent"),
    path("organismes/", access.register, name="register"),
    path("activation/<str:token>/", access.activation, name="activation"),
    path("compte/roles-proposes/<int:invitation_id>/", offers.offer, name="role_offer"),
    path("compte/charte/", charter.charter, name="charter"),
    path("compte/administration/", administration.administration, name="administration"),
    path("compte/administration/lectures/", reads.reads, name="reads"),
    path("compte/administration/inviter/", administration.invite, name="invite"),
    path(
        "compte/administration/demandes/<int:request_id>/",
        administration.access_request,
        name="access_request",
    ),
    path(
        "compte/administration/invitations/<int:invitation_id>/renouveler/",
        administration.renew,
        name="invitation_renew",
    ),
    path(
        "compte/administration/invitations/<int:invitation_id>/retirer/",
        administration.withdraw,
        name="invitation_withdraw",
    ),
    path(f"{MANAGED}/", person.managed, name="managed_person"),
    path(f"{MANAGED}/historique/", history.managed_history, name="managed_history"),
    path(
        f"{MANAGED}/roles/<int:membership_id>/fin/", person.remove_role, name="managed_role_remove"
    ),
    path(f"{MANAGED}/desactiver/", person.deactivate, name="managed_deactivate"),
    path(f"{MANAGED}/reactiver/", person.reactivate, name="managed_reactivate"),
    path(f"{MANAGED}/second-facteur/fin/", person.reset_factor, name="managed_factor_reset"),
    path(f"{MANAGED}/anonymiser/", person.anonymise, name="managed_anonymise"),
]
