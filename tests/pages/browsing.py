"""A whole installation before real Chromium: partners that send messages, tabs that note whatever goes wrong in them, and the keys of their people."""

import re
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import expect

from haidang.declarations.tests import build
from haidang.site.cli.client import Gateway, read_sender
from haidang.site.demo import people
from tests.pages.surfing import Site, code_of
from tests.passing.rig import BANK, declared, item

TRADER = people.trader_code(1)


class Installation:
    """A serving installation, its site, and partners that send messages to it."""

    def __init__(self, home: Any) -> None:
        self.config = home.config
        self.site = Site(home.config)
        self.gateway = Gateway(home.config)
        self._number = 0

    def send(self, path: str, sender: str, body: dict[str, Any] | bytes) -> dict[str, Any]:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        reply = self.gateway.post(f"/api/v1/{path}", raw, read_sender(self.config, sender, None, None, None))
        assert reply.status in (200, 201), reply.body
        return reply.body

    def lodge(self, channel: int) -> dict[str, Any]:
        """Lodge until the draw gives a channel."""
        for _ in range(2_000):
            self._number += 1
            body = build.message(declared(trader=1), message_id=f"browser-{self._number}", sender=TRADER)
            answer = self.send("declarations", TRADER, body)
            if answer["channel"] == channel:
                return answer
        raise AssertionError(f"no declaration of channel {channel}")

    def lodge_inspected(self) -> dict[str, Any]:
        """Lodge goods under one specialised inspection alone, whose taxes are on file."""
        with self.site.owner() as connection:
            rows = connection.execute(
                "SELECT hs8 FROM tariff_controlled_code JOIN tariff_control USING (control_id) GROUP BY hs8"
                " HAVING count(*) = 1 AND bool_and(effect = 'inspection' AND agency = ANY (%s)) ORDER BY hs8",
                (list(people.MINISTRIES),),
            ).fetchall()
        for (code,) in rows:
            self._number += 1
            body = build.message(declared(items=(item(code),)), message_id=f"inspected-{self._number}", sender=TRADER)
            sender = read_sender(self.config, TRADER, None, None, None)
            reply = self.gateway.post("/api/v1/declarations", body, sender)
            if reply.status == 201 and not reply.body["rates_missing"]:
                return dict(reply.body)
        raise AssertionError("no commodity code under one specialised inspection")

    def amend_cleared(self, number: str) -> dict[str, Any]:
        """Have the trader ask for an amendment after clearance."""
        wire = build.wire(declared(trader=1, invoice_no="SUA-1"))
        return self.send(
            "cleared-amendments", TRADER,
            {"message_id": f"amend-{number}", "sender": TRADER, "procedure": "AMC", "declaration_no": number, "declaration": wire,
             "reason_code": "2", "reason": "khai nhầm hóa đơn"},
        )  # fmt: skip

    def pay(self, lodged: dict[str, Any]) -> None:
        number = lodged["declaration_no"]
        facts = {"amount_vnd": lodged["payable_vnd"], "reference": "BK 1", "payer_code": TRADER}
        self.send(
            "payments", BANK,
            {"message_id": f"pay-{number}", "sender": BANK, "procedure": "PAYMENT", "declaration_no": number, **facts},
        )  # fmt: skip


class Tab:
    """A page of a browser of its own that notes whatever goes wrong in it."""

    def __init__(self, browser: Any, installation: Installation) -> None:
        self.site = installation.site
        self.page = browser.new_context(base_url=installation.site.address).new_page()
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda asked: self._note_foreign(asked.url))

    def _note_foreign(self, address: str) -> None:
        if not address.startswith(self.site.address):
            self.wrong.append(f"foreign: {address}")

    def log_in(self, login: Any) -> "Tab":
        self.site.renew_code(login.username)
        self.page.goto("/login")
        self.page.fill("#username", login.username)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(login.password)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(code_of(login))
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("nav[aria-label] a[href='/sessions']")
        return self

    def speak(self, language: str) -> None:
        self.page.context.add_cookies([{"name": "haidang_language", "value": language, "url": self.site.address}])


def key_file(installation: Installation, code: str) -> Path:
    return installation.config.home / "demo" / "keys" / f"{code}.key.pem"


def load_key(tab: Tab, file: Path, said: str, page: str = "/key") -> None:
    tab.page.goto(page)
    expect(tab.page.locator("#key-state")).not_to_be_empty()
    tab.page.set_input_files("#key-file", file)
    expect(tab.page.locator("#key-state")).to_have_text(re.compile(f"^{re.escape(said)}"))


def decide(tab: Tab, number: str, act: str, **fields: str) -> str:
    """Fill in the form of a file, sign and send; return what is answered."""
    tab.page.goto(f"/files/{number}")
    tab.page.select_option("#act", act)
    for name, value in fields.items():
        if name in ("passed", "failed"):
            tab.page.check(f"#{name}")
        else:
            tab.page.fill(f"#{name}", value)
    return sign(tab)


def sign(tab: Tab) -> str:
    tab.page.click("#sign")
    tab.page.wait_for_selector("#answer [data-outcome], #answer .problem")
    return str(tab.page.inner_text("#answer"))


def begin_form(tab: Tab) -> str:
    """Begin a form; return its address."""
    tab.page.goto("/lodge")
    tab.page.click("form[action='/lodge/new'] button:not(.second)")
    tab.page.wait_for_selector("#form[data-ready]")
    return str(tab.page.url).removeprefix(tab.site.address)
