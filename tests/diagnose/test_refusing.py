"""Which errors refuse a request, which only warn, and what of the request they name."""

from __future__ import annotations

import pytest

from harness.diagnose.refusing import named, only_warns
from harness.protocol.message import Value
from tests.diagnose.test_wire import VERSIONS, Talk, refused_in

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
