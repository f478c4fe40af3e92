"""A device with passkeys, and the browser before it, as software: signs what a real one would, or what a test makes of it."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "http://localhost:8000"  # of SITE_URL
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # bits of the flags


def to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Passkey:
    """One passkey on the device."""

    site: str
    handle: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))


@dataclass
class Authenticator:
    """A device. Its fields are what tests change: where the browser says it is, and whether the person was verified.

    `count`: how often it has signed; None: it counts nothing, as passkeys do that are copied to several devices.
    """

    origin: str = ORIGIN
    site: str = ""  # instead of the one that it is asked for
    flags: int = PRESENT | VERIFIED
    count: int | None = 0
    cross_origin: bool = False
    public_key: dict[int, Any] | None = None  # instead of its own
    passkeys: list[Passkey] = field(default_factory=list)

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Make a passkey, and return what a browser sends: `navigator.credentials.create` as JSON."""
        made = Passkey(self.site or options["rp"]["id"], options["user"]["id"])
        self.passkeys.append(made)
        numbers = made.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public_key = cbor2.dumps(self.public_key or {1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(made.id).to_bytes(2, "big") + made.id + public_key
        data = self._data(made, self.flags | ATTESTED) + attested
        response = {
            "clientDataJSON": to_text(self._client_data("webauthn.create", options["challenge"])),
            "attestationObject": to_text(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._credential(made, response)

    def get(self, options: dict[str, Any], passkey: Passkey | None = None) -> dict[str, Any]:
        """Sign by a passkey (default: the last one), and return what a browser sends: `navigator.credentials.get` as JSON."""
        used = passkey or self.passkeys[-1]
        if self.count is not None:
            self.count += 1
        data, client_data = self._data(used, self.flags), self._client_data("webauthn.get", options["challenge"])
        response = {
            "clientDataJSON": to_text(client_data),
            "authenticatorData": to_text(data),
            "signature": to_text(used.key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))),
            "userHandle": used.handle,
        }
        return self._credential(used, response)

    def _data(self, passkey: Passkey, flags: int) -> bytes:
        site = sha256((self.site or passkey.site).encode()).digest()
        return site + bytes([flags]) + (self.count or 0).to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(said).encode()

    def _credential(self, passkey: Passkey, response: dict[str, Any]) -> dict[str, Any]:
        name = to_text(passkey.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
        }
