"""The messages of the bench are declarations that the pass registers: nothing to find fault with, every tax computed, no two alike."""

from functools import cache

from haidang.declarations.rules import check
from haidang.gateway.messages.envelope import Lodgement, decode_lodgement
from haidang.reference.lookups import codes_from_files, exchange_rates_from_file, lawbook_folder
from haidang.site.bench.messages import DAY, SENDERS, Composer, Goods, ordinary_goods
from haidang.tariff.lookups import tariff_from_files
from haidang.taxes.rules import assess

SEED = 11
EACH = 40


@cache
def goods() -> list[Goods]:
    return ordinary_goods()


def decoded(lines: int, series: str = "A") -> list[Lodgement]:
    composer = Composer(goods(), lines, SEED, series)
    found = [decode_lodgement(composer.message(ordinal)[1]) for ordinal in range(EACH)]
    assert all(isinstance(each, Lodgement) for each in found), found
    return found  # type: ignore[return-value]


def rates_e4() -> dict[str, int]:
    rates = exchange_rates_from_file(lawbook_folder() / "exchange_rates_sample.csv")
    return {rate.currency_code: rate.rate_e4 for rate in rates} | {"VND": 10_000}


def test_thousands_of_codes_are_ordinary_cargo() -> None:
    assert len(goods()) > 4_000
    assert len({each.commodity_code for each in goods()}) == len(goods())


def test_no_rule_finds_fault_with_a_message() -> None:
    codes, tariff = codes_from_files(lawbook_folder(), DAY), tariff_from_files(lawbook_folder(), DAY)
    for lines in (1, 5, 50):
        for lodgement in decoded(lines):
            assert check(lodgement.declaration, codes, tariff.entries, DAY) == ()


def test_every_tax_of_a_message_can_be_computed() -> None:
    tariff = tariff_from_files(lawbook_folder(), DAY)
    for lodgement in decoded(5):
        assessed = assess(lodgement.declaration, tariff, rates_e4())
        assert not assessed.findings and not assessed.missing
        assert assessed.payable_vnd > 0


def test_a_message_has_as_many_lines_as_asked_and_is_sent_by_its_trader() -> None:
    for lodgement in decoded(50):
        assert len(lodgement.declaration.items) == 50
        assert lodgement.sender == lodgement.declaration.trader_code


def test_messages_come_from_at_least_two_hundred_senders_in_turn() -> None:
    composer = Composer(goods(), 1, SEED, "A")
    assert len({composer.message(ordinal)[0] for ordinal in range(SENDERS)}) == SENDERS >= 200


def test_no_two_messages_are_alike() -> None:
    both = decoded(5) + decoded(5, "B")
    assert len({each.message_id for each in both}) == 2 * EACH
    assert len({tuple(each.declaration.items) for each in both}) == 2 * EACH


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    one, same, other = (Composer(goods(), 5, seed, "A").message(0) for seed in (SEED, SEED, SEED + 1))
    assert one == same != other
