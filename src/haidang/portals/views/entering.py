"""Pages of everybody: logging in and out, the language, one's own sessions, and what is not there."""

from typing import Any

from django.contrib.auth import authenticate, login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from qsessions.models import Session

from haidang.portals.middleware import LANGUAGES, keep_language
from haidang.portals.reading import reader
from haidang.portals.who import Who, begin_session, end_token, for_people, session_reference, who_asks


@require_safe
@for_people
def home(request: HttpRequest, who: Who) -> HttpResponse:
    """Lead everybody to where their work is."""
    if who.is_officer:
        return HttpResponseRedirect(reverse("queue"))
    if who.is_trader:
        return HttpResponseRedirect(reverse("declarations"))
    return render(request, "portals/nobody.html", {"who": who})


@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for name, password and code; a wrong one is told without saying which."""
    if request.method != "POST":
        return _login_page(request, "", 200)
    username = request.POST.get("username", "").strip()
    person = authenticate(
        request,
        username=username,
        password=request.POST.get("password", ""),
        code=request.POST.get("code", "").replace(" ", ""),
    )
    if person is None:
        is_locked = bool(getattr(request, "axes_locked_out", False))
        return _login_page(request, "locked" if is_locked else "wrong", 429 if is_locked else 401)
    login(request, person)
    begin_session(request)
    return HttpResponseRedirect(_own_address(request, request.POST.get("next", "")) or reverse("home"))


def _login_page(request: HttpRequest, problem: str, status: int) -> HttpResponse:
    asked = request.POST.get("next", "") or request.GET.get("next", "")
    facts = {"problem": problem, "next": _own_address(request, asked), "username": request.POST.get("username", "")}
    return render(request, "portals/login.html", facts, status=status)


def _own_address(request: HttpRequest, address: str) -> str:
    """Return an address of ours unchanged, an empty text for any other."""
    own = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if own else ""


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session and its token, and have the browser forget what it kept of it."""
    end_token(request.session.session_key if request.user.is_authenticated else None, who_asks(request))
    logout(request)
    response = HttpResponseRedirect(reverse("login"))
    # Cookies are left alone: the language is one, and the session's is gone already. An officer's key stays in its browser.
    response["Clear-Site-Data"] = '"cache"'
    return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language and go back to the page."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(_own_address(request, request.POST.get("next", "")) or reverse("home"))
    if chosen in LANGUAGES:
        keep_language(response, chosen)
    return response


@require_safe
@for_people
def sessions(request: HttpRequest, who: Who) -> HttpResponse:
    """Show one's own sessions."""
    shown = [
        {
            "reference": session_reference(each.session_key),
            "began": each.created_at,
            "seen": each.updated_at,
            "address": each.ip,
            "browser": each.user_agent,
            "is_this": each.session_key == request.session.session_key,
        }
        for each in _open_sessions(request)
    ]
    return render(request, "portals/sessions.html", {"who": who, "sessions": shown})


@require_POST
@for_people
def end_session(request: HttpRequest, who: Who) -> HttpResponse:
    """End one of one's own sessions, with its token."""
    wanted = request.POST.get("session", "")
    found = next((each for each in _open_sessions(request) if session_reference(each.session_key) == wanted), None)
    if found is None:
        raise Http404
    if found.session_key == request.session.session_key:
        return log_out(request)
    end_token(found.session_key, who)
    found.delete()
    return HttpResponseRedirect(reverse("sessions"))


def _open_sessions(request: HttpRequest) -> Any:
    with reader().connection() as connection:
        (now,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
    return Session.objects.filter(user=request.user, expire_date__gt=now).order_by("-updated_at")


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Say whether pages can be read: 200 when the database answers."""
    with reader().connection() as connection:
        connection.execute("SELECT legal_now()")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that nothing is here: the same bytes for what does not exist and for what is not the reader's."""
    return render(request, "portals/not_found.html", {"who": who_asks(request), "bare": True}, status=404)


def fault(request: HttpRequest) -> HttpResponse:
    """Say that a fault of ours came between, without asking anything that may be broken."""
    return render(request, "portals/fault.html", {"bare": True}, status=500)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form was not ours or is too old."""
    return render(request, "portals/forged.html", {"bare": True}, status=403)
