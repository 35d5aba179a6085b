"""What a library tells is held against what the gateway sent to it, by its transcript: whatever gateway that is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.all import CHECKS
from harness.checks.check import Phase
from harness.gateways.simulator.answers import _ANSWERS
from harness.gateways.simulator.truth import load
from harness.results.answers import truth_sent
from harness.results.answers.agreement import agreed
from harness.run.reader_process import read
from harness.shared.evidence import Against, CellOutcome
from harness.shared.status import Status
from harness.wire.transcript import Chunk, LeftOut, Transcript
from harness.wire.transcript_words import in_words
from tests.checks.conftest import VERSIONS
from tests.rows import need_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from harness.gateways.simulator.client import Client
    from harness.gateways.simulator.truth import Truth
    from harness.run.reader_process import Unread
    from harness.shared.evidence import CheckRecord
    from harness.wire.message import Message
    from tests.checks.conftest import Leave
    from tests.rows import LibraryRow

pytestmark = pytest.mark.slow

TRUTH = load("paper")
HELD = tuple(
    check.name
    for check in CHECKS
    if check.heard is not None and check.ask is not None and check.scenario is None and check.phase <= Phase.CONNECTION
)
"""What can be asked of any gateway, and what its transcript tells of."""

DECODERS = ("ib_async==2.1.0", "ib_insync==0.9.86", "nautilus-ibapi==10.45.1")


def once(made: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Give what makes something of an object anew only if that is another object than the last."""
    last: list[tuple[Any, Any]] = []

    def remembered(of: Any) -> Any:
        if not last or last[0][0] is not of:
            last[:] = [(of, made(of))]
        return last[0][1]

    return remembered


@pytest.fixture(scope="module", autouse=True)
def each_transcript_read_once() -> Iterator[None]:
    """Say a transcript in words once, however many readings of it are played, and look for no causes in it.

    The words are the same, and so is what each side said; and what only a verdict needs changes no check.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.run.reader_process.in_words", once(in_words))
        patch.setattr("harness.results.answers.truth_sent._conversations", once(truth_sent._conversations))
        patch.setattr("harness.run.reader_process.facts_of", lambda *_: None)
        yield


def by_address(unread: Unread) -> Unread:
    """The same cell, at a gateway of which nobody knows the truth."""
    return replace(unread, truth=None)


def against(unread: Unread) -> dict[str, str]:
    """What the answers differ from, by check; only those that do."""
    return {check.name: check.detail["against"] for check in read(unread).checks if "against" in check.detail}


ZONES_SINCE, ZONELESS = 174, {"historical_bars", "kept_up_to_date_bars"}
"""Server version from which on the times of bars have their zone; before that nobody can tell their moments."""

UNSENT = {"streaming_quote"}
"""ib_async and ib_insync hold requests back above 45 a second, and keep what they know of a contract: where the quote
was asked once just before, it is complete before the request is sent."""


@pytest.mark.parametrize("gateway", VERSIONS)
def test_by_its_transcript_alone_the_same_is_found_as_by_the_truth(leave: Leave, row: LibraryRow, gateway: str) -> None:
    left = leave(HELD, row, gateway)
    passed = {check.name for check in left.checks if check.status is Status.PASS} & {"ready", *HELD}
    heard = read(by_address(left)).heard
    assert heard <= passed
    assert passed - heard <= (UNSENT | ZONELESS if (left.asked.server_version or 0) < ZONES_SINCE else UNSENT)
    wrong = against(left)
    assert set(wrong.values()) <= {Against.BOTH}
    assert against(by_address(left)) == dict.fromkeys(wrong, Against.WIRE)


@pytest.fixture(scope="module", params=DECODERS)
def left(request: pytest.FixtureRequest, leave: Leave) -> Unread:
    """What a cell left behind in which one library of each decoder was asked everything."""
    return leave(HELD, need_row(request.param))


def misread(unread: Unread, name: str, change: Callable[[dict[str, Any]], None]) -> Unread:
    """Play a library that reads one answer otherwise."""
    return replace(unread, checks=tuple(_changed(check, name, change) for check in unread.checks))


def _changed(check: CheckRecord, name: str, change: Callable[[dict[str, Any]], None]) -> CheckRecord:
    if check.name != name:
        return check
    detail = {
        key: [dict(row) for row in value] if _are_records(value) else value for key, value in check.detail.items()
    }
    change(detail)
    return replace(check, detail=detail)


def _are_records(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def misreadings(detail: Mapping[str, Any]) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield what a library may do to each part of an answer: alter, lose, repeat, invent, take from another record."""
    for key, value in detail.items():
        if not (_are_records(value) and value):
            yield lambda told, key=key: told.update({key: "something else"})  # type: ignore[misc]
            continue
        yield lambda told, key=key: told[key].pop()  # type: ignore[misc]
        yield lambda told, key=key: told[key].append({**told[key][0], **dict.fromkeys(told[key][0], 12345)})  # type: ignore[misc]
        for field in value[0]:
            yield lambda told, key=key, field=field: told[key][0].update({field: "something else"})  # type: ignore[misc]
            yield lambda told, key=key, field=field: told[key][0].pop(field)  # type: ignore[misc]


