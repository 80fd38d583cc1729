"""People before the pages: logins made as an operator makes them, codes as an authenticator shows them, and clients that keep cookies."""

import functools
import hmac
import re
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg

from haidang.parties.terms import MemberRole
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.platform.login import Login
from haidang.site.logins import add_login

_FORM = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_STEP_S = 30


def code_of(login: Login, steps: int = 0) -> str:
    """Return the code of this half minute, or of one some steps away."""
    counter = struct.pack(">Q", int(time.time()) // _STEP_S + steps)
    digest = hmac.digest(login.totp_key, counter, "sha1")
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


class Site:
    """The pages of one installation, and its logins."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.address = f"http://127.0.0.1:{config.port_portals}"
        self._logins: dict[str, Login] = {}

    def login(
        self, party: str = "", officer: str = "", username: str = "", role: MemberRole = MemberRole.DECLARANT
    ) -> Login:
        """Return the login of a member of a party, its declarant unless another role is given, or of an officer, made at the first call. Each name, one person."""
        name = username or f"p{party or officer}".lower()
        if name not in self._logins:
            made = functools.partial(
                add_login, self.config, name, f"Người {name}", party=party, officer=officer, role=role
            )
            # In a thread of its own: a browser driven from this one keeps a loop here, in which Django opens no connection.
            with ThreadPoolExecutor(1) as aside:
                self._logins[name] = aside.submit(made).result()
        return self._logins[name]

    def owner(self) -> psycopg.Connection[Any]:
        return Servers(self.config).connect("owner")

    def renew_code(self, username: str) -> None:
        """Let the code of this half minute be used once more: a test logs in faster than people do."""
        with self.owner() as connection:
            connection.execute(
                "UPDATE otp_totp_totpdevice d SET last_t = -1, throttling_failure_count = 0, throttling_failure_timestamp = NULL"
                " FROM auth_user u WHERE u.id = d.user_id AND u.username = %s",
                (username,),
            )

    def anybody(self) -> "Surfer":
        return Surfer(self)

    def surfer(self, login: Login) -> "Surfer":
        """Return a client that is logged in."""
        self.renew_code(login.username)
        made = Surfer(self)
        reply = made.log_in(login)
        assert reply.status_code == 302, reply.text
        return made


class Surfer:
    """One browser without a screen: cookies, forms, no redirects followed."""

    def __init__(self, site: Site) -> None:
        self.client = httpx.Client(base_url=site.address, trust_env=False, timeout=30)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)

    def post(self, path: str, form_at: str = "", **fields: str) -> httpx.Response:
        """Fill in the form of a page and send it."""
        token = _FORM.search(self.get(form_at or path).text)
        assert token is not None, f"no form at {form_at or path}"
        return self.client.post(path, data={**fields, "csrfmiddlewaretoken": token[1]})

    def log_in(self, login: Login, **changes: str) -> httpx.Response:
        given = {"username": login.username, "password": login.password, "code": code_of(login)}
        return self.post("/login", **{**given, **changes})


def without_form(text: str) -> str:
    """Return a page without what is new in each form."""
    return _FORM.sub("", text)
