"""Placing and cancelling of the catalogue against the real libraries: we read what each of them writes.

Written byte for byte they are not: the libraries differ in how they write a number, and what is not set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import inf
from typing import Any

import pytest

from harness.wire.catalogue import MessageType, catalogue
from harness.wire.codec import Codec
from harness.wire.framing import FrameReader
from harness.wire.message import Encoding, Message, Sender, Value
from tests.wire.against import Family, asked, camel, carried, same, value_of
from tests.wire.places import CONTRACT
from tests.wire.test_against_libraries import CALLBACKS, CONDITIONS, LEAVES, MARGINS, ORDER
from tests.wire.test_against_libraries import FAMILY as ORDINARY

PLACE = catalogue().by_name["place_order"]

LIMIT: Mapping[str, Value] = {
    "order_id": 101,
    "symbol": "AAPL",
    "sec_type": "STK",
    "exchange": "SMART",
    "currency": "USD",
    "action": "BUY",
    "total_quantity": "1",
    "order_type": "LMT",
    "limit_price": 1.0,
    "time_in_force": "DAY",
    "account": "DU9000001",
    "transmit": True,
}

VARIANTS = 6
"""Of an order with everything set; the booleans that are true in each spell the number of their field."""

NOT_TOLD = {
    *("volatility", "etrade_only", "firm_quote_only", "nbbo_price_cap", "fa_profile", "external_user_id", "client_id"),
}
"""Fields that not every library writes as its user set them: some write what is not set, or nothing."""

UNABLE = {"nautilus-ibapi==10.37.2": {"primary_exchange"}}
"""Fields with which a library cannot place an order as protobuf: it misspells them, and raises an AttributeError."""

OPTIONS: Sequence[Mapping[str, Value]] = ({"tag": "a", "value": "1"}, {"tag": "b", "value": "2"})
SET: Mapping[str, Value] = {
    "sec_type": "STK",
    "order_type": "PEG BENCH",
    "delta_neutral_contract": True,
    "use_price_management_algo": 1,
    "seek_price_improvement": 1,
    "route_marketable_to_bbo": 1,
    "misc_options": OPTIONS,
    "order_misc_options": "a=1;b=2;",
    "conditions": tuple({**one, "conjunction": number != 1} for number, one in enumerate(CONDITIONS)),
}
"""Fields of an order with everything set that cannot hold just anything."""

KINDS: Mapping[str, Mapping[str, Value]] = {
    "PEG BENCH": {},
    "VOL": {"order_type": "VOL", "volatility": 0.25},
    "PEG BEST": {"order_type": "PEG BEST", "exchange": "IBKRATS", "compete_against_best_offset": 0.03},
    "PEG BEST up to mid": {"order_type": "PEG BEST", "compete_against_best_offset": inf},
    "PEG MID": {"order_type": "PEG MID"},
    "BAG": {"sec_type": "BAG", "order_type": "LMT"},
}
"""Orders of which each writes fields that others leave out; everything else is set too."""

OF_CONTRACT = {**CONTRACT, "sec_id_type": "secIdType", "sec_id": "secId"}
OF_ORDER = {
    **ORDER,
    "misc_options": "orderMiscOptions",
    "order_misc_options": "orderMiscOptions",
    "stop_loss_order_id": "slOrderId",
    "stop_loss_order_type": "slOrderType",
    "profit_taker_order_id": "ptOrderId",
    "profit_taker_order_type": "ptOrderType",
}
CLASSES = {
    "deltaNeutralContract": "DeltaNeutralContract",
    "softDollarTier": "SoftDollarTier",
    "combo_legs": "ComboLeg",
    "order_combo_leg_prices": "OrderComboLeg",
    "algo_params": "TagValue",
    "misc_options": "TagValue",
    "smart_combo_routing_params": "TagValue",
}
CONDITION_CLASSES = {1: "Price", 3: "Time", 4: "Margin", 5: "Execution", 6: "Volume", 7: "PercentChange"}

BY_DEFAULT: Mapping[str, Sequence[Value]] = {
    "exempt_code": (-1,),
    "open_close": ("O",),  # up to 10.19
    "etrade_only": (True,),
    "firm_quote_only": (True,),
}
"""What a library writes of fields that its user left alone, where that is not nothing."""

WHAT_IF: Mapping[str, Value] = {
    **{name: value for name, value in LIMIT.items() if name != "transmit"},
    **{name: 1000.25 + number for number, name in enumerate(MARGINS)},
    "client_id": 7,
    "what_if": True,
    "status": "PreSubmitted",
    "commission": 1.0,
    "min_commission": 0.5,
    "max_commission": 1.5,
    "commission_currency": "USD",
    "warning_text": "a warning",
}
"""What a Gateway answers to a what-if order: the order again, and what it would cost."""


def library_order(told: Mapping[str, Value]) -> list[Any]:
    """Return the arguments of ``placeOrder`` for the fields of an order."""
    contract: dict[str, Any] = {"class": "Contract"}
    order: dict[str, Any] = {"class": "Order"}
    for name, value in told.items():
        if name in {"order_id", "delta_neutral_contract"}:
            continue
        if name in OF_CONTRACT:
            put(contract, OF_CONTRACT[name], as_told(name, value))
        else:
            put(order, OF_ORDER.get(name, camel(name)), as_told(name, value))
    return [told["order_id"], contract, order]


def put(target: dict[str, Any], places: str, value: Any) -> None:
    for place in places.split("|"):
        outer, _, inner = place.rpartition(".")
        inside = target.setdefault(outer, {"class": CLASSES[outer]}) if outer else target
        inside[inner] = value


def as_told(name: str, value: Value) -> Any:
    if name == "total_quantity":
        return float(str(value))
    if name == "order_misc_options":
        return as_told("misc_options", OPTIONS)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    return [condition(item) if name == "conditions" else item_of(CLASSES[name], item) for item in value]


def item_of(of: str, item: Mapping[str, Value]) -> dict[str, Any]:
    made: dict[str, Any] = {"class": of}
    for name, value in item.items():
        put(made, LEAVES.get(name, camel(name)), value)
    return made


def condition(item: Mapping[str, Value]) -> dict[str, Any]:
    joined = {"isConjunctionConnection": item["conjunction"], "conjunction": "a" if item["conjunction"] else "o"}
    plain = {name: value for name, value in item.items() if name not in {"kind", "conjunction"}}
    return {**item_of(f"{CONDITION_CLASSES[int(str(item['kind']))]}Condition", plain), **joined}


REQUESTS: Mapping[str, tuple[Sequence[Any], str, Mapping[str, Value]]] = {
    "placeOrder limit": (library_order(LIMIT), "place_order", LIMIT),
    "placeOrder what-if": (library_order({**LIMIT, "what_if": True}), "place_order", {**LIMIT, "what_if": True}),
    "cancelOrder": ([101, {"class": "OrderCancel"}], "cancel_order", {"order_id": 101}),
    "reqGlobalCancel": ([{"class": "OrderCancel"}], "req_global_cancel", {}),
}

FAMILY = Family(
    callbacks={"open_order": CALLBACKS["open_order"]},
    objects=ORDINARY.objects,
    requests=REQUESTS,
    fixed={"": ORDINARY.fixed[""], "open_order": WHAT_IF},
    leaves=LEAVES,
    lost=ORDINARY.lost,
    unknown_to=ORDINARY.unknown_to,
    untried=ORDINARY.untried,
)


def unlike(wire: str, version: int, kind: MessageType, told: Mapping[str, Value]) -> Iterator[str]:
    """Say what we read of a request otherwise than its library was told to send."""
    (payload,) = FrameReader().feed(bytes.fromhex(wire))
    message = Codec(version).decode(payload, Sender.CLIENT)
    assert isinstance(message, Message)
    assert (message.name, message.surplus) == (kind.name, ()), version
    for field in carried(kind, message.values, version):
        got = message[field.name]
        if field.name in told:
            if not alike(told[field.name], got):
                yield f"{version}: {field.name} is {got!r}, not {told[field.name]!r}"
        elif got not in (None, "", 0, "0", (), *BY_DEFAULT.get(field.name, ())):
            yield f"{version}: {field.name} is {got!r}, and was not told"


def alike(told: Value, got: Value) -> bool:
    if not isinstance(told, Sequence) or isinstance(told, str):
        return same(told, got)
    assert isinstance(got, Sequence)
    assert not isinstance(got, str)
    pairs = [sorted(items, key=lambda item: str(item.get("tag"))) for items in (told, got)]
    return len(told) == len(got) and all(
        same(value, found[name]) for item, found in zip(*pairs, strict=True) for name, value in item.items()
    )


def everything(kind: str, variant: int, version: int) -> Mapping[str, Value]:
    """Return an order that has every field which it can have at a version, no two alike."""
    values: dict[str, Value] = {}
    flags = 0
    for number, field in enumerate(PLACE.fields, start=1):
        if field.const is None and field.name not in values and field.name not in NOT_TOLD:
            flags += field.default is False
            values[field.name] = value_of(field, number, flag=bool(flags >> variant & 1))
    assert flags < 2**VARIANTS
    values |= {**SET, **KINDS[kind]}
    there = {field.name for field in carried(PLACE, PLACE.complete(values), version) if field.since <= version}
    if version < 192:  # 187 to 189 have it in another place, where most libraries never write it
        there -= {"manual_order_indicator"}
    return {name: value for name, value in values.items() if name in there}


def able(row: str, version: int, values: Mapping[str, Value]) -> Mapping[str, Value]:
    unable = UNABLE.get(row, set()) if PLACE.encoding_at(version) is Encoding.PROTOBUF else set()
    return {name: value for name, value in values.items() if name not in unable}


@cache
def placed(row: str) -> list[tuple[int, str, Mapping[str, Value], str]]:
    """Return what a library writes for orders that have everything: version, kind, what it was told, and the bytes."""
    orders = [
        (version, f"placeOrder {kind} {variant}", able(row, version, everything(kind, variant, version)))
        for version in FAMILY.versions(row)
        for kind in KINDS
        for variant in range(VARIANTS if kind == "PEG BENCH" else 1)
    ]
    jobs = [
        {
            "version": version,
            "payloads": [],
            "requests": [[call, *library_order(told)] for at, call, told in orders if at == version],
        }
        for version in FAMILY.versions(row)
    ]
    sent = {
        (job["version"], call): wire
        for job, answer in zip(jobs, asked(row, jobs), strict=True)
        for call, wire in answer["sent"].items()
    }
    return [(version, call, told, sent[version, call]) for version, call, told in orders]


@pytest.mark.slow
def test_a_limit_order_a_what_if_order_and_the_cancellations_are_read(row: str) -> None:
    problems = [
        f"{call}: {problem}"
        for version, answer in FAMILY.run(row)
        for call, wire in answer["sent"].items()
        for problem in unlike(wire, version, catalogue().by_name[REQUESTS[call][1]], REQUESTS[call][2])
    ]
    assert problems == []


@pytest.mark.slow
def test_an_order_with_everything_set_is_read(row: str) -> None:
    problems = [
        f"{call}: {problem}"
        for version, call, told, wire in placed(row)
        for problem in unlike(wire, version, PLACE, told)
    ]
    assert problems == []


def test_a_what_if_answer_is_read_by_the_library(row: str) -> None:
    assert FAMILY.misread(row) == []


CANCELLED: Mapping[str, Value] = {
    "order_id": 101,
    "manual_cancel_time": "20261120-15:30:59",
    "ext_operator": "operator",
    "manual_order_indicator": 1,
}


def test_a_cancellation_with_everything_set_is_read(row: str) -> None:
    kind = catalogue().by_name["cancel_order"]
    told = {version: at(kind, CANCELLED, version) for version in FAMILY.versions(row)}
    jobs = [{"version": v, "payloads": [], "requests": [["cancelOrder", *library_cancel(told[v])]]} for v in told]
    answers = zip(told, asked(row, jobs), strict=True)
    problems = [p for v, answer in answers for p in unlike(answer["sent"]["cancelOrder"], v, kind, told[v])]
    assert problems == []


def at(kind: MessageType, values: Mapping[str, Value], version: int) -> Mapping[str, Value]:
    """Return what of a cancellation every library writes at a version."""
    late = {"ext_operator", "manual_order_indicator"} if version < 192 else set()
    there = {field.name for field in carried(kind, kind.complete(values), version)} - late
    return {name: value for name, value in values.items() if name in there}


def library_cancel(told: Mapping[str, Value]) -> list[Any]:
    attributes = {"manual_cancel_time": "manualOrderCancelTime"}
    rest = {attributes.get(name, camel(name)): value for name, value in told.items() if name != "order_id"}
    return [told["order_id"], {"class": "OrderCancel", **rest}]


@pytest.mark.parametrize(
    ("version", "encoding"), [(200, Encoding.TEXT), (202, Encoding.TEXT), (203, Encoding.PROTOBUF)]
)
def test_orders_are_protobuf_from_203(version: int, encoding: Encoding) -> None:
    for name in ("place_order", "cancel_order", "req_global_cancel"):
        assert catalogue().by_name[name].encoding_at(version) is encoding
