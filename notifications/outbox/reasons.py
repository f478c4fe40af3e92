"""Why messages are in their state, in the reader's language. They are stored in English, and translated when they are read."""

import re

from django.utils import translation
from django.utils.translation import gettext_noop

REASONS = frozenset(
    [
        # What it is about has changed.
        gettext_noop("deleted"),
        gettext_noop("left"),
        gettext_noop("already done"),
        gettext_noop("skipped"),
        gettext_noop("missed"),
        gettext_noop("paused"),
        gettext_noop("no longer due"),
        gettext_noop("superseded"),
        gettext_noop("over the limit"),
        gettext_noop("no longer reached"),
        gettext_noop("withdrawn"),
        gettext_noop("turned off"),
        gettext_noop("time changed"),
        gettext_noop("no habits"),
        gettext_noop("access was ended"),
        gettext_noop("nothing to confirm"),
        gettext_noop("cancelled"),
        gettext_noop("no such account"),
        gettext_noop("no longer open"),
        gettext_noop("no longer of the staff"),
        gettext_noop("the endpoint was deleted"),
        gettext_noop("the endpoint works again"),
        gettext_noop("the endpoint is on again"),
        gettext_noop("the account is not active"),
        gettext_noop("a user of another service"),
        # Its time.
        gettext_noop("too late to be useful"),
        gettext_noop("its day ends within the quiet hours"),
        gettext_noop("waits for its turn"),
        gettext_noop("requeued"),
        gettext_noop("the clock ran ahead"),
        gettext_noop("the challenge ended too early: the clock ran ahead"),
        # Its address.
        gettext_noop("no channel is connected"),
        gettext_noop("no connected channel is on for it"),
        gettext_noop("no longer connected"),
        gettext_noop("no address is connected"),
        gettext_noop("no chat is connected"),
        gettext_noop("no topic is connected"),
        gettext_noop("no service is connected"),
        gettext_noop("no browser is subscribed"),
        gettext_noop("mails are turned off"),
        gettext_noop("the address is unreachable"),
        gettext_noop("the chat is unreachable"),
        gettext_noop("its server refuses messages to it"),
        gettext_noop("the ntfy server refuses messages to the topic"),
        gettext_noop("the service refuses messages"),
        gettext_noop("no browser takes messages any more"),
        gettext_noop("chat migrated"),
        gettext_noop("Chat not found"),  # this one and the next two are Telegram's words
        gettext_noop("Forbidden: bot was blocked by the user"),
        gettext_noop("Forbidden: user is deactivated"),
        gettext_noop("this address is not allowed"),
        gettext_noop("this address needs https"),
        gettext_noop("This is not a web address."),
        gettext_noop("This is no address of Apprise."),
        gettext_noop("A web address has only printable ASCII characters and no spaces."),
        gettext_noop("An address has only printable ASCII characters and no spaces."),
        gettext_noop("Give a web address that begins with https://."),
        gettext_noop("Give an address that begins with https://."),
        gettext_noop("Leave out the user name and password: requests are signed."),
        # The server that takes it.
        gettext_noop("Redis is unavailable"),
        gettext_noop("the mail server is unavailable"),
        gettext_noop("mail server: no answer in time"),
        gettext_noop("network: no answer in time"),
        gettext_noop("too many requests"),
        gettext_noop("no time was left"),
        gettext_noop("the name was not resolved in time"),
        gettext_noop("the name cannot be resolved"),
        gettext_noop("the name has no address"),
        gettext_noop("the connection was refused"),
        gettext_noop("Telegram does not know the bot's token"),
        gettext_noop("Apprise cannot send this"),
    ]
)
# Reasons with a number, a word of a program, or another reason in them.
FRAMES = (
    gettext_noop("internal error: %(what)s"),
    gettext_noop("database: %(what)s"),
    gettext_noop("mail server: %(what)s"),
    gettext_noop("network: %(what)s"),
    gettext_noop("no client for Telegram: %(what)s"),
    gettext_noop("the proxy of the environment cannot be used (%(what)s)"),
    gettext_noop("%(what)s, not JSON"),
    gettext_noop("%(what)s, not the Bot API's JSON"),
    gettext_noop("%(what)s from the Bot API"),
    gettext_noop("Apprise: %(what)s"),
    gettext_noop("ntfy answered %(what)s"),
    gettext_noop("push service answered %(what)s"),
    gettext_noop("answered %(what)s"),
    gettext_noop("no answer within %(what)s s"),
    gettext_noop("no valid answer (%(what)s)"),
    gettext_noop("the certificate is not valid: %(what)s"),
    gettext_noop("refused: %(what)s"),
    gettext_noop("it cannot be encrypted for the browser: %(what)s"),
    gettext_noop("Give an address that begins with one of: %(what)s."),
    gettext_noop("Leave out the parameter %(what)s."),
    gettext_noop("Use port 443, or one from %(what)s on."),
)
_PATTERNS = {frame: re.compile(re.escape(frame).replace(re.escape("%(what)s"), "(.+)"), re.DOTALL) for frame in FRAMES}


def translated(reason: str) -> str:
    """Return a stored reason in the active language. What another program said stays as it is."""
    if reason in REASONS:
        return translation.gettext(reason)
    for frame, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(reason):
            return translation.gettext(frame) % {"what": translated(found[1])}
    return reason
