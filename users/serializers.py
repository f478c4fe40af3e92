"""Serializers of accounts and sign-in, with the examples of the API documentation."""

from typing import Any

from drf_yasg.utils import swagger_serializer_method

from common import serializers
from common.names import email_lookup_key
from users import rules
from users.access import Access, AccessItem, Keep
from users.models import Address, Session, User
from users.weeks import WeekDay

PROFILE_EXAMPLE = {
    "id": 7,
    "email": "alice@example.org",
    "new_email": "",
    "username": "alice",
    "time_zone": "Europe/Berlin",
    "language": "en",
    "day_starts_at": 0,
    "week_starts_on": "mon",
    "week_starts_on_since": None,
    "reminders_by_email": False,
    "is_ranked": False,
    "has_password": True,
    "telegram": {
        "connected": True,
        "confirmed": True,
        "chat_id": 5550001,
        "name": "@alice",
        "connected_at": "2026-11-21T12:00:00Z",
        "unreachable_since": None,
    },
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


class WeekDayField(serializers.ChoiceField):
    """The weekday on which weeks start."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=[day.value for day in WeekDay],
            help_text="The day on which your weeks start. Another choice holds from the next such day on, and at the "
            "earliest 28 days after the last change.",
            **options,
        )


class RegisterSerializer(serializers.ModelSerializer[User]):
    username = serializers.RegexField(rules.USERNAME_PATTERN, max_length=rules.MAX_USERNAME_LENGTH, required=False)
    password = serializers.CharField(write_only=True, max_length=rules.MAX_PASSWORD_LENGTH, trim_whitespace=False)
    email = EmailAddressField()
    week_starts_on = WeekDayField(required=False)
    invitation = serializers.CharField(
        required=False, max_length=64, help_text="The code of an invitation, where signing up needs one."
    )

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "username",
            "password",
            "time_zone",
            "language",
            "day_starts_at",
            "week_starts_on",
            "invitation",
        ]
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
        fields = ["id", "email", "username", "time_zone", "language", "day_starts_at", "week_starts_on", "is_active"]
        swagger_schema_fields = {
            "example": {
                "id": 7,
                "email": "alice@example.org",
                "username": "alice",
                "time_zone": "Europe/Berlin",
                "language": "en",
                "day_starts_at": 0,
                "week_starts_on": "mon",
                "is_active": False,
            }
        }


class LinkTokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)

    class Meta:
        swagger_schema_fields = {"example": {"token": "7-cz1k2m-5f0c…"}}


class ConfirmSerializer(LinkTokenSerializer):
    password = serializers.CharField(
        required=False,
        max_length=rules.MAX_PASSWORD_LENGTH,
        trim_whitespace=False,
        help_text="Of a new account, which has this password from now on. Not needed for a changed address.",
    )

    class Meta:
        swagger_schema_fields = {"example": {"token": "7-cz1k2m-5f0c…", "password": "correct horse battery"}}


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


class SessionSerializer(serializers.ModelSerializer[Session]):
    """A signed-in device. `current`: the one that sends the request."""

    current = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ["id", "device", "network_address", "created_at", "last_used_at", "current"]
        swagger_schema_fields = {
            "example": {
                "id": 12,
                "device": "Firefox, Windows",
                "network_address": "203.0.113.7",
                "created_at": "2026-11-20T07:30:00Z",
                "last_used_at": "2026-11-26T08:10:00Z",
                "current": True,
            }
        }

    def get_current(self, session: Session) -> bool:
        return session.pk == self.context.get("session_id")


class NewPasswordSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)
    password = serializers.CharField(max_length=rules.MAX_PASSWORD_LENGTH, trim_whitespace=False)
    keep = serializers.ListField(
        child=serializers.ChoiceField([each.value for each in Keep]),
        required=False,
        max_length=len(Keep),
        help_text="What to keep of `password/reset/check/`; everything else ends.",
    )

    class Meta:
        swagger_schema_fields = {
            "example": {"token": "7-cz1k2m-5f0c…", "password": "an even better battery", "keep": ["chats"]}
        }


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
    name = serializers.CharField(
        allow_blank=True, help_text="The person's name in Telegram when the chat was connected, if known."
    )
    connected_at = serializers.SerializerMethodField(help_text="Null while no chat is connected.")
    unreachable_since = serializers.DateTimeField(allow_null=True)

    @swagger_serializer_method(serializers.DateTimeField(allow_null=True))
    def get_connected_at(self, chat: Address) -> str | None:
        if chat.address is None or chat.connected_at is None:
            return None
        return serializers.DateTimeField().to_representation(chat.connected_at)


class AccessChatSerializer(serializers.Serializer[Address]):
    """A connected chat. `name` is empty where the channel gave none."""

    channel = serializers.CharField()
    address = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    connected_at = serializers.DateTimeField(allow_null=True)


class AccessItemSerializer(serializers.Serializer[AccessItem]):
    """Something that gives a program or another service access to the account."""

    kind = serializers.CharField(help_text="What it is: `key`.")
    id = serializers.IntegerField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class AccessSerializer(serializers.Serializer[Access]):
    """What a session of the account may have made and that still exists."""

    new_email = serializers.CharField(
        allow_blank=True, help_text="Replaces the e-mail address once it is confirmed; empty: none."
    )
    chats = AccessChatSerializer(many=True)
    share_links = serializers.IntegerField()
    integrations = AccessItemSerializer(many=True)

    class Meta:
        swagger_schema_fields = {
            "example": {
                "new_email": "",
                "chats": [
                    {
                        "channel": "telegram",
                        "address": "5550001",
                        "name": "@alice",
                        "connected_at": "2026-11-21T12:00:00Z",
                    }
                ],
                "share_links": 2,
                "integrations": [
                    {"kind": "key", "id": 7, "name": "Home Assistant", "created_at": "2026-11-21T12:00:00Z"}
                ],
            }
        }


class ProfileSerializer(serializers.ModelSerializer[User]):
    username = serializers.RegexField(rules.USERNAME_PATTERN, max_length=rules.MAX_USERNAME_LENGTH)
    email = EmailAddressField()
    new_email = serializers.CharField(
        read_only=True,
        allow_blank=True,
        help_text="Replaces the e-mail address once it is confirmed; empty if none is awaited.",
    )
    has_password = serializers.BooleanField(
        source="has_usable_password",
        read_only=True,
        help_text="false: a sign-in of the last five minutes stands for it (`token/provider/`).",
    )
    telegram = ChatStateSerializer(read_only=True)
    week_starts_on = WeekDayField()
    week_starts_on_since = serializers.DateField(
        read_only=True, allow_null=True, help_text="The first day of weeks that start so; null: all weeks."
    )

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
            "week_starts_on",
            "week_starts_on_since",
            "reminders_by_email",
            "is_ranked",
            "has_password",
            "telegram",
        ]
        read_only_fields = ["id", "new_email", "tracks", "week_starts_on_since"]
        swagger_schema_fields = {"example": PROFILE_EXAMPLE}


class ProfileEditSerializer(ProfileSerializer):
    password = serializers.CharField(
        write_only=True,
        required=False,
        max_length=rules.MAX_PASSWORD_LENGTH,
        trim_whitespace=False,
        help_text="Your current password; required if `email` changes.",
    )

    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "password"]
        swagger_schema_fields: dict[str, Any] = {
            "required": [],
            "example": {
                "username": "alice",
                "email": "alice@example.net",
                "password": "correct horse battery",
                "time_zone": "Europe/Berlin",
            },
        }
