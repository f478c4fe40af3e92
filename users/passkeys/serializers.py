"""Request and response bodies of passkeys. Credentials have the JSON that browsers give: `PublicKeyCredential.toJSON()`."""

from typing import Any

from common import serializers
from common.schema_shapes import described
from users.models import Passkey
from users.passkeys import rules

ID = "mT0pVdQ0s7k2v1cZ4Xn0Xg"
KNOWN = {"id": ID, "type": "public-key"}
CLIENT_DATA = "eyJ0eXBlIjoid2ViYXV0aG4u…"
CHALLENGE = "8J5x2uJ0a6bqY0rN…"


class BeginSerializer(serializers.Serializer[Any]):
    """Nothing: what a browser is to be asked depends on no body, and a body that is none makes no challenge."""


class PasskeySerializer(serializers.ModelSerializer[Passkey]):
    class Meta:
        model = Passkey
        fields = ["id", "name", "created_at", "last_used_at"]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "id": 5,
                "name": "My phone",
                "created_at": "2026-11-21T12:00:00Z",
                "last_used_at": "2026-11-26T07:30:00Z",
            }
        }


class PasskeyEditSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=rules.MAX_NAME_LENGTH, required=False)

    class Meta:
        read_only_fields = ("id", "created_at", "last_used_at")
        swagger_schema_fields = {"example": {"name": "My old phone"}}


class MadeSerializer(serializers.Serializer[Any]):
    """What a device says of the passkey that it has made, in base64url."""

    clientDataJSON = serializers.CharField(max_length=rules.MAX_DATA_LENGTH)  # noqa: N815  # the browsers' names
    attestationObject = serializers.CharField(max_length=rules.MAX_ATTESTATION_LENGTH)  # noqa: N815  # the browsers' names

    class Meta:
        accepts_unknown = True
        swagger_schema_fields = {"example": {"clientDataJSON": CLIENT_DATA, "attestationObject": "o2NmbXRkbm9uZWdh…"}}


class SignedSerializer(serializers.Serializer[Any]):
    """What a passkey has signed, in base64url."""

    clientDataJSON = serializers.CharField(max_length=rules.MAX_DATA_LENGTH)  # noqa: N815  # the browsers' names
    authenticatorData = serializers.CharField(max_length=rules.MAX_DATA_LENGTH)  # noqa: N815  # the browsers' names
    signature = serializers.CharField(max_length=rules.MAX_SIGNATURE_LENGTH)
    userHandle = serializers.CharField(  # noqa: N815  # the browsers' names
        max_length=rules.MAX_HANDLE_LENGTH + 2, required=False, allow_null=True
    )

    class Meta:
        accepts_unknown = True
        swagger_schema_fields = {
            "example": {
                "clientDataJSON": CLIENT_DATA,
                "authenticatorData": "SZYN5YgOjGh0NBcP…",
                "signature": "MEUCIQDs1q4…",
                "userHandle": "b4Kq…",
            }
        }


class CredentialSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=rules.MAX_ID_LENGTH)
    rawId = serializers.CharField(max_length=rules.MAX_ID_LENGTH)  # noqa: N815  # the browsers' names
    type = serializers.ChoiceField(choices=["public-key"])

    class Meta:
        accepts_unknown = True


class MadeCredentialSerializer(CredentialSerializer):
    """A passkey that `navigator.credentials.create` has made, as JSON."""

    response = MadeSerializer()

    class Meta(CredentialSerializer.Meta):
        swagger_schema_fields = {
            "example": {
                "id": ID,
                "rawId": ID,
                "type": "public-key",
                "response": MadeSerializer.Meta.swagger_schema_fields["example"],
            }
        }


class SignedCredentialSerializer(CredentialSerializer):
    """What `navigator.credentials.get` has returned, as JSON."""

    response = SignedSerializer()

    class Meta(CredentialSerializer.Meta):
        swagger_schema_fields = {
            "example": {
                "id": ID,
                "rawId": ID,
                "type": "public-key",
                "response": SignedSerializer.Meta.swagger_schema_fields["example"],
            }
        }


class NewPasskeySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=rules.MAX_NAME_LENGTH, help_text="For example the device that keeps it.")
    credential = MadeCredentialSerializer()

    class Meta:
        swagger_schema_fields = {
            "example": {
                "name": "My phone",
                "credential": MadeCredentialSerializer.Meta.swagger_schema_fields["example"],
            }
        }


class SignedByPasskeySerializer(serializers.Serializer[Any]):
    credential = SignedCredentialSerializer()

    class Meta:
        swagger_schema_fields = {
            "example": {"credential": SignedCredentialSerializer.Meta.swagger_schema_fields["example"]}
        }


class CreationOptionsSerializer(serializers.Serializer[Any]):
    options = serializers.DictField(
        help_text="For `PublicKeyCredential.parseCreationOptionsFromJSON`, within five minutes."
    )

    class Meta:
        swagger_schema_fields = described(
            {
                "options": {
                    "rp": {"name": "Habit Tracker", "id": "habits.example.org"},
                    "user": {"id": "b4Kq…", "name": "alice@example.org", "displayName": "alice"},
                    "challenge": CHALLENGE,
                    "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
                    "timeout": 300_000,
                    "excludeCredentials": [KNOWN],
                    "authenticatorSelection": {
                        "residentKey": "required",
                        "requireResidentKey": True,
                        "userVerification": "required",
                    },
                    "attestation": "none",
                }
            }
        )


class RequestOptionsSerializer(serializers.Serializer[Any]):
    options = serializers.DictField(
        help_text="For `PublicKeyCredential.parseRequestOptionsFromJSON`, within five minutes."
    )

    class Meta:
        swagger_schema_fields = described(
            {
                "options": {
                    "challenge": CHALLENGE,
                    "timeout": 300_000,
                    "rpId": "habits.example.org",
                    "allowCredentials": [KNOWN],
                    "userVerification": "required",
                }
            }
        )


class ProofSerializer(serializers.Serializer[Any]):
    proof = serializers.CharField(
        help_text="Stands for the password of an account without one, for five minutes: send it as `password`."
    )

    class Meta:
        swagger_schema_fields = {"example": {"proof": "7-cz1k2m-5f0c…"}}
