"""The shipped declarations decode, carry no finding, and are what their index says: 280 with every rate, 20 without on purpose."""

import gzip
import hashlib
import os
from collections import Counter
from pathlib import Path

import pytest

from haidang.declarations.rules.checking import check
from haidang.gateway.messages.envelope import Lodgement, decode_lodgement
from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.site.demo import people
from haidang.site.demo.mapper import DEMO_DAY
from haidang.site.demo.samples import SHIPPED, SHIPPED_INDEX, Sample, demo_folder, shipped_messages
from haidang.site.demo.ship import main
from haidang.tariff.lookups import tariff_from_files
from haidang.taxes.rules.assessment import assess

SAMPLES = list(shipped_messages())


def lodged(sample: Sample) -> Lodgement:
    read = decode_lodgement(sample.message)
    assert isinstance(read, Lodgement), read
    return read


def test_there_are_three_hundred_with_exports_and_many_lines() -> None:
    assert Counter(sample.kind_code for sample in SAMPLES) == {"A11": 270, "B11": 30}
    assert len({sample.message_id for sample in SAMPLES}) == 300
    assert max(sample.lines for sample in SAMPLES) > 25
    assert sum(sample.lines > 1 for sample in SAMPLES) > 150


def test_each_decodes_to_what_the_index_says() -> None:
    for sample in SAMPLES:
        read = lodged(sample)
        assert (read.message_id, read.sender) == (sample.message_id, sample.sender)
        assert read.declaration.trader_code == sample.trader_code
        assert read.declaration.kind_code == sample.kind_code
        assert len(read.declaration.items) == sample.lines
        assert hashlib.sha256(sample.message).hexdigest() == sample.sha256


def test_none_has_a_finding_and_twenty_wait_for_a_rate() -> None:
    codes = codes_from_files(lawbook_folder(), DEMO_DAY)
    tariff = tariff_from_files(lawbook_folder(), DEMO_DAY)
    for sample in SAMPLES:
        declared = lodged(sample).declaration
        assert check(declared, codes, tariff.entries, DEMO_DAY) == (), sample.message_id
        assessment = assess(declared, tariff, codes.exchange_rates_e4)
        assert assessment.findings == (), sample.message_id
        assert bool(assessment.missing) == sample.without_rate, sample.message_id
    assert sum(sample.without_rate for sample in SAMPLES) == 20


def test_traders_and_senders_live_in_the_demo_country() -> None:
    traders = {people.trader_code(number) for number in range(1, people.SUSPENDED - 1)}
    mandates = {(mandate.trader_code, mandate.broker_code) for mandate in people.mandates()}
    for sample in SAMPLES:
        assert sample.trader_code in traders
        assert sample.sender == sample.trader_code or (sample.trader_code, sample.sender) in mandates
    assert any(sample.sender != sample.trader_code for sample in SAMPLES)


def test_choosing_them_again_gives_the_same_messages(tmp_path: Path) -> None:
    folder = os.environ.get("HAIDANG_TEST_DATA")
    path = Path(folder or ".") / "declarations-kr-synthetic" / "declarations-dev70.csv.gz"
    if not folder or not path.is_file():
        pytest.skip("HAIDANG_TEST_DATA has no declarations-kr-synthetic/declarations-dev70.csv.gz")
    assert main([str(path), str(tmp_path)]) == 0
    assert (tmp_path / SHIPPED_INDEX).read_bytes() == (demo_folder() / SHIPPED_INDEX).read_bytes()
    ours, again = (gzip.decompress((folder / SHIPPED).read_bytes()) for folder in (demo_folder(), tmp_path))
    assert ours == again


def test_the_command_says_how_it_is_used() -> None:
    assert main([]) == 2