FREE = {
    "limit_order": {"statuses"},
    "modify_order": {"statuses"},
    "order_id_after_reconnect": {"used", "following", "gateway_goes_on"},
    "second_client": {"clocks"},
    "duplicate_client_id": {"refused"},
}
"""What is left to the library: the statuses of an order that it tells, its words; clocks are of two connections."""


@pytest.mark.parametrize("name", HELD)
def test_what_a_library_reads_wrongly_is_its_own_fault_on_any_gateway(left: Unread, name: str) -> None:
    right = next(check for check in left.checks if check.name == name)
    if right.status is not Status.PASS or name in against(left):
        pytest.skip(f"{name} does not pass with this library")
    alone = replace(left, checks=tuple(check for check in left.checks if check.name in {"ready", name}))
    if name not in read(by_address(alone)).heard:
        pytest.skip(f"{name} was complete before its request was sent, as a library may hold requests back")
    told = {key: value for key, value in right.detail.items() if key not in FREE.get(name, set())}
    for change in misreadings(told):
        wrong = misread(alone, name, change)
        assert against(wrong).get(name) == Against.BOTH, change
        assert against(by_address(wrong)).get(name) == Against.WIRE, change


@pytest.mark.parametrize("name", ["positions", "account_summary", "executions", "open_orders", "completed_orders"])
def test_a_record_that_a_library_tells_twice_is_its_own_fault(left: Unread, name: str) -> None:
    twice = misread(left, name, lambda told: told["records"].append(told["records"][0]))
    assert against(by_address(twice)).get(name) == Against.WIRE


def cut(transcript: Transcript) -> Transcript:
    """The same, of which nothing was kept from the first answer on."""
    hello, *rest = [entry for entry in transcript.entries if isinstance(entry, Chunk) and entry.sender == "gateway"]
    lost = LeftOut(at=rest[0].at, connection=hello.connection, sender=hello.sender, count=1)
    kept = [entry for entry in transcript.entries if entry not in rest]
    return replace(transcript, entries=tuple(sorted([*kept, lost], key=lambda entry: entry.at)))


@pytest.mark.parametrize("kept", ["none", "cut"])
def test_nothing_is_decided_by_what_was_not_kept(left: Unread, kept: str) -> None:
    assert left.transcript is not None
    unseen = replace(left, transcript=None if kept == "none" else cut(left.transcript))
    wrong = misread(unseen, "positions", lambda told: told["records"].pop())
    assert against(by_address(wrong)) == {}
    assert against(wrong)["positions"] == Against.TRUTH
    assert set(against(wrong).values()) == {Against.TRUTH}


def altered(rows: Iterable[Any], **values: Any) -> tuple[Any, ...]:
    first, *others = rows
    return ({**first, **values}, *others)


def poorer(rows: Iterable[Any]) -> tuple[Any, ...]:
    """The values of an account with another initial margin."""
    return tuple({**row, "value": "1.00"} if row["key"] == "InitMarginReq" else row for row in rows)


