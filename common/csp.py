"""The content security policies of pages. Whatever names none gets NOTHING: an answer of the API is not a page.

A page names its policy with `policy`. None allows inline scripts or files of other hosts.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.constants import NONCE, NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp

Policy = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Any])

NO_FRAMES: Policy = {"base-uri": [NONE], "object-src": [NONE], "frame-ancestors": [NONE]}
NOTHING: Policy = {"default-src": [NONE], "form-action": [NONE], **NO_FRAMES}

# The web client: its components add style elements with the nonce of the page, and it is installed by its manifest.
CLIENT: Policy = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF, NONCE],
    "img-src": [SELF, "blob:", "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "form-action": [SELF],
    **NO_FRAMES,
}
# The same inside Telegram, whose own web clients show it in a frame.
MINI_APP: Policy = {**CLIENT, "frame-ancestors": ["https://web.telegram.org"]}
# A page behind a mailed link: one form, and its own style element.
LINK: Policy = {"default-src": [NONE], "style-src": [NONCE], "form-action": [SELF], **NO_FRAMES}
# A shared page: its drawings have style attributes, which no nonce can allow.
SHARE: Policy = {"default-src": [NONE], "style-src": [UNSAFE_INLINE], "form-action": [NONE], **NO_FRAMES}
PICTURE: Policy = {"default-src": [NONE], "style-src": [UNSAFE_INLINE], **NO_FRAMES}
ADMIN: Policy = {"default-src": [SELF], "img-src": [SELF, "data:"], "form-action": [SELF], **NO_FRAMES}
# Swagger UI and ReDoc create style elements at run time; ReDoc also a worker for its search.
DOCS: Policy = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF, "data:"],
    "connect-src": [SELF],
    "worker-src": ["blob:"],
    "form-action": [NONE],
    **NO_FRAMES,
}


def policy(directives: Policy) -> Callable[[View], View]:
    """Return a decorator that sets the content security policy of a view's answers."""
    return cast(Callable[[View], View], csp(directives))
