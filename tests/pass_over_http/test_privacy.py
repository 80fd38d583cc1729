"""Who may read what: one's own, one's principals', customs all; and what is not one's own looks exactly like nothing."""

from haidang.site.demo import people
from tests.pass_over_http.asking import DECLARATIONS

BROKER = people.broker_code(1)
ITS = next(n for n in range(1, 280) if people.broker_of(n) == BROKER)
NOT_ITS = next(n for n in range(1, 280) if people.broker_of(n) not in ("", BROKER))
A, B = people.trader_code(31), people.trader_code(32)


def numbers(reply):
    assert reply.status == 200
    return [each["declaration_no"] for each in reply.json["declarations"]]


def without_date(reply):
    return reply.status, [header for header in reply.headers if header[0] != "date"], reply.body


def test_one_reads_ones_own_declaration_with_every_tax_traced(asker):
    lodged = asker.lodge(31).json
    seen = asker.see(A, lodged["declaration_no"]).json
    assert seen["trader_code"] == A and seen["taxes"] | lodged["taxes"] == seen["taxes"]
    assert seen["channel"] == lodged["channel"] and seen["payable_vnd"] == lodged["payable_vnd"]
    assert sum(tax["amount_vnd_e4"] for tax in seen["lines"]) > 0
    assert asker.see(A, lodged["declaration_no"][:11]).body == asker.see(A, lodged["declaration_no"]).body


def test_what_is_anothers_and_what_is_nobodys_are_answered_byte_for_byte_the_same(asker):
    lodged = asker.lodge(31).json["declaration_no"]
    saved = asker.draft(31).json["draft_no"]
    others = [asker.see(B, number) for number in (lodged, saved)]
    nobodys = [asker.see(B, number) for number in ("199999999990", "399999999990", lodged[:8] + "9990", "x")]
    assert asker.see(A, lodged).status == 200
    assert {str(without_date(reply)) for reply in (*others, *nobodys)} == {str(without_date(nobodys[0]))}
    assert nobodys[0].status == 404


def test_neither_a_bank_nor_a_port_nor_a_ministry_reads_a_traders_declaration(asker):
    lodged = asker.lodge(31).json["declaration_no"]
    assert {asker.see(code, lodged).status for code in ("NGANHANGM01", "CANGMAU01", "BCT")} == {404}
    assert {tuple(numbers(asker.list(code))) for code in ("NGANHANGM01", "CANGMAU01", "BCT")} == {()}


def test_customs_reads_every_declaration(asker):
    lodged = asker.lodge(31).json["declaration_no"]
    assert asker.see("03CC", lodged).json["trader_code"] == A


def test_a_broker_reads_and_lodges_for_those_who_gave_it_a_mandate_and_for_no_other(asker):
    its = asker.lodge(ITS).json["declaration_no"]
    brokered = asker.lodge_as(BROKER, ITS)
    assert brokered.status == 201
    not_its = asker.lodge(NOT_ITS).json["declaration_no"]
    refused = asker.lodge_as(BROKER, NOT_ITS)
    assert refused.status == 422 and refused.json["findings"][0]["code"] == "HD-NO-MANDATE"
    assert asker.see(BROKER, its).status == 200 and asker.see(BROKER, not_its).status == 404
    assert {its, brokered.json["declaration_no"]} <= set(numbers(asker.list(BROKER)))
    assert not_its not in numbers(asker.list(BROKER))
    assert asker.see(people.trader_code(ITS), brokered.json["declaration_no"]).status == 200


def test_a_list_holds_ones_own_newest_first_page_by_page(asker):
    code = people.trader_code(33)
    lodged = [asker.lodge(33).json["declaration_no"] for _ in range(53)]
    first = asker.list(code)
    second = asker.list(code, first.json["next_cursor"])
    assert len(numbers(first)) == 50
    assert numbers(first) + numbers(second) == lodged[::-1]
    assert second.json["next_cursor"] is None


def test_unchanged_is_said_in_a_word_and_changed_is_told(asker):
    lodged = asker.lodge(31).json
    first = asker.see(A, lodged["declaration_no"])
    tag = first.header("etag")
    same = asker.see(A, lodged["declaration_no"], **{"if-none-match": tag})
    assert (same.status, same.body, same.header("etag")) == (304, b"", tag)
    assert asker.see(A, lodged["declaration_no"], **{"if-none-match": '"other"'}).body == first.body
    assert asker.pay(lodged, 31).status == 200
    changed = asker.see(A, lodged["declaration_no"], **{"if-none-match": tag})
    assert changed.status == 200 and changed.header("etag") != tag
    assert asker.see(B, lodged["declaration_no"], **{"if-none-match": tag}).status == 404


def test_the_connections_of_a_lane_keep_nothing_of_whom_they_served_before(asker):
    """The same few database connections serve everybody: alternate between two traders often enough to meet each."""
    mine = {code: asker.lodge(trader).json["declaration_no"] for code, trader in ((A, 31), (B, 32))}
    for _ in range(10):
        for code, other in ((A, B), (B, A)):
            assert asker.see(code, mine[code]).status == 200
            assert asker.see(code, mine[other]).status == 404
            assert mine[code] in numbers(asker.list(code)) and mine[other] not in numbers(asker.list(code))


def test_no_address_lists_without_a_token(asker):
    assert asker.ask("GET", DECLARATIONS).status == 401
