"""All URLs: the API and its aliases, its documentation, the pages of mailed and shared links, admin, the web client."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

import achievements.shares.urls
import achievements.urls
import community.urls
import habits.urls
import notifications.urls
import tracking.urls
import users.urls
from common.exception_handler import error_response
from config.admin_login import admin_login, admin_password_change
from config.docs import schema_view
from config.limits.views import LimitsView
from users.pages import ConfirmPage, ResetPage, UnsubscribePage

api = [
    *users.urls.urlpatterns,
    *habits.urls.urlpatterns,
    *tracking.urls.urlpatterns,
    *achievements.urls.urlpatterns,
    *achievements.shares.urls.urlpatterns,
    *community.urls.urlpatterns,
    *notifications.urls.urlpatterns,
    path("limits/", LimitsView.as_view(), name="limits"),
]
docs = schema_view(api)
docs_urls = [
    path("swagger/", docs.with_ui("swagger", cache_timeout=0), name="swagger"),
    path("redoc/", docs.with_ui("redoc", cache_timeout=0), name="redoc"),
]


@csrf_exempt
@never_cache
def api_not_found(request: HttpRequest) -> HttpResponse:
    return error_response(request, 404, "not_found", "Not found.")


urlpatterns = [
    path("api/", include(api)),
    path("api/", include(habits.urls.alias_urlpatterns)),
    path("api/", include((docs_urls, "api-docs"))),
    path("", include(docs_urls)),
    path("api/schema/", docs.without_ui(cache_timeout=0), name="schema"),
    re_path(r"^api/", api_not_found),
    path("confirm/<str:token>/", ConfirmPage.as_view(), name="confirm-page"),
    path("reset/<str:token>/", ResetPage.as_view(), name="reset-page"),
    path("unsubscribe/<str:token>/", UnsubscribePage.as_view(), name="unsubscribe-page"),
    path("mails-off/<str:token>/", UnsubscribePage.as_view()),  # in mails sent before the path was renamed
    *achievements.shares.urls.page_urlpatterns,
    path("admin/login/", admin_login),
    path("admin/password_change/", admin_password_change),
    path("admin/", admin.site.urls),
    path("", include("web.urls")),
]

handler500 = "config.health.server_error"
