"""Contracts and option chains: every request gets all that fits it, or the refusal, at every version."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.gateways.simulator.truth import load
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_truth_on_the_wire import asked, names

DETAILS = {row["local_symbol"]: row for row in load("paper").contract_details}
CALL = "SPY   261218C00600500"


def wanted(**values: Value) -> Message:
    return Message("req_contract_data", {"req_id": 9, **values})


def not_told(version: int) -> set[str]:
    """Name what the message does not have at that version."""
    return {
        *(["last_trade_date"] if version < 182 else []),
        *(["size_min_tick"] if version != 163 else []),
        *(["min_size", "size_increment", "suggested_size_increment"] if version < 164 else ["md_size_multiplier"]),
    }


def as_listed(value: Value) -> Value:
    return list(value) if isinstance(value, tuple) else value


def test_a_stock_is_told_with_all_that_the_truth_has_of_it() -> None:
    request = wanted(symbol="AAPL", sec_type="STK", exchange="SMART", currency="USD")
    for version, answer in asked(request, end="contract_data_end").items():
        assert names(answer) == ["contract_data", "contract_data_end"]
        told, end = answer
        expected = {key: value for key, value in DETAILS["AAPL"].items() if key not in not_told(version)}
        assert {key: as_listed(told[key]) for key in expected} == expected, version
        assert told["req_id"] == end["req_id"] == 9


FITS: list[tuple[Mapping[str, Value], list[str]]] = [
    ({"con_id": 265598}, ["AAPL"]),
    ({"symbol": "ES", "sec_type": "FUT"}, ["ESZ6", "ESH7"]),
    ({"symbol": "ES", "sec_type": "FUT", "last_trade_date": "202703"}, ["ESH7"]),
    ({"symbol": "ES", "multiplier": "50", "exchange": "QBALGO"}, ["ESZ6", "ESH7"]),
    ({"local_symbol": "EUR.USD", "trading_class": "EUR.USD"}, ["EUR.USD"]),
    ({"symbol": "SPY", "sec_type": "OPT", "strike": 600.5, "right": "CALL", "exchange": "SMART"}, [CALL]),
    ({"symbol": "SPY", "strike": 600.5, "right": "P"}, []),
    ({"symbol": "AAPL", "primary_exchange": "NASDAQ", "exchange": "SMART"}, ["AAPL"]),
    ({"symbol": "AAPL", "primary_exchange": "NYSE"}, []),
    ({"symbol": "AAPL", "exchange": "CME"}, []),
    ({"sec_id_type": "ISIN", "sec_id": "FR0000121014"}, ["MC"]),
    ({"sec_id_type": "CUSIP", "sec_id": "FR0000121014"}, []),
    ({"symbol": "AAPL", "currency": "EUR"}, []),
]


@pytest.mark.parametrize(("values", "fitting"), FITS)
def test_all_that_fits_answers(values: Mapping[str, Value], fitting: list[str]) -> None:
    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 7) as client:
            client.say(wanted(**values))
            answer = [await client.message()]
            while answer[-1].name == "contract_data":
                answer.append(await client.message())
            return answer

    *told, last = run(scenario())
    assert [message["local_symbol"] for message in told] == fitting
    assert last.name == ("contract_data_end" if fitting else "error")


def exchanges(**values: Value) -> list[Value]:
    (answer, *_) = asked(wanted(symbol="AAPL", sec_type="STK", **values), end="contract_data_end").values()
    return [message["exchange"] for message in answer if message.name == "contract_data"]


def test_a_stock_is_told_on_the_exchange_that_is_asked_for() -> None:
    assert exchanges(exchange="NASDAQ") == ["NASDAQ"]
    assert exchanges(con_id=265598) == ["SMART"]


def test_a_stock_is_told_on_all_exchanges_if_none_is_asked_for() -> None:
    assert exchanges() == str(DETAILS["AAPL"]["valid_exchanges"]).split(",")


def test_a_contract_that_nobody_knows_is_refused_and_no_end_follows() -> None:
    for answer in asked(wanted(symbol="NOSUCH"), end="error").values():
        (error,) = answer
        assert (error["req_id"], error["code"]) == (9, 200)
        assert error["text"] == "No security definition has been found for the request"


def test_an_option_chain_has_every_class_of_the_underlying() -> None:
    request = Message("req_sec_def_opt_params", {"req_id": 4, "underlying_con_id": 265598})
    for answer in asked(request, end="sec_def_opt_params_end").values():
        *chains, end = answer
        assert [dict(chain.values) for chain in chains] == [{**row, "req_id": 4} for row in load("paper").option_chains]
        assert end["req_id"] == 4


def test_what_has_no_options_gets_the_end_alone() -> None:
    request = Message("req_sec_def_opt_params", {"req_id": 4, "underlying_con_id": 1})
    assert all(
        names(answer) == ["sec_def_opt_params_end"] for answer in asked(request, end="sec_def_opt_params_end").values()
    )
