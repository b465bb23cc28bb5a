"""The address of exports for programs; the pages are `web`'s."""

from django.urls import path

from feeds.exporting import views

urlpatterns = [path("<slug:collection_id>.<str:ending>", views.export_file, name="export-file")]
