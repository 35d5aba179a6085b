"""Which errors refuse a request, which only warn, and what of the request they name."""

from __future__ import annotations

from typing import Any

import pytest

from harness.diagnose.cell_verdict import diagnose_cell
from harness.diagnose.requests_sent import named, only_warns
from harness.diagnose.verdict import Diagnosis
from harness.shared.evidence import Invalid
from harness.shared.status import Fault
from harness.wire.codec import Codec
from harness.wire.framing import encode_frame
from harness.wire.message import Message, Sender, Value
from harness.wire.transcript import Change
from tests.diagnose.cells import red
from tests.diagnose.test_transcript_facts import VERSIONS, Talk, refused_in

READ_ONLY = "Error validating request.-'b7' : cause - The API interface is currently in Read-Only mode."
NO_SUCH_ACCOUNT = "Error validating request.-'bN' : cause - Invalid account code 'All'."
TRIMMED = "Your API version does not support fractional size rules. Trimmed value 687.42 to 687"
UPGRADE = "Your API version does not support fractional size rules. Please upgrade to a minimum version 163."


def bars(talk: Talk) -> Talk:
    return talk.started().asks(1.0, "req_historical_data", req_id=4, bar_size="4 mins", duration="1 D")


@pytest.mark.parametrize(
    ("code", "text"),
    [(2174, "without explicit time zone"), (2176, TRIMMED), (2188, "Up-to-the-second"), (10285, TRIMMED)],
)
def test_a_warning_leaves_a_request_to_be_answered(code: int, text: str) -> None:
    assert bars(Talk()).says(1.1, "error", req_id=4, code=code, text=text).refused == set()


@pytest.mark.parametrize(
    ("code", "text"), [(10285, UPGRADE), (162, "no data"), (321, "wrong"), (10089, "not for bars")]
)
def test_what_is_no_warning_refuses_it(code: int, text: str) -> None:
    assert bars(Talk()).says(1.1, "error", req_id=4, code=code, text=text).refused == {"req_historical_data"}


@pytest.mark.parametrize(
    ("asked", "code", "text", "refused"),
    [
        (("req_positions", "req_all_open_orders"), 321, READ_ONLY, {"req_all_open_orders"}),
        (("req_all_open_orders", "req_positions"), 321, READ_ONLY, {"req_all_open_orders"}),
        (("req_account_updates", "req_positions"), 321, NO_SUCH_ACCOUNT, {"req_account_updates"}),
        (("req_all_open_orders", "req_positions"), 322, "could not be done", {"req_positions"}),
        (("req_positions",), 321, READ_ONLY, set()),
        (("req_positions",), 1100, "lost", set()),
    ],
)
@VERSIONS
def test_an_error_without_a_number_refuses_the_last_request_that_has_none_and_fits(
    version: int, asked: tuple[str, ...], code: int, text: str, refused: set[str]
) -> None:
    talk = Talk(version).started()
    for number, name in enumerate(asked):
        talk.asks(1.0 + number / 10, name, **({"subscribe": True} if name == "req_account_updates" else {}))
    facts = talk.says(2.0, "error", req_id=-1, code=code, text=text).facts
    assert refused_in(facts) == refused


@pytest.mark.parametrize(
    ("request_", "values", "warns"),
    [
        ("req_market_data", {"snapshot": False}, True),
        ("req_market_data", {"snapshot": True}, False),
        ("req_tick_by_tick", {}, False),
    ],
)
def test_delayed_quotes_come_in_place_of_those_that_stream(
    request_: str,
    values: dict[str, Value],
    warns: bool,  # noqa: FBT001
) -> None:
    """A snapshot has no end then, and nothing else comes."""
    assert only_warns(10089, "Delayed market data is available.", request_, values) is warns


def test_one_error_refuses_one_request() -> None:
    talk = Talk().started().asks(1.0, "req_all_open_orders").asks(1.1, "req_completed_orders")
    facts = talk.says(2.0, "error", req_id=-1, code=321, text=READ_ONLY).facts
    assert [each.name for each in facts.requests if each.refused is not None] == ["req_completed_orders"]


def test_a_request_with_a_number_is_not_refused_by_an_error_without_one() -> None:
    assert bars(Talk()).says(1.1, "error", req_id=-1, code=321, text="No.").refused == set()


@VERSIONS
def test_the_field_that_an_error_names_is_told_with_what_was_sent(version: int) -> None:
    text = "Error validating request.-'D' : cause - Historical data bar size setting is invalid. Legal ones are: 1 secs"
    (request,) = bars(Talk(version)).says(1.1, "error", req_id=4, code=321, text=text).facts.requests
    assert request.why.startswith("error 321: ")
    assert request.why.endswith("; bar_size = '4 mins'")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cause - Please enter exchange", ("exchange = ''",)),
        ("cause - Invalid account code 'All'.", ("account = 'All'",)),
        ("Error reading request. Unable to parse field: conId", ("con_id = 0",)),
        ('For input string: "Contract(1)"', ("strike = 'Contract(1)'",)),
        ("cause - Invalid order type was entered", ()),
    ],
)
def test_a_field_is_found_by_its_name_or_by_its_value(text: str, told: tuple[str, ...]) -> None:
    values: dict[str, Value] = {
        "exchange": "",
        "account": "All",
        "con_id": 0,
        "strike": "Contract(1)",
        "primary_exchange": "",
    }
    assert named(text, values) == told