TAMPERED: list[tuple[str, str, Truth]] = [
    ("a size", "positions", replace(TRUTH, positions=altered(TRUTH.positions, position="10"))),
    ("a price", "positions", replace(TRUTH, positions=altered(TRUTH.positions, average_cost=1.0))),
    ("no such record", "positions", replace(TRUTH, positions=TRUTH.positions[1:])),
    ("a list that is cut", "positions", replace(TRUTH, positions=TRUTH.positions[:1])),
    ("one more record", "positions", replace(TRUTH, positions=altered(TRUTH.positions, con_id=7) + TRUTH.positions)),
    ("another's account", "positions", replace(TRUTH, positions=altered(TRUTH.positions, account="DU9000009"))),
    ("a value", "account_summary", replace(TRUTH, account_values=altered(TRUTH.account_values, value="JOINT"))),
    ("a value", "account_updates_multi", replace(TRUTH, account_values=altered(TRUTH.account_values, value="JOINT"))),
    ("a worth", "account_updates", replace(TRUTH, portfolio=altered(TRUTH.portfolio, market_value=1.0))),
    ("another's holding", "account_updates", replace(TRUTH, portfolio=altered(TRUTH.portfolio, con_id=7))),
    ("the other side", "open_orders", replace(TRUTH, open_orders=altered(TRUTH.open_orders, action="SELL"))),
    ("a status", "open_orders", replace(TRUTH, open_orders=altered(TRUTH.open_orders, status="Inactive"))),
    ("another price", "executions", replace(TRUTH, executions=altered(TRUTH.executions, price=18725.0))),
    (
        "another zone",
        "executions",
        replace(TRUTH, executions=altered(TRUTH.executions, time="20261120 15:30:59 US/Central")),
    ),
    ("a commission", "executions", replace(TRUTH, commissions=altered(TRUTH.commissions, commission=9.0))),
    ("a symbol", "completed_orders", replace(TRUTH, completed_orders=altered(TRUTH.completed_orders, symbol="MSFT"))),
    ("a name", "contract_details", replace(TRUTH, contract_details=altered(TRUTH.contract_details, long_name="A"))),
    ("a multiplier", "option_chain", replace(TRUTH, option_chains=altered(TRUTH.option_chains, multiplier="10"))),
    ("a profit", "pnl", replace(TRUTH, pnl={**TRUTH.pnl, "daily": 1.0})),
    ("a margin", "what_if_order", replace(TRUTH, account_values=poorer(TRUTH.account_values))),
    ("another id", "ready", replace(TRUTH, next_order_id=7)),
    ("another account", "ready", replace(TRUTH, accounts=("DU9000007",))),
]


@pytest.mark.parametrize("library", DECODERS)
@pytest.mark.parametrize(("what", "name", "told"), TAMPERED, ids=[f"{name}: {what}" for what, name, _ in TAMPERED])
def test_what_the_gateway_sends_is_no_librarys_fault(
    leave: Leave, library: str, what: str, name: str, told: Truth
) -> None:
    left = leave([] if name == "ready" else [name], need_row(library), told=told)
    assert against(left).get(name) == Against.SIMULATOR, what
    assert name not in against(by_address(left)), what


