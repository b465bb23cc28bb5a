"""Addresses of the page of exports; the files of programs are `feeds.exporting`'s."""

from django.urls import path

from web.exports import views

urlpatterns = [
    path("exports/", views.index, name="exports"),
    path("exports/suivi/", views.progress, name="exports_progress"),
    path("exports/<int:export_id>/annuler/", views.cancel, name="export_cancel"),
    path("exports/<int:export_id>/fichier/<str:link>", views.download, name="export_download"),
]