UNREADABLE = "Error reading request."
BAR_SIZE = "Error validating request.-'D' : cause - Historical data bar size setting is invalid. Legal ones are: 1 secs"


def asks_wrongly(version: int, instead: bytes | None) -> Talk:
    """Ask for bars with another text as the contract's id, or without all that follows the bar size."""
    payload = Codec(version).encode(Message("req_historical_data", {"req_id": 4, "con_id": 7777, "bar_size": "1 day"}))
    changed = payload.split(b"1 day")[0] if instead is None else payload.replace(b"7777", instead)
    return Talk(version).started().raw(1.0, Sender.CLIENT, encode_frame(changed))


def unread(talk: Talk, number: int = -1, code: int = 320) -> Talk:
    return talk.says(1.1, "error", req_id=number, code=code, text=UNREADABLE)


def verdict(talk: Talk, check: str = "historical_bars", **beside: Any) -> Diagnosis:
    return diagnose_cell(red(check, wire=talk.facts, **beside))


@pytest.mark.parametrize("number", [4, -1])
@pytest.mark.parametrize("version", [178, 203])
def test_a_request_with_a_value_of_another_type_was_sent_and_is_refused_by_the_320_that_follows(
    version: int, number: int
) -> None:
    (request,) = unread(asks_wrongly(version, b"Contract(1)"), number).facts.requests
    assert (request.name, request.refused is not None, request.invalid) == ("req_historical_data", True, Invalid.TYPE)
    assert request.fields == ("con_id = 'Contract(1)'",)
    assert request.why == "error 320: Error reading request.; con_id = 'Contract(1)'"


def test_an_error_320_without_a_number_refuses_nothing_that_can_be_read() -> None:
    assert unread(bars(Talk())).refused == set()


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("refused", [True, False])
def test_a_value_of_another_type_may_be_the_programs_and_is_named(*, refused: bool, shared: bool) -> None:
    talk = asks_wrongly(178, b"Contract(1)")
    told = verdict(unread(talk, 4) if refused else talk, shared=shared)
    assert (told.code, told.fault) == ("request-not-valid", Fault.UNKNOWN)
    assert "con_id = 'Contract(1)'" in told.says


def test_it_is_the_librarys_where_the_same_code_asks_another_version_rightly() -> None:
    talk = asks_wrongly(178, b"Contract(1)")
    assert verdict(talk, alike_passed=True).fault is Fault.UNKNOWN  # the gateway did not say that it is wrong
    told = verdict(unread(talk), alike_passed=True)
    assert (told.code, told.fault) == ("library-writes-it-wrongly", Fault.LIBRARY)
    assert "con_id = 'Contract(1)'" in told.says


@pytest.mark.parametrize("beside", [{}, {"shared": True}, {"alike_passed": True}])
def test_a_value_that_the_gateway_names_is_told_and_never_the_librarys(beside: dict[str, Any]) -> None:
    told = verdict(bars(Talk()).says(1.1, "error", req_id=4, code=321, text=BAR_SIZE), **beside)
    assert (told.code, told.fault) == ("request-not-valid", Fault.UNKNOWN)
    assert "bar_size = '4 mins'" in told.says


def test_a_gateway_that_ends_the_connection_over_it_is_not_the_cause() -> None:
    told = unread(asks_wrongly(178, b"Contract(1)")).event(1.2, Change.HALF_CLOSED, by=Sender.GATEWAY)
    assert verdict(told).code == "request-not-valid"


def test_how_many_fields_a_request_has_is_the_librarys_doing() -> None:
    told = verdict(unread(asks_wrongly(178, None)))
    assert (told.code, told.fault) == ("library-writes-it-wrongly", Fault.LIBRARY)


def test_it_is_nobodys_where_every_library_sends_as_few_or_the_gateway_says_nothing() -> None:
    talk = asks_wrongly(178, None)
    assert verdict(talk).fault is Fault.UNKNOWN
    assert verdict(unread(talk), shared=True).fault is Fault.UNKNOWN


@pytest.mark.parametrize("instead", [None, b"Contract(1)"])
def test_a_request_that_the_gateway_could_read_is_not_held_for_broken(instead: bytes | None) -> None:
    talk = unread(asks_wrongly(178, instead), 4, code=162)
    assert [each.invalid for each in talk.facts.requests] == [None]
    assert verdict(talk, alike_passed=True).code == "request-refused"


def test_one_that_holds_what_is_no_text_is_not_said_to_lack_fields() -> None:
    assert asks_wrongly(178, b"\xff").facts.requests == ()


def test_nobody_is_to_blame_for_no_answer_to_a_broken_request_of_the_librarys_own_start() -> None:
    assert verdict(asks_wrongly(178, b"Contract(1)"), "ready").fault is Fault.UNKNOWN


def test_a_refusal_that_names_no_field_may_be_anybodys() -> None:
    told = bars(Talk()).says(1.1, "error", req_id=4, code=321, text="cause - Invalid order type was entered")
    assert verdict(told).code == "request-refused"
