"""Addresses of the site record."""

from django.urls import path

from web.sites import closing, editing, history, views
from web.sites.restricted import views as restricted

urlpatterns = [
    path("sites/", views.site_list, name="sites"),
    path("sites/nouveau/", editing.new, name="site_new"),
    path("sites/<int:site_id>/", views.site_page, name="site"),
    path("sites/<int:site_id>/modifier/", editing.edit, name="site_edit"),
    path("sites/<int:site_id>/confirmer/", editing.confirm, name="site_confirm"),
    path("sites/<int:site_id>/fermer/", closing.close, name="site_close"),
    path("sites/<int:site_id>/historique/", history.site_history, name="site_history"),
    path("sites/<int:site_id>/origines/", closing.origin, name="site_origin"),
    path("sites/<int:site_id>/proprietaires/", restricted.owners, name="site_owners"),
    path("sites/<int:site_id>/judiciaire/", restricted.judicial, name="site_judicial"),
    path("sites/<int:site_id>/sante/", restricted.health, name="site_health"),
    path("sites/<int:site_id>/couts/", restricted.costs, name="site_costs"),
]
