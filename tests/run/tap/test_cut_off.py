"""A gateway that sends more than any does is cut off from its client, and the transcript says what was too much."""

from __future__ import annotations

from contextlib import suppress

import pytest

from harness.run.tap.recorder import Limits
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Sender
from harness.wire.transcript import Change, Event
from tests.diagnose.control.listeners import frame
from tests.run.tap.sockets import run, tapped

HELLO = Hello(min_version=100, max_version=176).encode()
REPLY = VersionReply(server_version=176, connection_time="20261129 01:00:00 US/Eastern").encode()
NOTICE = frame(4, 2, -1, 2104, "Market data farm connection is OK:usfarm", "")
BAR = frame(17, 1, "x" * 10_000)


def met(limits: Limits, said: bytes) -> tuple[bool, list[Event]]:
    """Return whether the client heard all that the gateway said, and what became of the connection."""

    async def scenario() -> tuple[bool, list[Event]]:
        async with tapped(limits) as gateway:
            talk = await gateway.connect()
            await talk.client.say(HELLO)
            await talk.gateway.hear()
            await talk.gateway.say(REPLY + said)
            talk.gateway.end()
            heard = b""
            with suppress(ConnectionResetError):
                heard = await talk.client.hear_all()
            with suppress(OSError):  # which is no more, where it was cut off
                talk.client.end()
        return heard == REPLY + said, [each for each in gateway.tap.transcript.entries if isinstance(each, Event)]

    whole, events = run(scenario)
    return whole, events


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(most_messages=10), NOTICE * 10),
        (Limits(gateway=100, most_messages=10), NOTICE * 10),
        (Limits(gateway=0, most_messages=20_000), NOTICE * 20_000),
        (Limits(most_bytes=50_000), BAR * 5),
        (Limits(most_bytes=2000), b"\xff" * 2000),
    ],
    ids=[
        "messages",
        "messages not kept",
        "more messages than are told one by one",
        "bytes",
        "bytes that are no messages",
    ],
)
def test_what_is_over_a_limit_is_cut_off_and_nothing_else_is(limits: Limits, said: bytes) -> None:
    whole, events = met(limits, said)
    assert not whole
    assert [(each.change, each.by) for each in events][1:] == [(Change.CUT_OFF, Sender.GATEWAY)]
    assert any(f"{each:,}" in str(events[1].reason) for each in (limits.most_messages, limits.most_bytes))

    more = Limits(
        gateway=limits.gateway, most_messages=limits.most_messages + 1, most_bytes=limits.most_bytes + len(said)
    )
    whole, events = met(more, said)
    assert whole
    assert not any(each.change is Change.CUT_OFF for each in events)
