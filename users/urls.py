"""The URLs of accounts and sign-in, below /api/."""

from django.urls import path

from users import views

urlpatterns = [
    path("register/", views.RegisterView.as_view(), name="register"),
    path("register/confirm/", views.ConfirmView.as_view(), name="register-confirm"),
    path("register/resend/", views.ResendConfirmationView.as_view(), name="register-resend"),
    path("token/", views.TokenView.as_view(), name="token"),
    path("token/link/", views.SignInLinkView.as_view(), name="token-link"),
    path("token/refresh/", views.RefreshView.as_view(), name="token-refresh"),
    path("token/revoke/", views.RevokeView.as_view(), name="token-revoke"),
    path("password/change/", views.ChangePasswordView.as_view(), name="password-change"),
    path("password/reset/", views.RequestPasswordResetView.as_view(), name="password-reset"),
    path("password/reset/confirm/", views.ResetPasswordView.as_view(), name="password-reset-confirm"),
]
