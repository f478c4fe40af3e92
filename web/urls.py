"""The web client's route."""

from django.urls import path

from web.views import page

urlpatterns = [path("", page, name="web")]
