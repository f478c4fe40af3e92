"""The URLs of accounts and sign-in, below /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from users import views
from users.mini_app.views import InitDataView
from users.passkeys.views import BeginSignInView, PasskeyViewSet, SignInView
from users.providers.views import HeaderView, IdentityViewSet, TicketView

router = SimpleRouter()
router.register("users/me/sessions", views.SessionViewSet, basename="sessions")
router.register("identities", IdentityViewSet, basename="identities")
router.register("passkeys", PasskeyViewSet, basename="passkeys")

urlpatterns = [
    *router.urls,
    path("register/", views.RegisterView.as_view(), name="register"),
    path("register/confirm/", views.ConfirmView.as_view(), name="register-confirm"),
    path("register/resend/", views.ResendConfirmationView.as_view(), name="register-resend"),
    path("token/", views.TokenView.as_view(), name="token"),
    path("token/link/", views.SignInLinkView.as_view(), name="token-link"),
    path("token/provider/", TicketView.as_view(), name="token-provider"),
    path("token/header/", HeaderView.as_view(), name="token-header"),
    path("token/telegram/", InitDataView.as_view(), name="token-telegram"),
    path("token/passkey/begin/", BeginSignInView.as_view(), name="token-passkey-begin"),
    path("token/passkey/", SignInView.as_view(), name="token-passkey"),
    path("token/refresh/", views.RefreshView.as_view(), name="token-refresh"),
    path("token/revoke/", views.RevokeView.as_view(), name="token-revoke"),
    path("password/change/", views.ChangePasswordView.as_view(), name="password-change"),
    path("password/reset/", views.RequestPasswordResetView.as_view(), name="password-reset"),
    path("password/reset/check/", views.CheckResetView.as_view(), name="password-reset-check"),
    path("password/reset/confirm/", views.ResetPasswordView.as_view(), name="password-reset-confirm"),
    path("users/me/access/", views.AccessView.as_view(), name="me-access"),
]
# Existing clients sign in at this path. It still works but is not in the API schema.
alias_urlpatterns = [path("login/", views.TokenView.as_view())]
