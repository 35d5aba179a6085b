"""Historical bars of the catalogue against the real libraries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.wire.catalogue import Field, MessageType, catalogue
from harness.wire.message import Message, Value
from tests.wire.against import Family, Part, camel
from tests.wire.test_contracts_against_libraries import AS_SENT, ASKED

ENDS_ITSELF_BEFORE = 196
"""Server version from which the end of bars is a message of its own."""

FRACTIONS_SINCE = 163
"""Server version from which sizes may be fractions; the client of 9.81 reads whole ones only."""


def bars(*, fractions: bool) -> tuple[dict[str, Value], ...]:
    part = ".5" if fractions else ""
    return tuple(
        {
            "date": f"20261120 15:3{row}:00 US/Eastern",
            **{name: 100.25 + row * 4 + place for place, name in enumerate(("open", "high", "low", "close"))},
            "volume": f"100{row}{part}",
            "wap": f"101.{row}5",
            "bar_count": 7 + row,
        }
        for row in range(2)
    )


BAR = ("date", "open", "high", "low", "close", "volume", "wap", "bar_count")


class History(Family):
    """Bars come one by one, and before their end is a message, with it."""

    def sent(self, version: int) -> list[Message]:
        """Return the messages of the family, with bars that the libraries of that time can read."""
        return [
            replace(message, values={**message.values, "bars": bars(fractions=version >= FRACTIONS_SINCE)})
            if "bars" in message.values
            else message
            for message in super().sent(version)
        ]

    def parts(self, message: Message, version: int) -> Iterator[Part]:
        """Yield a callback a bar, and the end where the bars say it."""
        kind = catalogue().by_name[message.name]
        if kind.name != "historical_data":
            yield from super().parts(message, version)
            return
        (req_id,) = (field for field in kind.fields if field.name == "req_id")
        (listed,) = (field for field in kind.fields if field.name == "bars")
        values = kind.complete(message.values)
        assert isinstance(values["bars"], tuple)
        for bar in values["bars"]:
            yield piece(kind, "bar", (req_id, *listed.items)), {"req_id": values["req_id"], **bar}
        if version < ENDS_ITSELF_BEFORE:
            fields = tuple(field for field in kind.fields if field.name in {"req_id", "start", "end"})
            yield piece(kind, "end of bars", fields), {name: values[name] for name in ("req_id", "start", "end")}


def piece(kind: MessageType, name: str, fields: tuple[Field, ...]) -> MessageType:
    return replace(kind, name=name, fields=fields, defaults={field.name: field.default for field in fields})


def of_bar(name: str) -> str:
    return {"wap": "wap|average"}.get(name, camel(name)) if name in BAR else ""


WHEN = ["20261120 16:00:00", "2 D", "1 hour", "TRADES"]
ASKED_BARS: dict[str, Value] = {
    "end": "20261120 16:00:00",
    "duration": "2 D",
    "bar_size": "1 hour",
    "use_rth": True,
    "what_to_show": "TRADES",
    "format_date": 2,
}
LEGS: list[dict[str, Any]] = [
    {"class": "ComboLeg", "conId": 1, "ratio": 2, "action": "BUY", "exchange": "CBOE"},
    {"class": "ComboLeg", "conId": 3, "ratio": 4, "action": "SELL", "exchange": "CBOE"},
]
LEGS_AS_SENT = tuple(
    {"con_id": leg["conId"], "ratio": leg["ratio"], "action": leg["action"], "exchange": leg["exchange"]}
    for leg in LEGS
)

FAMILY = History(
    callbacks={
        "historical_data": ("", ()),
        "historical_data_update": ("historicalDataUpdate", ("req_id", "<bar>")),
        "historical_data_end": ("historicalDataEnd", ("req_id", "start", "end")),
        "bar": ("historicalData", ("req_id", "<bar>")),
        "end of bars": ("historicalDataEnd", ("req_id", "start", "end")),
    },
    objects={"<bar>": of_bar},
    fixed={"historical_data_update": {"volume": "1000"}},
    requests={
        "reqHistoricalData": (
            [
                7,
                {**ASKED, "includeExpired": True},
                *WHEN,
                True,
                2,
                False,
                [{"class": "TagValue", "tag": "a", "value": "b"}],
            ],
            "req_historical_data",
            {
                "req_id": 7,
                **AS_SENT,
                "include_expired": True,
                **ASKED_BARS,
                "chart_options_text": "a=b;",
                "chart_options": ({"tag": "a", "value": "b"},),
            },
        ),
        "reqHistoricalData of-legs": (
            [8, {**ASKED, "secType": "BAG", "comboLegs": LEGS}, *WHEN, False, 1, True, []],
            "req_historical_data",
            {
                "req_id": 8,
                **AS_SENT,
                **ASKED_BARS,
                "sec_type": "BAG",
                "use_rth": False,
                "format_date": 1,
                "keep_up_to_date": True,
                "combo_legs": LEGS_AS_SENT,
            },
        ),
        "cancelHistoricalData": ([9], "cancel_historical_data", {"req_id": 9}),
    },
    since={"historical_data_end": ENDS_ITSELF_BEFORE},
)


def test_every_bar_that_we_send_arrives_where_the_library_keeps_it(row: str) -> None:
    assert FAMILY.misread(row) == []


def test_every_request_of_the_library_is_read_with_its_values_and_written_byte_for_byte(row: str) -> None:
    FAMILY.assert_requests_understood(row)
