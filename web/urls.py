"""The URL of the web client."""

from django.urls import path

from web.views import page

urlpatterns = [path("", page, name="web")]
