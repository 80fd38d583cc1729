"""Rules of the particulars and of the kinds: one broken and one kept example each (`rule_examples.yaml`), and every field of the table."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from haidang.declarations.rules import check
from haidang.declarations.rules.fields import Field, fields, group
from haidang.declarations.rules.kinds import ACCEPTED_KINDS, EXPORT_KINDS
from haidang.declarations.rules.particulars import SPLIT_SETS
from haidang.declarations.rules.wording import wordings
from haidang.declarations.terms import Declaration, Instruction, Transit
from haidang.declarations.tests import build
from haidang.declarations.tests.codes import DAY, TARIFF_CODES, codes_of_day
from haidang.declarations.tests.test_completeness import pointer_of, with_field
from haidang.kernel.findings import Finding
from haidang.reference.terms import CodesOfDay
from haidang.taxes.terms import TaxRelief

EXAMPLES = yaml.safe_load((Path(__file__).parent / "rule_examples.yaml").read_text(encoding="utf-8"))
KINDS = codes_of_day().lists["declaration_kind"]
RARE = [field for field in fields() if field.rare and field.type != "G"]
MEMBERS = {"transits": Transit, "tax_reliefs": TaxRelief}


def taking_sets() -> CodesOfDay:
    """Return the law book of a day on which shipments may be declared as split sets."""
    codes = codes_of_day()
    switch = msgspec.structs.replace(codes.parameters[SPLIT_SETS], value=1)
    return msgspec.structs.replace(codes, parameters={**codes.parameters, SPLIT_SETS: switch})


def findings(declared: Declaration) -> tuple[Finding, ...]:
    return check(declared, taking_sets(), TARIFF_CODES, DAY)


@pytest.mark.parametrize(
    "said",
    [
        {"first_declaration_no": "F"},
        {"branch_no": 2},
        {"branch_count": 2},
        {"first_declaration_no": "10123456789", "branch_no": 2, "branch_count": 2},
    ],
)
def test_a_branch_of_a_split_set_is_told_that_one_declaration_suffices(said: dict[str, Any]) -> None:
    (told,) = check(build.declaration(**said), codes_of_day(), TARIFF_CODES, DAY)
    assert told.code == "HD-ONE-DECLARATION" and "5,000" in told.text_en and "5.000" in told.text_vi


def test_a_law_book_that_says_nothing_of_sets_takes_them_so_that_what_was_registered_stays_right() -> None:
    codes = codes_of_day()
    older = {name: each for name, each in codes.parameters.items() if name != SPLIT_SETS}
    declared = build.declaration(first_declaration_no="F", branch_no=1, branch_count=2)
    assert check(declared, msgspec.structs.replace(codes, parameters=older), TARIFF_CODES, DAY) == ()


def declared_in(example: dict[str, Any], which: str) -> Declaration:
    """Return a valid declaration with the changes of an example; the first line takes the changes of the item, the others those of the pair."""
    told = example[which]
    header = {name: _value(name, value) for name, value in told.get("header", {}).items()}
    item = {name: _value(name, value) for name, value in told.get("item", {}).items()}
    every = {name: item[name] for name in ("temporary_line_no",) if name in item}
    make_item = build.export_item if example.get("export") else build.goods_item
    items = tuple(make_item(number, **(item if number == 1 else every)) for number in (1, 2, 3))
    make = build.export_declaration if example.get("export") else build.declaration
    return make(items=items, **header)


def _value(name: str, value: Any) -> Any:
    if name in MEMBERS:
        return tuple(MEMBERS[name](*each) for each in value)
    return tuple(value) if isinstance(value, list) else value


def of_kind(kind_code: str) -> Declaration:
    """Return a complete declaration of a kind: what its row of the law book asks for, and no more."""
    asks = KINDS[kind_code].attributes
    earlier = asks["needs_earlier_declaration"] == "yes"
    header: dict[str, Any] = {"kind_code": kind_code}
    if earlier:
        header["temporary_declaration_no"] = "10123456789"
    if asks["temporary"] == "yes":
        header["return_due_on"] = DAY.replace(month=9)
    is_export = kind_code in EXPORT_KINDS
    make_item = build.export_item if is_export else build.goods_item
    line = {"temporary_line_no": 1} if earlier else {}
    items = tuple(make_item(number, **line) for number in (1, 2, 3))
    return (build.export_declaration if is_export else build.declaration)(items=items, **header)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["code"])
def test_a_broken_rule_is_told_at_its_place(example: dict[str, Any]) -> None:
    told = [each for each in findings(declared_in(example, "broken")) if each.code == example["code"]]
    assert told[0].pointer == f"/declaration/{example['at']}"
    assert told[0].text_vi and told[0].text_en and told[0].repair_vi and told[0].repair_en
    assert told[0].law and told[0].wco_pointer.startswith("Declaration/")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["code"])
def test_a_kept_rule_leaves_no_finding_at_all(example: dict[str, Any]) -> None:
    assert findings(declared_in(example, "kept")) == ()


@pytest.mark.parametrize("kind_code", sorted(ACCEPTED_KINDS))
def test_each_kind_is_complete_with_what_its_row_asks_for(kind_code: str) -> None:
    assert findings(of_kind(kind_code)) == ()


@pytest.mark.parametrize("kind_code", sorted(ACCEPTED_KINDS))
def test_each_kind_is_told_what_it_lacks_and_what_it_may_not_have(kind_code: str) -> None:
    asks = KINDS[kind_code].attributes
    plain = msgspec.structs.replace(of_kind(kind_code), particulars=build.declaration().particulars)
    codes = {finding.code for finding in findings(plain)}
    assert ("R1000" in codes) == (asks["needs_earlier_declaration"] == "yes")
    assert ("R1003" in codes) == (asks["temporary"] == "yes")
    laden = of_kind(kind_code).particulars
    laden = msgspec.structs.replace(
        laden, temporary_declaration_no="10123456789", return_due_on=DAY, transport_start_on=DAY
    )
    codes = {finding.code for finding in findings(msgspec.structs.replace(plain, particulars=laden))}
    assert ("R1001" in codes) == (asks["needs_earlier_declaration"] == "no")
    assert ("R1002" in codes) == (asks["temporary"] == "no")
    assert ("R1058" in codes) == (asks["combined_transport"] == "no")


def test_a_kind_that_the_law_book_of_the_day_does_not_tax_is_refused() -> None:
    codes = codes_of_day()
    untold = {
        code: msgspec.structs.replace(
            value, attributes={name: text for name, text in value.attributes.items() if name != "taxed"}
        )
        for code, value in codes.lists["declaration_kind"].items()
    }
    older = msgspec.structs.replace(codes, lists={**codes.lists, "declaration_kind": untold})
    assert [each.code for each in check(of_kind("E21"), older, TARIFF_CODES, DAY)] == ["HD-KIND"]
    assert check(build.declaration(), older, TARIFF_CODES, DAY) == ()


@pytest.mark.parametrize("field", RARE, ids=lambda field: f"{field.group}-{field.name}")
def test_a_rare_field_takes_a_right_value(field: Field) -> None:
    if field.need_import in ("X", "O") or (field.need_export in ("X", "O") and not field.vnaccs_import):
        assert {each.code for each in findings(with_field(field, _right(field)))} >= {
            "HD-NOT-USED" if field.need_import == "X" else "HD-CUSTOMS-ONLY"
        }
        return
    is_export = not field.vnaccs_import
    told = [each for each in findings(with_field(field, _right(field), is_export)) if each.pointer == pointer_of(field)]
    assert {each.code for each in told} <= TOGETHER_WITH_OTHERS


def _right(field: Field) -> Any:
    if field.code_list and not field.values:
        return next(iter(codes_of_day().lists[field.code_list]))
    if field.values:
        value: Any = field.values[0]
    else:
        value = {"I": 1, "D": DAY, "B": True, "F": 1, "N": "10123456789"}.get(field.type, "A" * field.width)
    return (value,) if field.repeat > 1 else value


TOGETHER_WITH_OTHERS = {
    *("R1001", "R1002", "R1025", "R1026", "R1031", "R1032", "R1033", "R1058", "R1059", "R1060", "R1092", "R1093", "R1094"),
    *("R1008", "R1077", "R1078", "HD-FIRST-NO", "HD-E-INVOICE"),
}  # fmt: skip
"""What a field that belongs to a set, or to a kind, is told when it stands alone in plain trade."""


def test_instructions_of_customs_are_not_the_declarants_to_write() -> None:
    written = with_field(group("header")["instructions"], (Instruction(DAY, "A", "B"),))
    assert {(each.code, each.pointer) for each in findings(written)} == {
        ("HD-CUSTOMS-ONLY", "/declaration/instructions")
    }


def test_each_code_of_vnaccs_names_the_procedures_in_which_it_means_this() -> None:
    for code, wording in wordings().items():
        assert bool(wording.procedures) != code.startswith("HD-"), code
        assert set(wording.procedures.split()) <= {"IDA", "EDA", "IDC", "EDC"}
