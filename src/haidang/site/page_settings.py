"""Django's settings as the process of the pages has them: what `haidang.site.settings` says, as the database role of the pages."""

import importlib.util
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from haidang.platform.config import load
from haidang.site.settings import *  # noqa: F403  (one installation, one set of settings; what differs stands below)
from haidang.site.settings import ALLOWED_HOSTS, INSTALLED_APPS, django_database

_config = load()
_origin = urlsplit(_config.pages_origin)
_is_secure = _origin.scheme == "https"
_house = Path(__file__).resolve().parent.parent

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.staticfiles"]
DATABASES = {
    "default": {**django_database(_config.dsn("app")), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True},
}
ROOT_URLCONF = "haidang.portals.urls"
ALLOWED_HOSTS = [*ALLOWED_HOSTS, *([_origin.hostname] if _origin.hostname else [])]
MIDDLEWARE = [
    "haidang.portals.middleware.client",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "haidang.portals.middleware.uncached",
    "haidang.portals.middleware.language",
    "qsessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "haidang.portals.middleware.session_limits",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_house / "portals" / "templates"],
        "OPTIONS": {
            "builtins": ["django.templatetags.static", "haidang.portals.tags"],
            "context_processors": ["django.template.context_processors.request"],
        },
    }
]

# Scripts and styles: ours, and htmx out of its package. They are read into memory at the start; nothing is collected or copied.
STATIC_URL = "static/"
_htmx = importlib.util.find_spec("django_htmx")
assert _htmx is not None and _htmx.origin is not None
STATICFILES_DIRS = [_house / "portals" / "static", Path(_htmx.origin).parent / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "haidang.platform.authentication.PasswordAndCode"]
LOGIN_URL = "login"
# By name and address together: whoever guesses a name from elsewhere locks out nobody but themselves.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = False
AXES_SENSITIVE_PARAMETERS = ["password", "code"]
AXES_VERBOSE = False

SESSION_ENGINE = "qsessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3_600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_secure
SESSION_COOKIE_NAME = "__Host-haidang" if _is_secure else "haidang"
CSRF_COOKIE_NAME = "__Host-haidang-form" if _is_secure else "haidang-form"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "haidang.portals.views.entering.forged"
CSRF_TRUSTED_ORIGINS = [_config.pages_origin] if _config.pages_origin else []
SECURE_HSTS_SECONDS = 365 * 24 * 3_600 if _is_secure else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _is_secure else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# What a person uploads to be read or signs is as large as a lane takes it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS: list[str] = []

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE], "script-src": [SELF], "style-src": [SELF], "img-src": [SELF], "font-src": [SELF],
        "connect-src": [SELF], "form-action": [SELF], "base-uri": [NONE], "object-src": [NONE], "frame-ancestors": [NONE],
    }
}  # fmt: skip

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "axes": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
