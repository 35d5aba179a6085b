"""The catalogue against the real libraries: their decoders read our frames, and our decoder reads their requests.

Needs the rows' environments; ``nox -s tests`` builds them.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.protocol.catalogue import Field, Kind, MessageType, catalogue
from harness.protocol.codec import Codec
from harness.protocol.framing import FrameReader, encode_frame
from harness.protocol.message import Encoding, Message, Sender, Value
from tests.rows import need_row

SCRIPT = Path(__file__).with_name("library_side.py")

ROWS = {
    "ib_async==1.0.3": ("ib_async", 157, 178),
    "ib_async==2.0.1": ("ib_async", 157, 178),
    "ib_async==2.1.0": ("ib_async", 157, 178),
    "ib_insync==0.9.70": ("ib_insync", 150, 163),
    "ib_insync==0.9.86": ("ib_insync", 157, 176),
    "ibapi==9.81.1.post1": ("ibapi", 150, 157),
    "nautilus-ibapi==10.19.4": ("ibapi", 150, 176),
    "nautilus-ibapi==10.30.1": ("ibapi", 150, 187),
    "nautilus-ibapi==10.37.2": ("ibapi", 150, 203),
    "nautilus-ibapi==10.45.1": ("ibapi", 150, 223),
    "ibapi-latest==10.51.1": ("ibapi", 150, 226),
}
"""Package, and the lowest and highest server version to try; completed orders begin at 150."""

VARIANTS = 5
"""Of every message; the booleans that are true in each spell the number of their field."""


def versions(row: str) -> list[int]:
    """Return the versions to try: the row's ends, both sides of every gate between them, and those met in practice."""
    package, lowest, highest = ROWS[row]
    gates = {gate for kind in catalogue().by_name.values() for f in kind.fields for gate in (f.since, f.until)}
    gates |= {kind.protobuf_since for kind in catalogue().by_name.values()}
    tried = {lowest, highest, *gates, *(gate - 1 for gate in gates), 163, 176, 178, 187, 208, 215, 217, 219}
    if package != "ibapi":
        tried -= {158}  # these read an order's duration from 159 only, a version late; no Gateway has 158
    return sorted(version for version in tried if lowest <= version <= highest)


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


CONTRACT = {
    **{name: camel(name) for name in ("con_id", "symbol", "sec_type", "strike", "right", "multiplier", "exchange")},
    **{name: camel(name) for name in ("primary_exchange", "currency", "local_symbol", "trading_class", "combo_legs")},
    "delta_neutral_contract": "deltaNeutralContract",
    "last_trade_date": "lastTradeDateOrContractMonth",
    "combo_legs_description": "comboLegsDescrip",
    "delta_neutral_contract_con_id": "deltaNeutralContract.conId",
    "delta_neutral_contract_delta": "deltaNeutralContract.delta",
    "delta_neutral_contract_price": "deltaNeutralContract.price",
}
ORDER = {
    "adjustable_trailing_unit": "adjustableTrailingUnit",
    "cash_quantity": "cashQty",
    "delta_neutral_settling_firm": "ddeltaNeutralSettlingFirm|deltaNeutralSettlingFirm",  # misspelt in 10.37's protobuf
    "discretionary_amount": "discretionaryAmt",
    "limit_price": "lmtPrice",
    "limit_price_offset": "lmtPriceOffset",
    "min_trade_quantity": "minTradeQty",
    "minimum_quantity": "minQty",
    "order_combo_leg_prices": "orderComboLegs",
    "pegged_change_decrease": "isPeggedChangeAmountDecrease",
    "reference_exchange": "referenceExchangeId",
    "rule_80a": "rule80A",
    "scale_init_fill_quantity": "scaleInitFillQty",
    "soft_dollar_tier_display_name": "softDollarTier.displayName",
    "soft_dollar_tier_name": "softDollarTier.name",
    "soft_dollar_tier_value": "softDollarTier.val",
    "time_in_force": "tif",
    "use_price_management_algo": "usePriceMgmtAlgo",
}
MARGINS = [
    f"{what}_{when}"
    for what in ("init_margin", "maint_margin", "equity_with_loan")
    for when in ("before", "change", "after")
]
STATE = {
    **{name: camel(name) for name in MARGINS},
    **{f"{name}_outside_rth": f"{camel(name)}OutsideRTH" for name in MARGINS},
    **{name: camel(name) for name in ("status", "warning_text", "margin_currency", "suggested_size", "reject_reason")},
    **{name: camel(name) for name in ("completed_time", "completed_status", "order_allocations")},
    "commission": "commission|commissionAndFees",
    "min_commission": "minCommission|minCommissionAndFees",
    "max_commission": "maxCommission|maxCommissionAndFees",
    "commission_currency": "commissionCurrency|commissionAndFeesCurrency",
}
EXECUTION = {
    "account": "acctNumber",
    "average_price": "avgPrice",
    "cumulative_quantity": "cumQty",
    "execution_exchange": "exchange",
}
COMMISSION = {"commission": "commission|commissionAndFees", "realized_pnl": "realizedPNL", "yield": "yield_"}
ERROR = {
    "req_id": "reqId",
    "code": "errorCode",
    "text": "errorString",
    "advanced_order_reject": "advancedOrderRejectJson",
    "time_ms": "errorTime",
}
LEAVES = {
    "desired_quantity": "desiredAllocQty",
    "allowed_quantity": "allowedAllocQty",
    "short_sale_slot": "shortSalesSlot|shortSaleSlot",  # misspelt in 10.37's protobuf
}

ARGUMENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "order_status": ("orderStatus", (
        "order_id", "status", "filled", "remaining", "average_fill_price", "perm_id", "parent_id", "last_fill_price",
        "client_id", "why_held", "market_cap_price")),
    "error": ("error", ("<arguments>",)),
    "open_order": ("openOrder", ("order_id", "<contract>", "<order>", "<state>")),
    "account_value": ("updateAccountValue", ("key", "value", "currency", "account")),
    "portfolio_value": ("updatePortfolio", (
        "<contract>", "position", "market_price", "market_value", "average_cost", "unrealized_pnl", "realized_pnl",
        "account")),
    "account_update_time": ("updateAccountTime", ("time",)),
    "next_valid_id": ("nextValidId", ("order_id",)),
    "execution_details": ("execDetails", ("req_id", "<contract>", "<execution>")),
    "managed_accounts": ("managedAccounts", ("accounts",)),
    "current_time": ("currentTime", ("time",)),
    "open_orders_end": ("openOrderEnd", ()),
    "account_download_end": ("accountDownloadEnd", ("account",)),
    "execution_details_end": ("execDetailsEnd", ("req_id",)),
    "commission_report": ("commissionReport|commissionAndFeesReport", ("<commission>",)),
    "position": ("position", ("account", "<contract>", "position", "average_cost")),
    "position_end": ("positionEnd", ()),
    "account_summary": ("accountSummary", ("req_id", "account", "tag", "value", "currency")),
    "account_summary_end": ("accountSummaryEnd", ("req_id",)),
    "account_update_multi": ("accountUpdateMulti", ("req_id", "account", "model_code", "key", "value", "currency")),
    "account_update_multi_end": ("accountUpdateMultiEnd", ("req_id",)),
    "completed_order": ("completedOrder", ("<contract>", "<order>", "<state>")),
    "completed_orders_end": ("completedOrdersEnd", ()),
    "current_time_in_millis": ("currentTimeInMillis", ("time_ms",)),
}  # fmt: skip
"""The callback that a message becomes, and what its arguments hold."""

NOT_OF_ORDER = {("<order>", name) for name in STATE}
OBJECTS = {"<arguments>": ERROR, "<contract>": CONTRACT, "<state>": STATE, "<commission>": COMMISSION}

FIXED: Mapping[str, Mapping[str, Value]] = {
    "": {"order_type": "PEG BENCH", "delta_neutral_contract": True},
    "execution_details": {"time": "20261120 15:30:59 US/Eastern"},
    "commission_report": {"yield_redemption_date": "20301231"},
}


def distinct(kind: MessageType, variant: int) -> dict[str, Value]:
    """Return values for a message's fields, no two alike."""
    values: dict[str, Value] = {}
    flags = 0
    for number, field in enumerate(kind.fields, start=1):
        if field.const is not None:
            continue
        flags += field.kind is Kind.BOOL
        values[field.name] = _value(field, number, flag=bool(flags >> variant & 1))
    assert flags < 2**VARIANTS
    fixed = {**FIXED[""], **FIXED.get(kind.name, {})}
    return values | {name: value for name, value in fixed.items() if name in values}


def _value(field: Field, number: int, *, flag: bool) -> Value:
    if field.kind is Kind.LIST:
        return tuple(
            {
                item.name: _value(item, number * 100 + row * 10 + place, flag=row == 1)
                for place, item in enumerate(field.items)
            }
            for row in range(2)
        )
    plain: Mapping[Kind, Value] = {
        Kind.STR: f"{field.name}-{number}",
        Kind.INT: 1000 + number,
        Kind.LONG: 7_000_000_000 + number,
        Kind.FLOAT: number + 0.25,
        Kind.DECIMAL: f"{number}.5",
        Kind.NUMBER: str(number),
        Kind.BOOL: flag,
    }
    return plain[field.kind]


