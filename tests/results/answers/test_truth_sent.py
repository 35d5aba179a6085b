"""Which answer belongs to which request, where neither has a number."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

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


@pytest.mark.parametrize("earlier", ["req_open_orders", "req_all_open_orders"])
@pytest.mark.parametrize("ended", [True, False], ids=["ended", "still open"])
def test_an_end_that_may_be_of_an_earlier_request_is_no_answer_to_this_one(earlier: str, *, ended: bool) -> None:
    lines = [
        said(0.0, Sender.CLIENT, Hello(min_version=157, max_version=178)),
        said(0.1, Sender.GATEWAY, VersionReply(server_version=178, connection_time="")),
        said(1.0, Sender.CLIENT, Message(earlier)),
        *([said(2.0, Sender.GATEWAY, Message("open_orders_end"))] if ended else []),
        said(ASKED, Sender.CLIENT, Message("req_all_open_orders")),
        said(6.0, Sender.GATEWAY, Message("open_orders_end")),
    ]

    assert ("open_orders" in heard(TRANSCRIPT, lines, [CHECK])) is ended
