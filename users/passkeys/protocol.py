"""Web Authentication: what browsers are asked, and whether their answers hold (https://www.w3.org/TR/webauthn-3/).

The library checks type, challenge, origin, site, presence, verification of the person, counter and signature.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import webauthn
from cryptography.exceptions import InvalidSignature
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
    parse_client_data_json,
    verify_signature,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from users.passkeys.rules import CHALLENGE_LIFETIME, MAX_ID_BYTES, InvalidAnswer, RelyingParty

SITE_NAME = "Habit Tracker"
TIMEOUT = int(CHALLENGE_LIFETIME.total_seconds() * 1000)

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that a device has just made. Texts are in base64url."""

    credential_id: str
    public_key: str
    sign_count: int


def creation_options(
    site: RelyingParty, *, challenge: bytes, handle: str, name: str, title: str, known: Collection[str]
) -> dict[str, Any]:
    """Return what a browser is asked to make: a passkey that it finds by itself, and that verifies its person.

    `handle`: the account, in base64url; `known`: the ids of its passkeys, of which a device makes no second one.
    """
    options = webauthn.generate_registration_options(
        rp_id=site.id,
        rp_name=SITE_NAME,
        user_id=base64url_to_bytes(handle),
        user_name=name,
        user_display_name=title,
        challenge=challenge,
        timeout=TIMEOUT,
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return dict(options_to_json_dict(options))


def request_options(site: RelyingParty, *, challenge: bytes, known: Collection[str] = ()) -> dict[str, Any]:
    """Return what a browser is asked to sign. `known`: the ids of the passkeys that will do; empty: any for this site."""
    options = webauthn.generate_authentication_options(
        rp_id=site.id,
        challenge=challenge,
        timeout=TIMEOUT,
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options_to_json_dict(options))


def challenge_of(answer: Answer) -> bytes:
    """Return the challenge that an answer is for. Raises InvalidAnswer if it has none, or is of a page in a frame."""
    try:
        data = parse_client_data_json(base64url_to_bytes(answer["response"]["clientDataJSON"]))
    except Exception as error:  # the library lets errors of its parsers through
        raise InvalidAnswer("the client data cannot be read") from error
    if data.cross_origin:
        raise InvalidAnswer("another site shows the page in a frame")
    return data.challenge


def verified_new(site: RelyingParty, answer: Answer, *, challenge: bytes) -> NewPasskey:
    """Return the passkey of an answer to `creation_options`. Raises InvalidAnswer."""
    try:
        found = webauthn.verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as error:  # as above; whatever cannot be read is no answer
        raise InvalidAnswer(str(error) or type(error).__name__) from error
    if len(found.credential_id) > MAX_ID_BYTES:
        raise InvalidAnswer("its id is too long")
    if bytes_to_base64url(found.credential_id) != answer["id"]:
        raise InvalidAnswer("its id is another one than that of the device")
    _check_key(found.credential_public_key)
    return NewPasskey(
        credential_id=bytes_to_base64url(found.credential_id),
        public_key=bytes_to_base64url(found.credential_public_key),
        sign_count=found.sign_count,
    )


def verified_count(
    site: RelyingParty, answer: Answer, *, challenge: bytes, public_key: str, sign_count: int, handle: str
) -> int:
    """Return the counter of an answer to `request_options` by the passkey with this key. Raises InvalidAnswer.

    A counter that does not go up is refused, unless the device counts nothing (0): the key may have been copied.
    """
    given = answer["response"].get("userHandle")
    if given and given.rstrip("=") != handle:
        raise InvalidAnswer("the passkey is for another account")
    try:
        found = webauthn.verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # as above
        raise InvalidAnswer(str(error) or type(error).__name__) from error
    return found.new_sign_count


def _check_key(public_key: bytes) -> None:
    """Raise InvalidAnswer if no signature can be checked by the key: it would be a way in that never works."""
    try:
        decoded = decode_credential_public_key(public_key)
        key = decoded_public_key_to_cryptography(decoded)
        verify_signature(public_key=key, signature_alg=decoded.alg, signature=b"none", data=b"")
    except InvalidSignature:
        return
    except Exception as error:  # as above
        raise InvalidAnswer(f"its key cannot be used: {error or type(error).__name__}") from error


def _descriptors(known: Collection[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known]