def carried(kind: MessageType, values: Mapping[str, Value], version: int) -> Iterator[Field]:
    """Yield the fields that the message holds at that version."""
    if kind.encoding_at(version) is Encoding.PROTOBUF:
        yield from (field for field in kind.fields if field.path)
    else:
        named = (field for field in kind.text_fields(version) if field.const is None)
        yield from (field for field in named if field.wanted(values))


def find(call: list[Any], name: str, held: tuple[str, ...]) -> Any:
    """Return what a callback tells of a field; ``...`` for nothing."""
    arguments = list(call[1].values())
    if name in held:
        return arguments[held.index(name)]
    for position, what in enumerate(held):
        value = call[1] if what == "<arguments>" else arguments[position]
        if (found := _attribute(value, _place(what, name))) is not ...:
            return found
    return ...


def _place(held: str, name: str) -> str:
    if held in OBJECTS:
        return OBJECTS[held].get(name, camel(name) if held == "<commission>" else "")
    if held in {"<execution>", "<order>"} and name not in CONTRACT and (held, name) not in NOT_OF_ORDER:
        return (EXECUTION if held == "<execution>" else ORDER).get(name, camel(name))
    return ""


def _attribute(value: Any, place: str) -> Any:
    for choice in place.split("|"):
        found = value
        for part in choice.split("."):
            found = found.get(part, ...) if isinstance(found, dict) else ...
        if found is not ...:
            return found
    return ...


def same(ours: Value, theirs: Any) -> bool:
    """Tell whether a library holds what we sent, in whatever type."""
    if isinstance(ours, tuple):
        return same_items(ours, theirs)
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return bool(ours) is bool(theirs)
    if isinstance(theirs, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2} ", theirs):
        return str(ours).startswith(theirs[:10].replace("-", ""))
    if isinstance(ours, str) and not re.fullmatch(r"[0-9.]+", ours):
        return bool(ours == theirs)
    return float(str(ours)) == float(theirs)


def same_items(ours: tuple[Mapping[str, Value], ...], theirs: list[dict[str, Any]]) -> bool:
    """Tell whether a library holds the items of a list; pairs of tag and value are a map as protobuf, without order."""
    if "tag" in ours[0]:
        ours, theirs = tuple(sorted(ours, key=_tag)), sorted(theirs, key=_tag)
    return len(ours) == len(theirs) and all(
        same(value, _attribute(item, LEAVES.get(name, camel(name))))
        for one, item in zip(ours, theirs, strict=True)
        for name, value in one.items()
    )


def _tag(item: Mapping[str, Any]) -> str:
    return str(item["tag"])


FILTER: Mapping[str, Value] = {
    "client_id": 3,
    "account": "DU1",
    "time": "20261120-15:30:59",
    "symbol": "AAPL",
    "sec_type": "STK",
    "exchange": "SMART",
    "side": "BUY",
}

REQUESTS: Mapping[str, tuple[list[Any], str, Mapping[str, Value]]] = {
    "startApi": ([], "start_api", {"client_id": 7, "optional_capabilities": "caps"}),
    "reqOpenOrders": ([], "req_open_orders", {}),
    "reqAllOpenOrders": ([], "req_all_open_orders", {}),
    "reqAutoOpenOrders": ([True], "req_auto_open_orders", {"auto_bind": True}),
    "reqAccountUpdates": ([True, "DU1"], "req_account_updates", {"subscribe": True, "account": "DU1"}),
    "reqExecutions": (
        [11, FILTER],
        "req_executions",
        {"req_id": 11, **FILTER, "last_n_days": None, "specific_dates": ()},
    ),
    "reqIds": ([5], "req_ids", {"count": 5}),
    "setServerLogLevel": ([4], "set_server_log_level", {"level": 4}),
    "reqManagedAccts": ([], "req_managed_accounts", {}),
    "reqCurrentTime": ([], "req_current_time", {}),
    "reqCurrentTimeInMillis": ([], "req_current_time_in_millis", {}),
    "reqPositions": ([], "req_positions", {}),
    "cancelPositions": ([], "cancel_positions", {}),
    "reqAccountSummary": (
        [12, "All", "NetLiquidation,Cushion"],
        "req_account_summary",
        {"req_id": 12, "group": "All", "tags": "NetLiquidation,Cushion"},
    ),
    "cancelAccountSummary": ([13], "cancel_account_summary", {"req_id": 13}),
    "reqAccountUpdatesMulti": (
        [14, "DU1", "model", True],
        "req_account_updates_multi",
        {"req_id": 14, "account": "DU1", "model_code": "model", "ledger_and_nlv": True},
    ),
    "cancelAccountUpdatesMulti": ([15], "cancel_account_updates_multi", {"req_id": 15}),
    "reqCompletedOrders": ([True], "req_completed_orders", {"api_only": True}),
}  # fmt: skip
"""What each request of a library takes, and the message that it is."""

