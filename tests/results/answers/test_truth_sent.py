"""Which answer belongs to which request, where neither has a number, and until when a subscription must be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.checks.check import NOTHING_CAME
from harness.results.answers.truth_sent import heard
from harness.shared.evidence import CheckRecord
from harness.shared.status import Status
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender
from harness.wire.transcript import Transcript
from harness.wire.transcript_words import Line

BEGAN = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)
TRANSCRIPT = Transcript(began=BEGAN, listened=("127.0.0.1", 1), gateway=("127.0.0.1", 2), entries=())
ASKED = 5.0
"""Seconds after which the check asks."""

CHECK = CheckRecord(
    name="open_orders", status=Status.PASS, seconds=2.0, detail={"records": []}, began=BEGAN.timestamp() + ASKED - 0.1
)


def said(at: float, sender: Sender, what: Hello | VersionReply | Message) -> Line:
    return Line(at=at, connection=1, sender=sender, text="", spoken=what)


GREETING = [
    said(0.0, Sender.CLIENT, Hello(min_version=157, max_version=178)),
    said(0.1, Sender.GATEWAY, VersionReply(server_version=178, connection_time="")),
]


@pytest.mark.parametrize("earlier", ["req_open_orders", "req_all_open_orders"])
@pytest.mark.parametrize("ended", [True, False], ids=["ended", "still open"])
def test_an_end_that_may_be_of_an_earlier_request_is_no_answer_to_this_one(earlier: str, *, ended: bool) -> None:
    lines = [
        *GREETING,
        said(1.0, Sender.CLIENT, Message(earlier)),
        *([said(2.0, Sender.GATEWAY, Message("open_orders_end"))] if ended else []),
        said(ASKED, Sender.CLIENT, Message("req_all_open_orders")),
        said(6.0, Sender.GATEWAY, Message("open_orders_end")),
    ]

    assert ("open_orders" in heard(TRANSCRIPT, lines, [CHECK])) is ended


TICK: dict[str, int | float | str] = {
    "last_time": 1,
    "last_price": 1.0,
    "last_size": "1",
    "last_exchange": "IEX",
    "last_conditions": "",
}


def row(number: int, side: int, position: int) -> Message:
    where = {"req_id": number, "side": side, "position": position, "operation": 0}
    return Message("market_depth_l2", {**where, "market_maker": "IEX", "price": 1.0, "size": "1"})


@pytest.mark.parametrize(
    ("last", "ended", "must"),
    [(5.1, 5.2, True), (5.1, 9.0, True), (8.5, 9.0, False), (9.1, 9.0, False), (5.3, 5.2, False)],
    ids=["at once", "long before", "just before", "just after", "after it was ended at once"],
)
def test_a_row_that_comes_as_a_library_ends_its_book_need_not_have_been_read(
    last: float, ended: float, *, must: bool
) -> None:
    """Only the first book takes so long; the other one follows when it is ended."""
    places = [(side, position) for side in (0, 1) for position in range(4)]
    first = [said(5.1, Sender.GATEWAY, row(1, *place)) for place in places[:-1]]
    second = [said(ended, Sender.GATEWAY, row(2, side, 0)) for side in (0, 1)]
    lines = [
        *GREETING,
        said(ASKED, Sender.CLIENT, Message("req_market_depth", {"req_id": 1})),
        *first,
        said(last, Sender.GATEWAY, row(1, *places[-1])),
        said(ended, Sender.CLIENT, Message("cancel_market_depth", {"req_id": 1})),
        said(ended, Sender.CLIENT, Message("req_market_depth", {"req_id": 2})),
        *second,
        said(ended + 0.1, Sender.CLIENT, Message("cancel_market_depth", {"req_id": 2})),
    ]
    check = replace(CHECK, name="market_depth", seconds=5.0)
    told = heard(TRANSCRIPT, sorted(lines, key=lambda line: line.at), [check])
    assert ("market_depth" in told) is must


@pytest.mark.parametrize(("second", "is_known"), [(None, True), (5.3, False), (6.5, False)])
def test_what_came_of_the_first_request_is_not_what_the_second_waited_for(
    second: float | None, *, is_known: bool
) -> None:
    """With a short timeout the second is asked in the last second, of which nothing is looked at."""
    asked = [ASKED] if second is None else [ASKED, second]
    tick = Message("tick_by_tick", {"req_id": 1, "tick_type": 1, **TICK})
    lines = [
        *GREETING,
        *(
            said(at, Sender.CLIENT, Message("req_tick_by_tick", {"req_id": number}))
            for number, at in enumerate(asked, 1)
        ),
        said(5.1, Sender.GATEWAY, tick),
    ]
    waited = replace(CHECK, name="tick_by_tick", status=Status.SKIPPED, detail={NOTHING_CAME: "no answer"})
    told = heard(TRANSCRIPT, sorted(lines, key=lambda line: line.at), [waited])
    assert ("tick_by_tick" in told) is is_known
