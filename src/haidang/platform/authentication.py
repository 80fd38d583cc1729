"""How Django takes a login for right: `PasswordAndCode`, named in the settings of the pages."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice


class PasswordAndCode(ModelBackend):
    """Takes a login for right only with password and code together; which of them was wrong is told to nobody."""

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, code: str = "", **_: Any
    ) -> Any:
        """Return the person, or None. A code is good once: the device's counter moves on in the same transaction."""
        person = super().authenticate(request, username=username, password=password)
        if person is None or not code:
            return None
        with transaction.atomic():
            device = TOTPDevice.objects.select_for_update().filter(user=person, confirmed=True).first()
            return person if device is not None and device.verify_token(code) else None
