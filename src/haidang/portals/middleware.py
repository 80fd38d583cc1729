"""What every page has in common: the language its reader chose, the end of idle sessions, headers that keep pages out of caches."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from haidang.platform.config import load
from haidang.platform.forwarded import client_address
from haidang.portals.who import end_token, is_over, who_asks

LANGUAGE_COOKIE = "haidang_language"
LANGUAGES = ("vi", "en")
LANGUAGE_PARAMETER = "lang"
"""The language in an address, beside the cookie."""
_YEAR_S = 365 * 24 * 3_600

Next = Callable[[HttpRequest], HttpResponse]


def client(get_response: Next) -> Next:
    """Let every later reader of the request find the client's own address, as far as trusted proxies tell it: lock-outs and sessions go by it."""
    trusted = load().trusted_proxies

    def find(request: HttpRequest) -> HttpResponse:
        chain = request.META.get("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = client_address(request.META.get("REMOTE_ADDR", ""), chain, trusted)
        return get_response(request)

    return find


def language(get_response: Next) -> Next:
    """Speak the language the reader chose, Vietnamese until then: what a browser prefers says little about who sits before it.

    An address may name the language (`lang=en`), so that it can be handed on; it is then kept as if it had been chosen.
    """

    def speak(request: HttpRequest) -> HttpResponse:
        asked, kept = request.GET.get(LANGUAGE_PARAMETER, ""), request.COOKIES.get(LANGUAGE_COOKIE, "")
        chosen = next((each for each in (asked, kept) if each in LANGUAGES), LANGUAGES[0])
        with translation.override(chosen):
            response = get_response(request)
        if asked == chosen != kept:
            keep_language(response, chosen)
        return response

    return speak


def keep_language(response: HttpResponse, chosen: str) -> None:
    """Have the browser keep the language its reader chose, for a year."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=_YEAR_S,
        samesite="Lax",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )


def session_limits(get_response: Next) -> Next:
    """End a session that lasted or lay idle too long, with its token."""

    def limit(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and is_over(request.session):
            end_token(request.session.session_key, who_asks(request))
            logout(request)
        return get_response(request)

    return limit


def uncached(get_response: Next) -> Next:
    """Keep pages out of every cache, and every sensor of the machine out of the pages."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
        return response

    return answer
