"""Who may change the law book: an officer with the power to, at the legal instant of the step."""

from typing import Any

import psycopg

from haidang.kernel.findings import Refusal
from haidang.organisation.lookups import read_powers
from haidang.organisation.rules import powers_for
from haidang.organisation.terms import Act
from haidang.reference.terms import Editor
from haidang.site.setting_up import legal_now


class LawPowerMissing(Refusal):
    """The officer holds no power over the law book now."""

    code = "LAW_POWER_MISSING"
    text_vi = "Công chức này không có thẩm quyền đối với sách luật vào lúc này (PUBLISH_LAW): dùng mã người khác, hoặc giao thẩm quyền cho vị trí của họ."
    text_en = "This officer holds no power over the law book now (PUBLISH_LAW): name another one, or give their post the power."


def editor(connection: psycopg.Connection[Any], officer_code: str) -> Editor:
    """Return an officer as an editor of the law book, with the first power that lets them.

    Raises:
        LawPowerMissing: they hold none at this legal instant, or there is no such officer.
    """
    held = read_powers(connection).of.get(officer_code, ())
    if not (found := powers_for(held, Act.PUBLISH_LAW, legal_now(connection))):
        raise LawPowerMissing
    return Editor(officer_code, found[0].power_id)
