"""Pages for everybody: the same bytes for whoever is not logged in, so that browsers and proxies may keep them and ask by ETag."""

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import conditional_page, require_safe

from haidang.portals.budget import over_budget
from haidang.portals.middleware import LANGUAGE_PARAMETER
from haidang.portals.who import View, who_asks

KEPT_S = 300
"""How long such a page may be shown again before it is asked for: a law book that was just loaded shows within this time."""


def for_everybody(view: View) -> View:
    """Let anybody in whose address has a slot left for it. A page of nobody in particular may be kept; one that greets a person, sets the language, or tells of a
    problem may not."""
    return _public(view, 1)


def at_the_cost_of(slots: int) -> Callable[[View], View]:
    """Let everybody in as `for_everybody` does, for so many slots of the address."""
    return functools.partial(_public, slots=slots)


def _public(view: View, slots: int) -> View:
    @functools.wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = over_budget(request, slots) or view(request, *args, **kwargs)
        is_common = who_asks(request) is None and LANGUAGE_PARAMETER not in request.GET and response.status_code == 200
        response["Cache-Control"] = f"public, max-age={KEPT_S}" if is_common else "no-store"
        # The language is in a cookie, and so is a session.
        patch_vary_headers(response, ["Cookie"])
        return response

    decorated: View = require_safe(conditional_page(shown))
    return decorated
