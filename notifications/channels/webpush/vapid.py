"""The key by which push services recognise this installation, and the header that proves it (RFC 8292)."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction

from notifications.models import VapidKey

TOKEN_LIFETIME = timedelta(hours=12)  # services take at most a day


@dataclass(frozen=True, slots=True)
class Key:
    """The private key as PEM, and the public one as browsers take it (`applicationServerKey`)."""

    private: str
    public: str


@transaction.atomic
def load(*, now: datetime) -> Key:
    """Return the key of this installation. The first call makes it; of several at once one is kept."""
    row = VapidKey.objects.filter(pk=VapidKey.ONLY).first()
    if row is None:
        made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        VapidKey.objects.bulk_create(
            [VapidKey(pk=VapidKey.ONLY, private_key=made.decode(), created_at=now)], ignore_conflicts=True
        )
        row = VapidKey.objects.get(pk=VapidKey.ONLY)
    return Key(row.private_key, _public(row.private_key))


def authorization(key: Key, url: str, *, now: datetime) -> str:
    """Return the Authorization header of a request to a push service."""
    parts = urlsplit(url)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + TOKEN_LIFETIME).timestamp()),
        "sub": contact(),
    }
    return f"vapid t={jwt.encode(claims, key.private, algorithm='ES256')}, k={key.public}"


def contact() -> str:
    """Return the address to which a push service can write about this installation."""
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


def _public(private: str) -> str:
    loaded = serialization.load_pem_private_key(private.encode(), None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    point = loaded.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
