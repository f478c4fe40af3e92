"""What signs a person in to their account: a password, other services, passkeys."""

from common.errors import DomainError
from users.models import User


def check_another_is_left(user: User) -> None:
    """Raise DomainError last_way_in if the account would be locked by removing one of its services or passkeys."""
    if not user.has_usable_password() and user.identities.count() + user.passkeys.count() <= 1:
        raise DomainError("last_way_in", "This is the only way to sign in. Choose a password first.")