MILLIS_SINCE = 197
"""Server version of the time in milliseconds; the libraries that know of it ask for it from there only."""


@cache
def run_library(row: str) -> list[dict[str, Any]]:
    """Return what came of one job a version."""
    jobs = [
        {"version": v, "payloads": [Codec(v).encode(m).hex() for m in sent(v)], "requests": calls(v)}
        for v in versions(row)
    ]
    python = need_row(row).python
    done = subprocess.run(
        [python, "-I", SCRIPT, ROWS[row][0]],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def calls(version: int) -> list[list[Any]]:
    names = [name for name in REQUESTS if name != "reqCurrentTimeInMillis" or version >= MILLIS_SINCE]
    return [[name, *REQUESTS[name][0]] for name in names]


def sent(version: int) -> list[Message]:
    """Return every message that a Gateway sends, in all variants and with nothing set."""
    messages = []
    for kind in catalogue().by_name.values():
        if kind.sender is Sender.GATEWAY and (kind.name != "current_time_in_millis" or version >= MILLIS_SINCE):
            messages += [Message(kind.name, distinct(kind, variant)) for variant in range(VARIANTS)]
            messages += [Message(kind.name, FIXED.get(kind.name, {}))]
    return messages


@pytest.fixture(params=ROWS)
def row(request: pytest.FixtureRequest) -> str:
    return need_row(request.param).library


def wrong(message: Message, call: list[Any], version: int) -> Iterator[str]:
    """Say what a library got from a message that is not what we sent."""
    kind = catalogue().by_name[message.name]
    callbacks, held = ARGUMENTS[kind.name]
    if call[0] not in callbacks.split("|"):
        yield f"{version}: {kind.name} became {call[0]}"
        return
    as_text = kind.encoding_at(version) is Encoding.TEXT
    for field in carried(kind, kind.complete(message.values), version):
        theirs = find(call, field.name, held)
        ours = message.values.get(field.name)
        if field.name not in message.values:
            if field.unset_text and as_text and str(theirs) not in UNSET_AS_READ:
                yield f"{version}: unset {kind.name}.{field.name} is {theirs!r}"
        elif theirs is ... or not same(ours, theirs):
            yield f"{version}: {kind.name}.{field.name} is {theirs!r}, not {ours!r}"


UNSET_AS_READ = {
    *("", "1.7976931348623157E308", "1.7976931348623157e+308", "2147483647", "9223372036854775807"),
    "-9223372036854775808",
    "170141183460469231731687303715884105727",  # what IBKR's client makes of a decimal that is not set
}


def test_every_value_that_we_send_arrives_where_the_library_keeps_it(row: str) -> None:
    problems = []
    for version, answer in zip(versions(row), run_library(row), strict=True):
        heard = [call for call in answer["heard"] if call[0] != "connectionClosed"]
        messages = sent(version)
        assert len(heard) == len(messages), f"{version}: some were dropped"
        problems += [said for m, call in zip(messages, heard, strict=True) for said in wrong(m, call, version)]
    assert problems == []


def test_every_request_of_the_library_is_read_with_its_values_and_written_byte_for_byte(row: str) -> None:
    for version, answer in zip(versions(row), run_library(row), strict=True):
        codec = Codec(version)
        for method, wire in answer["sent"].items():
            (payload,) = FrameReader().feed(bytes.fromhex(wire))
            _, name, values = REQUESTS[method]
            assert codec.decode(payload, Sender.CLIENT) == Message(name, values), f"{method} at {version}"
            assert encode_frame(codec.encode(Message(name, values))).hex() == wire, f"{method} at {version}"


def test_every_request_of_the_catalogue_is_tried() -> None:
    requests = {kind.name for kind in catalogue().by_name.values() if kind.sender is Sender.CLIENT}
    assert requests == {name for _, name, _ in REQUESTS.values()}
