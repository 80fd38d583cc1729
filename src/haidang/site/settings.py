"""Django's settings, read from this installation's `haidang.platform.config`.

Django is the cupboard: login, sessions, forms, translations, migrations. The rooms are found by their `migrations`
folders, so that a new room needs no line here.
"""

from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from haidang.platform.config import load
from haidang.platform.login import secret_key


def rooms() -> list[str]:
    """Return the rooms that keep tables, as Django app names (`haidang.journal`); the label is the room's name."""
    packages = Path(__file__).resolve().parent.parent
    found = packages.glob("*/migrations/__init__.py")
    return sorted(f"haidang.{path.parent.parent.name}" for path in found)


def django_database(conninfo: str) -> dict[str, Any]:
    """Return a libpq connection string as an entry of Django's DATABASES."""
    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items() if value is not None}
    named = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user"),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
    }
    return {**named, "OPTIONS": dict(parts)}


_config = load()

SECRET_KEY = secret_key(_config)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "qsessions",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "axes",
    "procrastinate.contrib.django",
    *rooms(),
]
DATABASES = {"default": django_database(_config.dsn("owner"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
