"""llms.txt: what this service is, for a program that reads the web (https://llmstxt.org)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from integrations.agents.protocol import VERSIONS
from integrations.agents.tools import TOOLS


@require_safe
@cache_control(public=True, max_age=3600)
def llms_page(request: HttpRequest) -> HttpResponse:
    """Return the text, with this service's address and the tools as they are."""
    found = {"site": settings.SITE_URL, "tools": TOOLS, "versions": ", ".join(VERSIONS)}
    text = render_to_string("integrations/llms.txt", found)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