def test_an_answer_under_another_number_is_no_librarys_fault(leave: Leave, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = _ANSWERS["req_account_summary"]

    def another(request: Message, client: Client) -> Iterator[Message]:
        for message in answer(request, client):
            number = 999 if message.name == "account_summary" else message["req_id"]
            yield replace(message, values={**message.values, "req_id": number})

    monkeypatch.setitem(_ANSWERS, "req_account_summary", another)
    for library in DECODERS:
        left = leave(["account_summary"], need_row(library))
        assert against(left) == {"account_summary": Against.SIMULATOR}
        assert against(by_address(left)) == {"account_summary": Against.ASKED}  # not one of the tags came


def outcome(cell: str, unread: Unread) -> CellOutcome:
    done = read(by_address(unread))
    return CellOutcome(cell=cell, checks=done.checks, heard=done.heard, negotiated=unread.asked.server_version)


def test_an_account_that_changes_between_two_cells_is_nobodys_fault(leave: Leave) -> None:
    sold = replace(TRUTH, positions=altered(TRUTH.positions, position="10"))
    rows = [need_row(library) for library in DECODERS]
    lefts = [leave(["positions"], rows[0]), *(leave(["positions"], row, told=sold) for row in rows[1:])]
    outcomes = [outcome(row.library, left) for row, left in zip(rows, lefts, strict=True)]
    told = agreed(outcomes, {row.library: row.adapter for row in rows})
    assert {check.status for each in told for check in each.checks} == {Status.PASS}


def test_one_row_alone_is_found_to_lose_the_id_that_came(leave: Leave) -> None:
    """By most voices ib_async and ib_insync, which lose it, were right, and ibapi was wrong."""
    branded = replace(TRUTH, white_branding_id="Acme")
    wrong = {
        library: against(by_address(leave(["user_info"], need_row(library), told=branded))) for library in DECODERS
    }
    assert wrong == {
        "ib_async==2.1.0": {"user_info": Against.WIRE},
        "ib_insync==0.9.86": {"user_info": Against.WIRE},
        "nautilus-ibapi==10.45.1": {},
    }


ORDER: dict[str, dict[str, Any]] = {
    "another size": {"total_quantity": "100"},
    "another price": {"limit_price": 150.0},
    "the other side": {"action": "SELL"},
    "another symbol": {"symbol": "MSFT"},
    "another account": {"account": "DU9000009"},
    "another type": {"order_type": "MKT"},
}


@pytest.mark.parametrize("library", DECODERS)
@pytest.mark.parametrize("values", ORDER.values(), ids=ORDER)
def test_a_gateway_that_tells_of_the_order_as_another_is_at_fault(
    leave: Leave, library: str, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("place_order", "req_all_open_orders"):
        monkeypatch.setitem(_ANSWERS, name, _otherwise(_ANSWERS[name], values))
    left = leave(["limit_order"], need_row(library))
    assert against(left)["limit_order"] == Against.SIMULATOR
    assert against(by_address(left))["limit_order"] == Against.ASKED


def _otherwise(answer: Any, values: Mapping[str, Any]) -> Any:
    def answered(request: Message, client: Client) -> Iterator[Message]:
        for message in answer(request, client):
            ours = message.name == "open_order" and message["symbol"] == "AAPL"
            yield replace(message, values={**message.values, **values}) if ours else message

    return answered


@pytest.mark.parametrize("library", DECODERS)
def test_a_clock_that_is_an_hour_off_is_told_of(leave: Leave, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = _ANSWERS["req_current_time"]

    def early(request: Message, client: Client) -> Iterator[Message]:
        for message in answer(request, client):
            yield replace(message, values={**message.values, "time": int(str(message["time"])) - 3600})

    monkeypatch.setitem(_ANSWERS, "req_current_time", early)
    left = leave(["current_time"], need_row(library))
    assert against(by_address(left)) == {"current_time": Against.CLOCK}


def test_tags_that_were_asked_for_and_ids_of_nothing_are_told_of(leave: Leave) -> None:
    few = replace(TRUTH, account_values=TRUTH.account_values[1:], next_order_id=0)
    left = leave(["account_summary"], need_row("nautilus-ibapi==10.45.1"), told=few)
    assert against(by_address(left)) == {"ready": Against.ASKED, "account_summary": Against.ASKED}


@pytest.mark.parametrize("library", DECODERS)
def test_a_gateway_that_is_set_to_send_no_orders_at_the_start_puts_no_blame_on_a_library(
    leave: Leave, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.gateways.simulator.answers.orders.at_start", lambda _client: iter(()))
    left = leave(["unsolicited_orders"], need_row(library))
    assert against(by_address(left)) == {}
    assert set(against(left).values()) <= {Against.SIMULATOR}


@pytest.mark.parametrize("library", DECODERS)
def test_a_library_that_loses_what_came_at_the_start_is_at_fault(leave: Leave, library: str) -> None:
    left = leave(["unsolicited_orders"], need_row(library))
    wrong = misread(left, "unsolicited_orders", lambda told: told["known"].clear())
    assert against(by_address(wrong)) == {"unsolicited_orders": Against.WIRE}
