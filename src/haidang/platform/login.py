"""Logins of people: password (argon2) and a one-time code (TOTP, RFC 6238), both in one step. Django's and django-otp's tables hold them.

Nothing of Django is loaded before it is used: commands and tests name these without it. The instant of a code is the machine's clock, not legal time: the phone that shows it knows no other.
"""

import secrets
from base64 import b32decode, b32encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from haidang.kernel.findings import Refusal
from haidang.platform.config import Config, kept_secret

_PASSWORD_BYTES = 15
_KEY_BYTES = 20
"""As long as the hash of the code (RFC 4226 section 4)."""
_DEVICE = "TOTP"


class LoginTaken(Refusal):
    """Somebody logs in under this name already."""

    code = "LOGIN_TAKEN"
    text_vi = "Tên đăng nhập này đã có người dùng: chọn tên khác."
    text_en = "This login name is taken: choose another."


class Login(Struct, frozen=True):
    """A login as its owner gets it, once: name, password, and the address that an authenticator takes the secret of the codes from."""

    username: str
    password: str
    otpauth: str

    @property
    def totp_key(self) -> bytes:
        """The secret of the codes."""
        return b32decode(parse_qs(urlsplit(self.otpauth).query)["secret"][0])


def secret_key(config: Config) -> str:
    """Return the secret of an installation's sessions and forms, made at the first call and kept in the home (0600)."""
    return kept_secret(config.secrets_dir / "django-secret-key", lambda kept: kept or secrets.token_urlsafe(48))


def new_login(username: str) -> Login:
    """Return a login with password and secret made here; nothing is kept yet."""
    key = b32encode(secrets.token_bytes(_KEY_BYTES)).decode()
    otpauth = f"otpauth://totp/HaiDang:{username}?secret={key}&issuer=HaiDang&algorithm=SHA1&digits=6&period=30"
    return Login(username, secrets.token_urlsafe(_PASSWORD_BYTES), otpauth)


def keep_login(login: Login, name: str, using: str = "default") -> int:
    """Keep a login under the name of its person; returns the person's number. `using` is Django's alias of the first server, as owner.

    Raises:
        LoginTaken: there is a login of this name.
    """
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from django_otp.plugins.otp_totp.models import TOTPDevice

    people = get_user_model().objects.using(using)
    with transaction.atomic(using=using):
        if people.filter(username=login.username).exists():
            raise LoginTaken
        person = people.model(username=login.username, first_name=name[:150])
        person.set_password(login.password)
        person.save(using=using)
        TOTPDevice.objects.using(using).create(user=person, name=_DEVICE, key=login.totp_key.hex(), confirmed=True)
    return int(person.pk)


def person_named(username: str, using: str = "default") -> int | None:
    """Return the number of the person who logs in under a name, or None."""
    from django.contrib.auth import get_user_model

    found = get_user_model().objects.using(using).filter(username=username).values_list("pk", flat=True).first()
    return None if found is None else int(found)


def close_login(username: str, using: str = "default") -> list[str] | None:
    """Disable a login and end its sessions; returns the keys of those that were open, None when there is no such login."""
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from qsessions.models import Session

    with transaction.atomic(using=using):
        person = get_user_model().objects.using(using).filter(username=username).first()
        if person is None:
            return None
        person.is_active = False
        person.save(using=using, update_fields=["is_active"])
        open_ = Session.objects.using(using).filter(user=person)
        keys = [each.session_key for each in open_]
        open_.delete()
    return keys


def open_login(username: str, using: str = "default") -> bool:
    """Enable a disabled login again, and forget its failed attempts; False when there is no such login."""
    from axes.models import AccessAttempt
    from django.contrib.auth import get_user_model

    AccessAttempt.objects.using(using).filter(username=username).delete()
    return bool(get_user_model().objects.using(using).filter(username=username).update(is_active=True))


def logins(using: str = "default") -> list[dict[str, Any]]:
    """Return every login: number, name, person, whether it is enabled, when it was last used."""
    from django.contrib.auth import get_user_model

    columns = ("pk", "username", "first_name", "is_active", "last_login")
    return list(get_user_model().objects.using(using).order_by("username").values(*columns))
