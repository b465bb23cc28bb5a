"""Addresses of « voir en tant que »."""

from django.urls import path

from web.accounts.seen import views

urlpatterns = [
    path("compte/voir-en-tant-que/", views.seen_as, name="seen_as"),
    path("compte/voir-en-tant-que/fin/", views.seen_as_end, name="seen_as_end"),
]
