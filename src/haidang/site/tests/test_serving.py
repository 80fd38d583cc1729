"""`haidang serve` as a process: it starts what is needed, restarts what dies, stops all in order; and messages sent to it by command."""

import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.declarations.tests import build
from haidang.gateway.messages import wco_writing
from haidang.gateway.messages.declaration import encode_declaration
from haidang.gateway.tests.printed import text_of
from haidang.gateway.tests.test_sheets import filled
from haidang.kernel.calendar import month_after, registered_month
from haidang.platform.db import Servers
from haidang.site import setting_up
from haidang.site.cli.output import vnd
from haidang.site.demo import people
from haidang.site.serving import answers
from haidang.site.tests.conftest import Home, home_on
from tests.passing.parcels import parcel
from tests.passing.rig import declared

pytestmark = pytest.mark.processes

PATIENCE_S = 90.0


class Serving:
    """A `haidang serve` that takes messages."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.process = home.start("serve", "--json")
        self.facts = json.loads(self._document())

    def _document(self) -> str:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.rstrip() == "}":
                return "".join(lines)
        raise AssertionError(self.process.communicate()[1])

    def children(self) -> dict[str, int]:
        """Return the programs under it by name, with their process ids."""
        found = {}
        for path in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            command = Path(f"/proc/{path}/cmdline").read_bytes().split(b"\0")
            if len(command) > 1:  # one that has ended and was not waited for yet has none
                found[command[-3].decode().rpartition(".")[2]] = int(path)
        return found

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


def until(condition: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture(scope="module")
def serving(cluster: Any, module_folder: Path) -> Iterator[Serving]:
    cluster.ensure_country()
    database = cluster.make(template="template_country")
    made = Serving(home_on(database, module_folder / "home"))
    yield made
    assert made.stop() == 0
    cluster.drop(database)


def test_the_lanes_answer_and_the_rest_runs(serving: Serving) -> None:
    config = serving.home.config
    assert serving.facts["trial"] is True
    assert answers(config.port_general)
    assert answers(config.port_parcels)
    assert answers(config.port_conditions)
    assert set(serving.children()) == {"general", "parcels", "conditions", "pages", "relay", "working"}


def test_partitions_are_there_three_legal_months_ahead(serving: Serving) -> None:
    with Servers(serving.home.config).connect("auditor") as connection:
        now = registered_month(setting_up.legal_now(connection))
        found = {
            name for (name,) in connection.execute("SELECT relname FROM pg_class WHERE relname LIKE 'declaration\\_2%'")
        }
    assert {f"declaration_{month_after(now, ahead)}" for ahead in range(4)} <= found


def test_a_second_serve_of_the_same_home_is_refused(serving: Serving) -> None:
    ran = serving.home.haidang("serve", "--json")
    assert (ran.status, ran.json["code"]) == (1, "ALREADY_SERVED")


def test_a_port_that_another_program_uses_is_told_before_anything_is_started(serving: Serving, tmp_path: Path) -> None:
    other = Home({"HAIDANG_HOME": str(tmp_path / "other")})
    other.environment["HAIDANG_PORT_GENERAL"] = serving.home.environment["HAIDANG_PORT_GENERAL"]
    ran = other.haidang("serve", "--json")
    assert (ran.status, ran.json["code"]) == (1, "ALREADY_SERVED")
    assert not (tmp_path / "other" / "postgres").exists()


def test_a_declaration_file_is_lodged_once_however_often_it_is_sent(serving: Serving, tmp_path: Path) -> None:
    file = tmp_path / "declarations.jsonl"
    both = [encode_declaration(declared(trader=trader, trader_reference="file")) for trader in (3, 4)]
    file.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in both))
    first = serving.home.haidang("lodge", str(file), "--json")
    assert first.status == 0, first.err
    assert [each["status"] for each in first.json] == [201, 201]
    again = serving.home.haidang("lodge", "-", "--json", stdin=file.read_text())
    assert [each["declaration_no"] for each in again.json] == [each["declaration_no"] for each in first.json]
    shown = serving.home.haidang("lodge", str(file))
    assert first.json[0]["declaration_no"] in shown.out


def test_a_declaration_with_findings_ends_with_1_and_says_what_to_do(serving: Serving, tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(encode_declaration(declared(trader=5, customs_office_code="ZZZZ")), indent=1))
    ran = serving.home.haidang("lodge", str(file))
    assert ran.status == 1
    assert "/declaration/customs_office_code" in ran.out


def test_the_state_of_a_declaration_is_shown_with_its_owners(serving: Serving, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_bytes(build.message(declared(trader=6), message_id="whole-message", sender=people.trader_code(6)))
    (lodged,) = serving.home.haidang("lodge", str(file), "--json").json
    assert lodged["message_id"] == "whole-message"
    asked = serving.home.haidang("status", lodged["declaration_no"], "--json")
    assert asked.json["trader_code"] == people.trader_code(6)
    assert "tax" in serving.home.haidang("status", lodged["declaration_no"]).out
    own = serving.home.haidang("status", lodged["declaration_no"], "--as", people.trader_code(6), "--json")
    assert own.json == asked.json
    other = serving.home.haidang("status", lodged["declaration_no"], "--as", people.trader_code(7))
    assert other.status == 1


def test_release_is_asked_for_and_storage_of_goods_that_await_no_result_is_refused(
    serving: Serving, tmp_path: Path
) -> None:
    haidang, code, file = serving.home.haidang, people.trader_code(11), tmp_path / "one.json"
    file.write_bytes(build.message(declared(trader=11), message_id="to-be-released", sender=code))
    (lodged,) = haidang("lodge", str(file), "--json").json
    said = ("--reason", "chờ kết quả", "--as", code, "--json")
    asked = haidang("release", lodged["declaration_no"], "--code", "B", *said)
    assert asked.status == 0 and asked.json["act"] == "request_release", asked.err
    assert haidang("release", lodged["declaration_no"], "--code", "B", *said).json == asked.json
    refused = haidang("store", lodged["declaration_no"], "--place", "03CCS03", *said)
    assert refused.status == 1 and refused.json["error"]


def test_what_was_served_is_listed_and_its_proof_printed(serving: Serving, tmp_path: Path) -> None:
    file, trader = tmp_path / "one.json", people.trader_code(9)
    file.write_bytes(build.message(declared(trader=9), message_id="served-message", sender=trader))
    (lodged,) = serving.home.haidang("lodge", str(file), "--json").json
    number = lodged["declaration_no"]
    seen = serving.home.haidang("served", number, "--json").json["served"]
    assert [each["act"] for each in seen] == ["LODGE"] and "opened_at" not in seen[0]
    proof = serving.home.haidang("served", seen[0]["service_no"], "--as", trader)
    assert proof.status == 0 and "phân luồng" in proof.out
    assert "opened_at" in serving.home.haidang("served", number, "--json").json["served"][0]
    paper = tmp_path / "proof.pdf"
    written = serving.home.haidang("served", seen[0]["service_no"], "--pdf", str(paper), "--as", trader, "--json")
    assert written.status == 0 and "Kết quả đăng ký và phân luồng" in text_of(paper.read_bytes())
    assert serving.home.haidang("served", number, "--pdf", str(paper)).status == 2
    assert serving.home.haidang("served", "10000000001-x").status == 2
    assert serving.home.haidang("served", seen[0]["service_no"], "--as", people.trader_code(7)).status == 1


def test_a_declaration_is_amended_shown_with_its_history_and_cancelled(serving: Serving, tmp_path: Path) -> None:
    trader = people.trader_code(8)
    file, again = tmp_path / "one.json", tmp_path / "again.json"
    file.write_bytes(build.message(declared(trader=8), message_id="to-be-amended", sender=trader))
    again.write_bytes(build.message(declared(trader=8, package_count=43), message_id="x", sender=trader))
    (lodged,) = serving.home.haidang("lodge", str(file), "--json").json
    number = lodged["declaration_no"]
    amended = serving.home.haidang("amend", number, str(again), "--reason", "khai nhầm", "--json")
    assert amended.status == 0 and amended.json["declaration_no"] == number[:11] + "1"
    assert serving.home.haidang("amend", number, str(again), "--reason", "khai nhầm", "--json").json == amended.json
    history = serving.home.haidang("status", number, "--history")
    assert history.status == 0 and "khai nhầm" in history.out and "43" in history.out
    wrong = serving.home.haidang("cancel", number, "--case", "none", "--reason", "khai trùng", "--as", trader)
    assert wrong.status == 1 and "registered_twice" in wrong.out + wrong.err
    asked = serving.home.haidang(
        "cancel",
        amended.json["declaration_no"],
        "--case",
        "registered_twice",
        "--reason",
        "khai trùng",
        "--as",
        trader,
        "--json",
    )
    assert asked.status == 0 and "cancellation" in json.dumps(asked.json)


def test_a_declaration_is_lodged_incomplete_and_supplemented(serving: Serving, tmp_path: Path) -> None:
    trader = people.trader_code(50)
    file, complete = tmp_path / "incomplete.json", tmp_path / "complete.json"
    known = declared(trader=50, incomplete_code="P", gross_mass_g=None, invoice_no="")
    file.write_bytes(build.message(known, message_id="to-be-supplemented", sender=trader))
    complete.write_bytes(build.message(declared(trader=50), message_id="x", sender=trader))
    (lodged,) = serving.home.haidang("lodge", str(file), "--json").json
    assert "supplement" in {each["kind"] for each in lodged["open_conditions"]}
    cut = tmp_path / "set.csv"
    assert serving.home.haidang("print", lodged["declaration_no"], str(cut), "--split").status == 0
    assert cut.read_text(encoding="utf-8-sig").startswith("branch,")
    assert serving.home.haidang("print", lodged["declaration_no"], str(tmp_path / "set.doc"), "--split").status == 2
    told = serving.home.haidang("supplement", lodged["declaration_no"], str(complete))
    assert told.status == 0 and "đúng hạn" in told.out
    again = serving.home.haidang("supplement", lodged["declaration_no"], str(complete), "--json")
    assert again.status == 0 and not again.json["late"], "the same supplement again is answered the same"


def test_a_file_is_given_once_and_attached_to_a_declaration(serving: Serving, tmp_path: Path) -> None:
    trader, haidang = people.trader_code(51), serving.home.haidang
    file, invoice = tmp_path / "one.json", tmp_path / "hoa-don.csv"
    file.write_bytes(build.message(declared(trader=51), message_id="to-be-attached", sender=trader))
    invoice.write_text("stt,hàng\n1,quạt\n")
    (lodged,) = haidang("lodge", str(file), "--json").json
    given = ("attach", str(invoice), "--type", "packing_list", "--field", "package_count=12", "--as", trader)
    first = haidang(*given, "--json")
    assert first.status == 0 and first.json["fields"] == {"package_count": 12}, first.err
    attached = haidang(*given, "--to", lodged["declaration_no"], "--json")
    assert attached.status == 0 and attached.json["document_no"] == first.json["document_no"]
    assert attached.json["attached_to"] == [lodged["declaration_no"]]
    seen = haidang("status", lodged["declaration_no"], "--json").json["documents"]
    assert seen == [{"document_no": first.json["document_no"], "journal_seq": 2}]
    assert first.json["sha256"] in haidang(*given).out
    (tmp_path / "run.exe").write_bytes(b"MZ" + bytes(99))
    refused = haidang("attach", str(tmp_path / "run.exe"), "--type", "other", "--field", "title=x", "--as", trader)
    assert refused.status == 1 and "PDF" in refused.out + refused.err
    assert haidang("attach", str(invoice), "--type", "letter", "--as", trader).status == 2


def test_a_cleared_declaration_is_amended_and_accepted_by_an_officer(serving: Serving, tmp_path: Path) -> None:
    trader, haidang = people.trader_code(50), serving.home.haidang
    file, again = tmp_path / "one.json", tmp_path / "again.json"
    later = {"trader": 50, "payment_timing_code": "C"}
    again.write_bytes(build.message(declared(**later, package_count=43), message_id="x", sender=trader))
    crowd = [build.message(declared(**later), message_id=f"soon-cleared-{count}", sender=trader) for count in range(30)]
    file.write_bytes(b"[" + b",".join(crowd) + b"]")
    number = next(each["declaration_no"] for each in haidang("lodge", str(file), "--json").json if each["cleared"])
    assert haidang("amend", number, str(again), "--json").status == 1, "a reason is needed"
    asked = haidang("amend", number, str(again), "--reason", "đếm lại", "--json")
    assert asked.status == 0 and asked.json["outcome"] == "asked", asked.err
    said = (
        "--kind",
        "amendment",
        "--outcome",
        "accepted",
        "--as",
        people.officer_code("03CC", "head_of_unit"),
        "--json",
    )
    done = haidang("decide", number, asked.json["register_no"], *said)
    assert done.status == 0 and done.json["state"] == "amended" and done.json["declaration_no"] == number[:11] + "1"
    assert "đếm lại" in haidang("status", number, "--history").out
    seen = haidang("status", number, "--as", trader, "--json").json
    assert [each["accepted"] for each in seen["revisions"]] == [True]
    assess = ("--ground", "other", "--reason", "đếm lại", "--as", people.officer_code("03CC", "document_officer"))
    file.write_bytes(build.message(declared(**later, package_count=44), message_id="y", sender=trader))
    proposed = haidang("assess", number[:11], str(file), *assess, "--json")
    assert proposed.status == 0 and proposed.json["kind"] == "assessment", proposed.err
    assert len(haidang("status", number, "--as", trader, "--json").json["revisions"]) == 1, (
        "not the trader's to see yet"
    )


def test_a_list_of_parcels_is_lodged_from_a_file_and_each_parcel_is_shown(serving: Serving, tmp_path: Path) -> None:
    operator = people.trader_code(9)
    file = tmp_path / "parcels.json"
    body = {
        "message_id": "parcels-by-file", "sender": operator, "procedure": "MIC", "operator_code": operator, "customs_office_code": "03CC",
        "transport_document_no": "MAWB-1", "parcels": [parcel(1), parcel(2, permit_needed=True), parcel(3)],
    }  # fmt: skip
    file.write_text(json.dumps(body, ensure_ascii=False))
    shown = serving.home.haidang("lodge", str(file))
    assert shown.status == 0, shown.err
    assert "2/3" in shown.out and "HAWB-0002" in shown.out and "HD-PARCEL-PERMIT" in shown.out
    (lodged,) = serving.home.haidang("lodge", str(file), "--json").json
    one = serving.home.haidang("status", lodged["parcels"][2]["parcel_no"])
    assert one.status == 0 and "HAWB-0003" in one.out and vnd(850_000) in one.out
    whole = serving.home.haidang("status", lodged["list_no"], "--as", operator)
    assert whole.status == 0 and "2 / 3" in whole.out
    assert serving.home.haidang("status", lodged["list_no"], "--as", people.trader_code(10)).status == 1
    wanted = parcel(3, customs_value_vnd=900_000) | {"parcel_no": lodged["parcels"][2]["parcel_no"]}
    common = {"sender": operator, "list_no": lodged["list_no"], "reason": "khai nhầm"}
    amends = {**common, "message_id": "parcels-amended", "procedure": "MIE", "amended_parcels": [wanted, wanted]}
    cancels = {
        **common, "message_id": "parcels-cancelled", "procedure": "PARCEL_CANCEL", "case": "registered_twice",
        "parcel_nos": [lodged["parcels"][0]["parcel_no"]],
    }  # fmt: skip
    file.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in (amends, cancels)))
    shown = serving.home.haidang("lodge", str(file))
    assert shown.status == 0 and "1/2" in shown.out and "HD-PARCEL-TWICE" in shown.out, shown.err
    one = serving.home.haidang("status", lodged["parcels"][2]["parcel_no"])
    assert "900000" in one.out and "khai nhầm" in one.out


def test_xml_of_the_wco_data_model_is_lodged_from_a_file(serving: Serving, tmp_path: Path) -> None:
    trader = people.trader_code(9)
    file = tmp_path / "one.xml"
    file.write_bytes(wco_writing.write("from-xml", trader, encode_declaration(declared(trader=9))))
    (lodged,) = serving.home.haidang("lodge", str(file), "--json").json
    assert lodged["message_id"] == "from-xml" and lodged["declaration_no"]
    file.write_bytes(b"<not-a-declaration/>")
    refused = serving.home.haidang("lodge", str(file))
    assert refused.status == 2 and "Declaration" in refused.err


def test_a_workbook_is_lodged_and_comes_back_marked_and_the_declaration_is_printed(
    serving: Serving, tmp_path: Path
) -> None:
    file, form = tmp_path / "one.xlsx", tmp_path / "one.pdf"
    declaration = build.wire(declared(trader=11, notes="từ sổ tính"))
    file.write_bytes(filled(declaration))
    (lodged,) = serving.home.haidang("lodge", str(file), "--json").json
    number, trader = lodged["declaration_no"], people.trader_code(11)
    assert serving.home.haidang("lodge", str(file), "--json").json[0]["declaration_no"] == number
    printed = serving.home.haidang("print", number, str(form), "--as", trader, "--json")
    assert printed.status == 0 and form.read_bytes().startswith(b"%PDF-")
    told = serving.home.haidang("status", number, "--xml", "--as", trader)
    assert told.out.startswith("<?xml") and "từ sổ tính" in told.out
    assert serving.home.haidang("status", number, "--xml", "--as", people.trader_code(12)).status == 1
    file.write_bytes(filled({**declaration, "customs_office_code": "ZZZZ"}))
    refused = serving.home.haidang("lodge", str(file))
    assert refused.status == 1 and "one.findings.xlsx" in refused.err.replace("\n", "")
    assert (tmp_path / "one.findings.xlsx").exists()


def test_a_party_sees_its_deliveries_by_command(serving: Serving) -> None:
    code = people.trader_code(13)
    assert serving.home.haidang("user", "deliveries", code, "--json").json == {"deliveries": [], "next_cursor": None}
    assert serving.home.haidang("user", "deliveries", code, "--cursor", "x").status == 2
    none = serving.home.haidang("user", "retry", code, "0198a000-0000-7000-8000-000000000000")
    assert none.status == 1 and "haidang user deliveries" in none.err.replace("\n", " ")


def test_what_was_lodged_is_without_violations(serving: Serving) -> None:
    ran = serving.home.haidang("verify", "--json")
    assert ran.json["rows"] == []
    assert ran.status == 0


@pytest.mark.torture
def test_a_file_of_korean_rows_is_mapped_and_lodged(serving: Serving, tmp_path: Path) -> None:
    columns = (
        *("row_id", "Importer ID", "Seller ID", "Office ID", "Mode of Transport", "Payment Type", "HS6 Code"),
        *("Country of Departure", "Country of Origin", "Tax Type", "Net Mass", "Item Price"),
    )
    rows = [
        (str(n), f"I{n // 2}", "S1", "20", "10", "11", "392690", "JP", "JP", "A", "120.5", "3500000") for n in range(6)
    ]
    file = tmp_path / "rows.csv.gz"
    with gzip.open(file, "wt") as text:
        text.writelines(",".join(row) + "\n" for row in [columns, *rows])
    ran = serving.home.haidang("load", str(file), "--json")
    assert ran.status == 0, ran.out + ran.err
    assert (ran.json["rows"], ran.json["declarations"], ran.json["answers"]) == (6, 3, {"201": 3})


@pytest.mark.torture
def test_a_lane_that_is_killed_is_started_again_and_nothing_of_it_is_left(serving: Serving) -> None:
    before = serving.children()["conditions"]
    worker = int(Path(f"/proc/{before}/task/{before}/children").read_text().split()[0])
    subprocess.run(["kill", "-9", str(before)], check=True)
    until(lambda: not is_alive(worker), "the worker of a killed lane lives on")
    until(lambda: serving.children().get("conditions", before) != before, "the lane was not restarted")
    until(lambda: answers(serving.home.config.port_conditions), "the restarted lane does not answer")


def test_a_child_whose_parent_ended_before_it_looked_ends_at_once(home: Home) -> None:
    for program in (("haidang.gateway.serving", "general"), ("haidang.gateway.relay",), ("haidang.site.working",)):
        ran = subprocess.run([sys.executable, "-m", *program, "1"], env=home.environment, timeout=PATIENCE_S)
        assert ran.returncode == -signal.SIGTERM


@pytest.mark.torture
def test_everything_ends_with_a_serve_that_is_killed(trial_home: Home) -> None:
    made = Serving(trial_home)
    children = made.children()
    workers = [
        int(pid) for lane in ("general", "conditions") for pid in Path(f"/proc/{children[lane]}/task/{children[lane]}/children").read_text().split()
    ]  # fmt: skip
    made.process.kill()
    made.process.communicate()
    until(lambda: not any(map(is_alive, [*children.values(), *workers])), "a process outlives its serve")
    again = Serving(trial_home)
    assert again.stop() == 0


@pytest.mark.torture
def test_a_message_under_way_is_answered_before_the_lanes_stop(trial_home: Home, tmp_path: Path) -> None:
    made = Serving(trial_home)
    file = tmp_path / "many.jsonl"
    file.write_text("\n".join(json.dumps(encode_declaration(declared(trader=n))) for n in range(1, 60)))
    sending = trial_home.start("lodge", str(file), "--json")
    with Servers(trial_home.config).connect("auditor") as connection:
        until(lambda: connection.execute("SELECT EXISTS (SELECT FROM inbox)").fetchone() == (True,), "nothing arrives")
    assert made.stop() == 0
    sending.kill()
    sending.communicate()
    assert trial_home.haidang("verify", "--json").json["rows"] == []


def test_an_unsafe_server_is_not_served(home: Home, cluster: Any) -> None:
    name = home.config.database_name()
    with cluster.admin() as connection:
        connection.execute(
            psycopg.sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(psycopg.sql.Identifier(name))
        )
    ran = home.haidang("serve")
    assert ran.status == 3
    assert "synchronous_commit" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.torture
def test_the_demo_lodges_its_samples_once_and_says_what_came_of_them(trial_home: Home) -> None:
    first = trial_home.haidang("demo")
    assert first.status == 0, first.out[-2000:] + first.err
    last = first.out.splitlines()[-1]
    assert last.startswith("lodged 300, answered 300, green ")
    again = trial_home.haidang("demo", "--json")
    assert again.status == 0
    facts = again.json
    said = f"green {facts['green']}, yellow {facts['yellow']}, red {facts['red']}, cleared {facts['cleared']}, p99 "
    assert last.startswith(f"lodged 300, answered 300, {said}")
    with Servers(trial_home.config).connect("auditor") as connection:
        assert connection.execute("SELECT count(*) FROM declaration_no").fetchone() == (300,)
        cleared = connection.execute("SELECT count(*) FROM declaration WHERE cleared_at IS NOT NULL").fetchone()
    assert cleared == (facts["cleared"],)
    assert trial_home.haidang("verify", "--json").json["rows"] == []


@pytest.mark.torture
def test_the_demo_makes_everything_from_nothing_and_leaves_nothing_running(public_folder: Any) -> None:
    folder = public_folder("haidang-demo-")
    try:
        home = Home({"HAIDANG_HOME": str(folder / "home")})
        assert home.haidang("demo").status == 0
        assert not list((folder / "home" / "postgres").resolve().glob("postmaster.pid"))
        assert home.haidang("db", "status", "--json").json[0]["declarations"] == 300
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
