"""Serializers of accounts and sign-in, with the examples of the API documentation."""

from typing import Any

from rest_framework import serializers

from common.names import email_lookup_key
from users import rules
from users.models import Address, User

PROFILE_EXAMPLE = {
    "id": 7,
    "email": "alice@example.org",
    "new_email": "",
    "username": "alice",
    "time_zone": "Europe/Berlin",
    "language": "en",
    "day_starts_at": 0,
    "reminders_by_email": False,
    "is_ranked": False,
    "telegram": {"connected": True, "confirmed": True, "chat_id": 5550001, "unreachable_since": None},
}
PAIR_EXAMPLE = {"refresh": "eyJhbGciOi…", "access": "eyJhbGciOi…"}


class EmailAddressField(serializers.EmailField):
    """An e-mail address, kept as it was typed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=rules.MAX_EMAIL_LENGTH, **options)

    def to_internal_value(self, data: Any) -> str:
        email = str(super().to_internal_value(data))
        if len(email_lookup_key(email)) > rules.MAX_KEY_LENGTH:
            self.fail("max_length", max_length=rules.MAX_EMAIL_LENGTH)
        return email


class RegisterSerializer(serializers.ModelSerializer[User]):
    username = serializers.RegexField(rules.USERNAME_PATTERN, max_length=rules.MAX_USERNAME_LENGTH, required=False)
    password = serializers.CharField(write_only=True, max_length=rules.MAX_PASSWORD_LENGTH, trim_whitespace=False)
    email = EmailAddressField()

    class Meta:
        model = User
        fields = ["id", "email", "username", "password", "time_zone", "language", "day_starts_at"]
        swagger_schema_fields = {
            "example": {
                "email": "alice@example.org",
                "password": "correct horse battery",
                "username": "alice",
                "time_zone": "Europe/Berlin",
            }
        }


class RegisteredSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "email", "username", "time_zone", "language", "day_starts_at", "is_active"]
        swagger_schema_fields = {
            "example": {
                "id": 7,
                "email": "alice@example.org",
                "username": "alice",
                "time_zone": "Europe/Berlin",
                "language": "en",
                "day_starts_at": 0,
                "is_active": False,
            }
        }


class LinkTokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)

    class Meta:
        swagger_schema_fields = {"example": {"token": "7-cz1k2m-5f0c…"}}


class EmailSerializer(serializers.Serializer[Any]):
    email = EmailAddressField()

    class Meta:
        swagger_schema_fields = {"example": {"email": "alice@example.org"}}


class SignInSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=rules.MAX_EMAIL_LENGTH)
    password = serializers.CharField(max_length=rules.MAX_PASSWORD_LENGTH, trim_whitespace=False)

    class Meta:
        swagger_schema_fields = {"example": {"email": "alice@example.org", "password": "correct horse battery"}}


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=2000)

    class Meta:
        swagger_schema_fields = {"example": {"refresh": PAIR_EXAMPLE["refresh"]}}


class PairSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField()
    access = serializers.CharField()

    class Meta:
        swagger_schema_fields = {"example": PAIR_EXAMPLE}


class NewPasswordSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)
    password = serializers.CharField(max_length=rules.MAX_PASSWORD_LENGTH, trim_whitespace=False)

    class Meta:
        swagger_schema_fields = {"example": {"token": "7-cz1k2m-5f0c…", "password": "an even better battery"}}


class ChangePasswordSerializer(serializers.Serializer[Any]):
    password = serializers.CharField(max_length=rules.MAX_PASSWORD_LENGTH, trim_whitespace=False)
    new_password = serializers.CharField(max_length=rules.MAX_PASSWORD_LENGTH, trim_whitespace=False)

    class Meta:
        swagger_schema_fields = {
            "example": {"password": "correct horse battery", "new_password": "an even better battery"}
        }


class PasswordSerializer(serializers.Serializer[Any]):
    password = serializers.CharField(max_length=rules.MAX_PASSWORD_LENGTH, trim_whitespace=False)

    class Meta:
        swagger_schema_fields = {"example": {"password": "correct horse battery"}}


class ChatStateSerializer(serializers.Serializer[Address]):
    """The state of the user's Telegram chat. `unreachable_since`: since then Telegram refuses messages to it."""

    connected = serializers.BooleanField(source="is_connected")
    confirmed = serializers.BooleanField()
    chat_id = serializers.IntegerField(source="address", allow_null=True)
    unreachable_since = serializers.DateTimeField(allow_null=True)


class ProfileSerializer(serializers.ModelSerializer[User]):
    username = serializers.RegexField(rules.USERNAME_PATTERN, max_length=rules.MAX_USERNAME_LENGTH)
    email = EmailAddressField()
    telegram = ChatStateSerializer(read_only=True)

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "new_email",
            "username",
            "time_zone",
            "language",
            "day_starts_at",
            "reminders_by_email",
            "is_ranked",
            "telegram",
        ]
        read_only_fields = ["id", "new_email"]
        swagger_schema_fields = {"example": PROFILE_EXAMPLE}
