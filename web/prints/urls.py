"""Addresses of the page of printed maps; the documents themselves are `atlas`'s."""

from django.urls import path

from web.prints import views

urlpatterns = [path("impressions/", views.index, name="prints")]
