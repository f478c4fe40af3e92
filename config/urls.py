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
import integrations.urls
import notifications.bot.views
import notifications.urls
import tracking.urls
import users.urls
import users.views
from common.csp import DOCS, policy
from common.exception_handler import error_response
from common.secret_paths import secret_path
from config.admin_login import admin_login
from config.docs import redoc_script, schema_view
from config.limits.views import LimitsView
from config.openapi.views import openapi_view
from config.slashes import NOT_FOUND
from users.pages import ConfirmPage, ResetPage, UnsubscribePage
from users.providers import pages as provider_pages

admin.autodiscover()
api = [
    *users.urls.urlpatterns,
    *habits.urls.urlpatterns,
    *tracking.urls.urlpatterns,
    *achievements.urls.urlpatterns,
    *achievements.shares.urls.urlpatterns,
    *community.urls.urlpatterns,
    *notifications.urls.urlpatterns,
    *integrations.urls.urlpatterns,
    path("limits/", LimitsView.as_view(), name="limits"),
]
docs = schema_view(api)
docs_urls = [
    path("swagger/", policy(DOCS)(docs.with_ui("swagger", cache_timeout=0)), name="swagger"),
    path("redoc/", policy(DOCS)(docs.with_ui("redoc", cache_timeout=0)), name="redoc"),
]


@csrf_exempt
@never_cache
def api_not_found(request: HttpRequest) -> HttpResponse:
    return error_response(request, 404, "not_found", "Not found.")


# Paths of published clients, and of the first concept. They are not in the schema.
aliases = [
    *habits.urls.alias_urlpatterns,
    *users.urls.alias_urlpatterns,
    *integrations.urls.seed_urlpatterns,
    path("swagger.json", docs.without_ui(cache_timeout=0), {"format": "json"}),
]
# Some clients send the paths without api/.
aliases_without_api = [
    *aliases,
    path("register/", users.views.RegisterView.as_view()),
    path("token/refresh/", users.views.RefreshView.as_view()),
    path("tg/link/", notifications.bot.views.LinkView.as_view()),
]

urlpatterns = [
    path("api/", include(api)),
    path("api/", include(aliases)),
    path("", include(aliases_without_api)),
    path("api/", include((docs_urls, "api-docs"))),
    path("", include(docs_urls)),
    path("redoc/redoc.js", redoc_script, name="redoc-script"),
    path("api/schema/", docs.without_ui(cache_timeout=0), name="schema"),
    path("api/openapi.json", openapi_view(api), name="openapi"),
    re_path(r"^api/", api_not_found, name=NOT_FOUND),
    path("auth/<slug:name>/", provider_pages.start, name="provider-start"),
    path("auth/<slug:name>/callback/", provider_pages.callback, name="provider-callback"),
    secret_path("confirm/<str:token>/", ConfirmPage.as_view(), name="confirm-page"),
    secret_path("reset/<str:token>/", ResetPage.as_view(), name="reset-page"),
    secret_path("unsubscribe/<str:token>/", UnsubscribePage.as_view(), name="unsubscribe-page"),
    secret_path("mails-off/<str:token>/", UnsubscribePage.as_view()),  # in mails sent before the path was renamed
    *integrations.urls.page_urlpatterns,
    *achievements.shares.urls.page_urlpatterns,
    *notifications.urls.page_urlpatterns,
    *integrations.urls.page_urlpatterns,
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("", include("web.urls")),
]

handler400 = "config.bad_requests.bad_request"
handler500 = "config.health.server_error"
