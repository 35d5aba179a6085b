"""What answers what in a recording."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recordings.exchange import Dialogue, Fate, Told
from harness.recordings.exchanges import dialogues_of
from harness.recordings.meaning import at_any_time, meaning_of
from harness.recordings.recording import Entry, Framed, Greeted, Omitted
from harness.wire.codec import Codec
from harness.wire.hello import Hello
from harness.wire.message import Message, Sender, Value
from tests.recordings.making import ACCOUNT, Script, recorded

EUR = {"symbol": "EUR", "sec_type": "CASH", "exchange": "IDEALPRO", "currency": "USD"}
VERSIONS = (178, 203, 223)


def read(script: Script) -> list[Dialogue]:
    return list(dialogues_of(script.recording()))


def only(script: Script) -> Dialogue:
    (dialogue,) = read(script)
    return dialogue


def names(told: Iterable[Told]) -> list[str]:
    return [each.name for each in told]


def fates(script: Script) -> list[Fate]:
    return [exchange.fate for exchange in only(script).exchanges]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_start_is_what_the_gateway_said_before_any_answer_and_the_notices_of_its_farms(version: int) -> None:
    script = Script()
    one = script.connect(version, client_id=12)
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1_700_000_000)
    script.says(one, "error", req_id=-1, code=2104, text="Market data farm connection is OK:usfarm")
    script.says(one, "error", req_id=-1, code=1100, text="Connectivity lost")
    dialogue = only(script)
    assert (dialogue.server_version, dialogue.client_id, dialogue.ready) == (version, 12, True)
    assert names(dialogue.greeting) == ["managed_accounts", "next_valid_id", "error"]
    assert names(dialogue.unasked) == ["error"]
    assert dialogue.unasked[0].after == 1
    assert names(dialogue.exchanges[0].answers) == ["current_time"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_message_with_a_number_answers_the_request_that_bears_it_and_so_does_an_error(version: int) -> None:
    script = Script()
    one = script.connect(version)
    script.asks(one, "req_contract_data", req_id=5, **EUR)
    script.asks(one, "req_contract_data", req_id=6, symbol="XXXX")
    script.says(one, "error", req_id=6, code=200, text="No security definition has been found")
    script.says(one, "contract_data", req_id=5, symbol="EUR")
    script.says(one, "contract_data_end", req_id=5)
    first, second = only(script).exchanges
    assert names(first.answers) == ["contract_data", "contract_data_end"]
    assert names(second.answers) == ["error"]
    assert (first.fate, second.fate) == (Fate.ENDED, Fate.REFUSED)
    assert [round(told.delay, 2) for told in first.answers] == [0.03, 0.04]


def test_messages_without_a_number_answer_what_the_catalogue_says_they_do() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_positions")
    script.asks(one, "req_account_updates", subscribe=True, account=ACCOUNT)
    script.says(one, "account_value", key="Currency", value="USD", account=ACCOUNT)
    script.says(one, "position", account=ACCOUNT, symbol="EUR")
    script.says(one, "account_download_end", account=ACCOUNT)
    script.says(one, "position_end")
    script.says(one, "account_value", key="Currency", value="EUR", account=ACCOUNT)
    script.asks(one, "req_account_updates", subscribe=False)
    script.says(one, "account_value", key="Currency", value="CHF", account=ACCOUNT)
    dialogue = only(script)
    positions, updates, cancelled = dialogue.exchanges
    assert names(positions.answers) == ["position", "position_end"]
    assert names(updates.answers) == ["account_value", "account_download_end", "account_value"]
    assert cancelled.follows is updates
    assert names(dialogue.unasked) == ["account_value"]


def test_two_requests_with_the_same_answer_are_told_apart_by_what_they_name() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_market_rule", market_rule_id=26)
    script.asks(one, "req_market_rule", market_rule_id=110)
    script.says(one, "market_rule", market_rule_id=110)
    script.says(one, "market_rule", market_rule_id=26)
    assert [exchange.answers[0].after for exchange in only(script).exchanges] == [2, 2]
    first, second = only(script).exchanges
    read = [only(script).read(exchange.answers[0]) for exchange in (first, second)]
    assert [message["market_rule_id"] for message in read if message] == [26, 110]


def test_orders_that_are_listed_are_told_apart_from_what_becomes_of_them() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "place_order", order_id=1, symbol="AAPL", order_type="LMT")
    script.asks(one, "req_open_orders")
    for _ in range(2):
        script.says(one, "open_order", order_id=1, symbol="AAPL")
        script.says(one, "order_status", order_id=1, status="Submitted")
    script.says(one, "open_orders_end")
    script.asks(one, "cancel_order", order_id=1)
    script.says(one, "order_status", order_id=1, status="Cancelled")
    script.says(one, "error", req_id=1, code=202, text="Order Canceled - reason:")
    placed, listed, cancelled = only(script).exchanges
    assert names(placed.answers) == ["open_order", "order_status"]
    assert names(listed.answers) == ["open_order", "order_status", "open_orders_end"]
    assert names(cancelled.answers) == ["order_status", "error"]
    assert cancelled.follows is placed


def test_a_fill_and_its_commission_answer_the_order_and_later_the_request_for_executions() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "place_order", order_id=1, symbol="AAPL", order_type="MKT")
    script.says(one, "execution_details", req_id=-1, order_id=1, exec_id="0001")
    script.says(one, "commission_report", exec_id="0001", commission=1.0)
    script.asks(one, "req_executions", req_id=9)
    script.says(one, "execution_details", req_id=9, order_id=1, exec_id="0001")
    script.says(one, "execution_details_end", req_id=9)
    script.says(one, "commission_report", exec_id="0001", commission=1.0)
    placed, executions = only(script).exchanges
    assert names(placed.answers) == ["execution_details", "commission_report"]
    assert names(executions.answers) == ["execution_details", "execution_details_end", "commission_report"]


def test_an_order_is_cancelled_on_a_later_connection_of_the_same_client() -> None:
    script = Script()
    one = script.connect(client_id=7)
    script.asks(one, "place_order", order_id=1, symbol="AAPL")
    script.ends(one)
    other = script.connect(client_id=8)
    script.asks(other, "place_order", order_id=1, symbol="MSFT")
    two = script.connect(client_id=7)
    script.asks(two, "cancel_order", order_id=1)
    placed, _, cancelled = (dialogue.exchanges[0] for dialogue in read(script))
    assert cancelled.follows is placed


def test_what_is_on_its_way_when_a_stream_is_cancelled_is_of_the_stream() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_market_data", req_id=3, **EUR)
    script.asks(one, "cancel_market_data", req_id=3)
    script.says(one, "tick_price", req_id=3, tick_type=1, price=1.1)
    script.says(one, "error", req_id=3, code=300, text="Can't find EId with tickerId:3")
    watched, cancelled = only(script).exchanges
    assert names(watched.answers) == ["tick_price"]
    assert watched.fate is Fate.FLOWS
    assert names(cancelled.answers) == ["error"]


@pytest.mark.parametrize("request_", ["req_open_orders", "req_ids"])
def test_in_read_only_mode_requests_about_orders_are_refused_without_a_number(request_: str) -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_current_time")
    script.asks(one, request_)
    script.says(one, "error", req_id=-1, code=321, text="The API interface is currently in Read-Only mode.")
    script.says(one, "current_time", time=1)
    assert fates(script) == [Fate.ENDED, Fate.REFUSED]


def test_silence_is_told_apart_from_a_recording_that_ends_too_early() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "set_server_log_level", level=2)
    script.asks(one, "req_current_time")
    script.asks(one, "req_contract_data", req_id=1, **EUR)
    script.says(one, "contract_data", req_id=1, symbol="EUR")
    assert fates(script) == [Fate.TAKEN, Fate.CUT, Fate.CUT]
    script.waits(5.0)
    assert fates(script) == [Fate.TAKEN, Fate.SILENT, Fate.UNFINISHED]


def test_an_answer_of_which_a_message_was_left_out_is_cut() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1)
    script.asks(one, "req_positions")
    script.asks(one, "req_contract_data", req_id=1, **EUR)
    script.omits(one, kind=61)
    script.says(one, "position_end")
    script.says(one, "contract_data_end", req_id=1)
    assert fates(script) == [Fate.ENDED, Fate.CUT, Fate.CUT]
    assert only(script).omitted == 1


def test_requests_of_different_libraries_mean_the_same() -> None:
    def meant(version: int, **values: Value) -> object:
        codec = Codec(version)
        read = codec.decode(codec.encode(Message("place_order", values)), Sender.CLIENT)
        assert isinstance(read, Message)
        return meaning_of(read)

    order: dict[str, Value] = {"symbol": "AAPL", "order_type": "LMT", "limit_price": 10.0}
    one = meant(178, **order, order_id=1, total_quantity="1", order_ref="mine", reference_price_type=0)
    assert one == meant(223, **order, order_id=9, client_id=4, total_quantity="1.0", order_ref="yours")
    assert one != meant(223, **{**order, "limit_price": 11.0}, total_quantity="1", order_ref="mine")
    assert one != meant(223, **order, total_quantity="1")


def test_the_day_on_which_one_asks_can_be_disregarded() -> None:
    def asked(end: str, symbol: str = "AAPL") -> Message:
        return Message("req_historical_ticks", {"req_id": 1, "symbol": symbol, "end": end})

    today, tomorrow = meaning_of(asked("20261120-10:00:00")), meaning_of(asked("20261121-10:00:00"))
    assert today != tomorrow
    assert at_any_time(today) == at_any_time(tomorrow)
    assert at_any_time(today) != at_any_time(meaning_of(asked("20261120-10:00:00", "MSFT")))


def test_connections_without_a_hello_and_frames_that_nobody_can_read_are_no_dialogue() -> None:
    frames = [Framed(at=1.0, connection=1, sender=sender, payload=b"71\x002\x00") for sender in Sender]
    assert dialogues_of(recorded(frames)) == ()
    greeted = Greeted(at=0.0, connection=1, data=Hello(min_version=100, max_version=178).encode())
    bad = Framed(at=0.5, connection=1, sender=Sender.GATEWAY, payload=b"178\x00now\x00")
    (dialogue,) = dialogues_of(recorded([greeted, bad, *frames]))
    assert (dialogue.server_version, dialogue.start, dialogue.exchanges) == (178, None, [])
    assert dialogue.omitted == 1


entries = st.one_of(
    st.builds(Greeted, at=st.floats(0, 9), connection=st.integers(1, 3), data=st.binary(max_size=20)),
    st.builds(
        Greeted,
        at=st.floats(0, 9),
        connection=st.integers(1, 3),
        data=st.sampled_from([Hello(min_version=100, max_version=178).encode()]),
    ),
    st.builds(
        Framed,
        at=st.floats(0, 9),
        connection=st.integers(1, 3),
        sender=st.sampled_from(Sender),
        payload=st.one_of(
            st.binary(max_size=30),
            st.sampled_from([b"178\x00now\x00", b"201\x00now\x00", b"-1\x00host\x00", b"71\x002\x007\x00\x00"]),
            st.sampled_from([b"49\x001\x00", b"49\x001\x005\x00", b"11\x005\x00", b"59\x001\x00a\x001\x00U\x00"]),
        ),
    ),
    st.builds(
        Omitted,
        at=st.floats(0, 9),
        connection=st.integers(1, 3),
        sender=st.sampled_from(Sender),
        size=st.just(1),
        kind=st.one_of(st.none(), st.integers(-9, 300)),
        why=st.just("unreadable"),
    ),
)


@given(st.lists(entries, max_size=20))
def test_nothing_in_a_recording_raises_an_error(said: list[Entry]) -> None:
    for dialogue in dialogues_of(recorded(said)):
        assert all(exchange.fate in Fate for exchange in dialogue.exchanges)
