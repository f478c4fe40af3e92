"""Request and response bodies of signing in by other services."""

from typing import Any

from common import serializers
from users import rules
from users.models import Identity
from users.serializers import PairSerializer


class FreshPairSerializer(PairSerializer):
    proof = serializers.CharField(
        help_text="Stands for the password of an account without one, for five minutes: send it as `password`."
    )

    class Meta:
        swagger_schema_fields = {
            "example": {"access": "eyJhbGciOiJI…", "refresh": "eyJhbGciOiJI…", "proof": "7-cz1k2m-5f0c…"}
        }


class IdentitySerializer(serializers.ModelSerializer[Identity]):
    provider = serializers.SerializerMethodField(help_text="The name of the provider; null: it is no longer offered.")

    class Meta:
        model = Identity
        fields = ["id", "provider", "issuer", "email", "created_at", "last_used_at"]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "id": 3,
                "provider": "home",
                "issuer": "https://id.example.org",
                "email": "alice@example.org",
                "created_at": "2026-11-21T12:00:00Z",
                "last_used_at": "2026-11-26T07:30:00Z",
            }
        }

    def get_provider(self, identity: Identity) -> str | None:
        names: dict[str, str] = self.context["providers"]
        return names.get(identity.issuer)


class ConnectSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField(max_length=30, help_text="One of `account.providers` of `limits/`.")
    password = serializers.CharField(max_length=rules.MAX_PASSWORD_LENGTH, trim_whitespace=False)

    class Meta:
        swagger_schema_fields = {"example": {"provider": "home", "password": "correct horse battery"}}


class ConnectAddressSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="Where to send the browser, within ten minutes.")

    class Meta:
        swagger_schema_fields = {"example": {"url": "https://habits.example.org/auth/home/?link=7-cz1k2m-5f0c…"}}
