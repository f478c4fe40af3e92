"""What a sign-in by a provider remembers, and what comes of it. Pure."""

from dataclasses import dataclass


class ProviderUnavailable(Exception):
    """The provider does not answer, or not as the protocol says."""


class SignInRefused(Exception):
    """The provider's word is not one for us: forged, expired, meant for others, or a refusal."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one sign-in remembers between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of a person. `subject`: their id there, which never changes."""

    issuer: str
    subject: str
    email: str
    is_verified: bool
    name: str
