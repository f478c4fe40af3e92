"""OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636)."""

import secrets
from datetime import datetime
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from users.providers.claims import Attempt, Claims, ProviderUnavailable, SignInRefused
from users.providers.configuration import Provider

LIMITS: Any = {"timeout": (5.0, 10.0), "allow_redirects": False}  # seconds to connect, to answer
SCOPE = "openid email profile"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY = 60  # seconds between the clocks
MAX_ANSWER_BYTES = 1_000_000


def begin(provider: Provider, *, redirect_uri: str) -> tuple[str, Attempt]:
    """Return where to send the browser, and what to remember. Raises ProviderUnavailable."""
    attempt = Attempt(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
    with _client(provider, redirect_uri) as client:
        endpoint = _metadata(client, provider)["authorization_endpoint"]
        url, _ = client.create_authorization_url(
            endpoint, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
        )
    return str(url), attempt


def finish(provider: Provider, attempt: Attempt, *, code: str, redirect_uri: str, now: datetime) -> Claims:
    """Exchange the code for an ID token, and return what it says. Raises ProviderUnavailable, SignInRefused."""
    with _client(provider, redirect_uri) as client:
        metadata = _metadata(client, provider)
        try:
            token = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=attempt.verifier, **LIMITS)
            keys = _json(client, metadata["jwks_uri"])
        except OAuthError as error:
            raise SignInRefused(f"the provider refused the code: {error.error}") from error
        except (requests.RequestException, ValueError) as error:
            raise ProviderUnavailable(type(error).__name__) from error
    return _claims(provider, attempt, token, keys, now=now)


def _claims(provider: Provider, attempt: Attempt, token: Any, keys: Any, *, now: datetime) -> Claims:
    try:
        decoded = jwt.decode(str(token["id_token"]), KeySet.import_key_set(keys), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": provider.client_id},
            },
            params={"nonce": attempt.nonce, "client_id": provider.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise SignInRefused(f"the ID token is not valid: {type(error).__name__}") from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise SignInRefused("the ID token names nobody")
    return Claims(
        issuer=provider.issuer,
        subject=subject,
        email=_text(claims.get("email")),
        is_verified=claims.get("email_verified") is True,
        name=_text(claims.get("preferred_username") or claims.get("name")),
    )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _client(provider: Provider, redirect_uri: str) -> OAuth2Session:
    return OAuth2Session(
        provider.client_id,
        provider.client_secret,
        scope=SCOPE,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def _metadata(client: OAuth2Session, provider: Provider) -> dict[str, Any]:
    """Return the provider's description of itself (OpenID Connect Discovery 1.0)."""
    found = _json(client, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise ProviderUnavailable("it describes another issuer")
    if missing := {"authorization_endpoint", "token_endpoint", "jwks_uri"} - found.keys():
        raise ProviderUnavailable(f"its description lacks {min(missing)}")
    return found


def _json(client: OAuth2Session, url: str) -> dict[str, Any]:
    try:
        answer = client.request("GET", url, withhold_token=True, **LIMITS)
        answer.raise_for_status()
        found = answer.json() if len(answer.content) <= MAX_ANSWER_BYTES else None
    except (requests.RequestException, ValueError) as error:
        raise ProviderUnavailable(type(error).__name__) from error
    if not isinstance(found, dict):
        raise ProviderUnavailable("its answer is no JSON object")
    return found
