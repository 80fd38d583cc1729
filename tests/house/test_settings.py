"""Whatever can be set is in the one table of settings and on the page written from it."""

import re

from haidang.platform.config import SETTINGS
from tests.house.house import PACKAGE, ROOT, in_house
from tools.generated import Generated
from tools.settings_page import page

NAME = re.compile(r"\bHAIDANG_[A-Z0-9]+(?:_[A-Z0-9]+)*(?![A-Z0-9_])")


def test_the_page_of_settings_says_what_the_code_says() -> None:
    assert Generated(ROOT / "docs" / "settings.md", page()).is_true(), "run: make generate"


def test_every_environment_variable_the_product_reads_is_a_documented_setting() -> None:
    documented = {each.name for each in SETTINGS}
    unknown = {
        f"{in_house(path)}: {name}"
        for path in PACKAGE.rglob("*.py")
        if "tests" not in path.parts
        for name in NAME.findall(path.read_text(encoding="utf-8"))
        if name not in documented
    }
    assert unknown == set()


def test_every_setting_is_explained_once() -> None:
    names = [each.name for each in SETTINGS]
    assert len(names) == len(set(names))
    assert [
        each.name for each in SETTINGS if not NAME.fullmatch(each.name) or len(each.meaning) < 15 or not each.default
    ] == []
