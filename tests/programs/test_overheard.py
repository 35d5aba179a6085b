"""What clients of a gateway say is kept within limits, and a digest of it says so."""

from __future__ import annotations

import pytest

from harness.programs import overheard as overheard_module
from harness.programs.asked import Asked, Outcome
from harness.programs.overheard import Overheard
from harness.wire.framing import encode_frame
from harness.wire.message import Message, Sender
from harness.wire.transcript import Change
from tests.recordings.made import ACCOUNTS, HELLO, REPLY, START, frame

NEXT_ID = frame(Message("next_valid_id", {"order_id": 1}))
POSITIONS, NO_MORE = frame(Message("req_positions")), frame(Message("position_end"))


def greet(overheard: Overheard, connection: int) -> None:
    overheard.hear(connection, Sender.CLIENT, HELLO)
    overheard.hear(connection, Sender.GATEWAY, encode_frame(REPLY))
    overheard.hear(connection, Sender.CLIENT, encode_frame(START))
    overheard.hear(connection, Sender.GATEWAY, encode_frame(ACCOUNTS) + encode_frame(NEXT_ID))


def ask(overheard: Overheard, connection: int) -> None:
    overheard.hear(connection, Sender.CLIENT, encode_frame(POSITIONS))
    overheard.hear(connection, Sender.GATEWAY, encode_frame(NO_MORE))


def came(asked: Asked) -> list[list[Outcome]]:
    return [[request.outcome for request in connection.requests] for connection in asked.connections]


def test_all_is_kept_within_the_limits() -> None:
    overheard = Overheard()
    greet(overheard, 1)
    ask(overheard, 1)
    asked = overheard.asked()
    assert (came(asked), asked.whole, asked.made_contact) == ([[Outcome.ANSWERED]], True, True)


def test_what_a_connection_says_beyond_its_limit_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    overheard = Overheard()
    monkeypatch.setattr(overheard_module, "MOST_BYTES", 200)
    greet(overheard, 1)
    for _ in range(50):
        ask(overheard, 1)
    greet(overheard, 2)
    ask(overheard, 2)
    asked = overheard.asked()
    assert not asked.whole
    assert 0 < len(asked.connections[0].requests) < 50
    assert came(asked)[1] == [Outcome.ANSWERED], "each connection has a limit of its own"


def test_when_there_is_no_room_any_more_nothing_is_taken_for_unanswered() -> None:
    overheard = Overheard(most=2600, clock=map(float, range(1000)).__next__)
    greet(overheard, 1)
    overheard.hear(1, Sender.CLIENT, encode_frame(POSITIONS))
    for connection in range(2, 6):
        greet(overheard, connection)
    overheard.hear(1, Sender.GATEWAY, encode_frame(NO_MORE))
    asked = overheard.asked()
    assert not asked.whole
    assert came(asked)[0] == [Outcome.UNKNOWN]
    assert len(asked.connections) < 5


def test_it_is_said_that_connections_came_after_there_was_no_room() -> None:
    overheard = Overheard(most=1800)
    greet(overheard, 1)
    overheard.change(1, Change.CLOSED)
    assert overheard.asked().whole
    greet(overheard, 2)
    assert not overheard.asked().whole


def test_the_end_of_a_connection_its_refusal_and_what_was_kept_back_are_in_the_digest() -> None:
    overheard = Overheard()
    greet(overheard, 1)
    overheard.keep_back(1, 3, "no orders")
    overheard.keep_back(1, 999, "not known")
    overheard.change(1, Change.HALF_CLOSED, by=Sender.GATEWAY)
    overheard.change(1, Change.CLOSED)
    overheard.change(2, Change.REFUSED, by=Sender.GATEWAY, reason="nobody is there")
    greet(overheard, 3)
    overheard.change(3, Change.HELD_BACK, reason="a live account")
    asked = overheard.asked()
    first, third = asked.connections
    assert (first.ended_by, first.held_back, third.held_back) == (Sender.GATEWAY, "", "a live account")
    assert [(each.name, each.outcome, each.errors[0].text) for each in first.requests] == [
        ("place_order", Outcome.KEPT_BACK, "no orders"),
        ("message 999", Outcome.KEPT_BACK, "not known"),
    ]
    assert (asked.refused, asked.others) == (1, 0)
