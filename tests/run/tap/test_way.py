"""How good the way to each side was: on this computer's own loopback, and in a network that is slow and lossy."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys

import pytest

from campaigns.surroundings import network, no_network
from campaigns.targets import ROOT
from harness.run.tap.way import Way, way_of
from harness.wire.message import Sender
from harness.wire.transcript import Leg, Transcript
from tests.run.tap.sockets import run, tapped

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how good a way is")
TIMES = 40


async def through_a_tap() -> Transcript:
    """Let a client and a gateway answer each other many times, a tap between them, until both have left."""
    async with tapped() as gateway:
        talk = await gateway.connect()
        for _ in range(TIMES):
            await talk.client.say(b"x")
            await talk.gateway.hear()
            await talk.gateway.say(b"y")
            await talk.client.hear()
        talk.client.leave()
        talk.gateway.leave()
    return gateway.tap.transcript


def legs(transcript: Transcript) -> dict[Sender, Leg]:
    return {entry.to: entry for entry in transcript.entries if isinstance(entry, Leg)}


def test_nothing_is_told_of_a_way_within_this_computer() -> None:
    assert legs(run(through_a_tap)) == {}


@linux
def test_a_way_is_measured_from_the_first_packet_on() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, socket.create_connection(listener.getsockname()) as here:
        way = way_of(here)
    assert way is not None
    assert way.round_trip > 0
    assert way.is_good


def test_nothing_is_known_of_a_socket_that_has_gone() -> None:
    with socket.socket() as gone:
        pass
    assert way_of(gone) is None


class Told(socket.socket):
    """A socket of which the system tells what it is given."""

    def __init__(self, again: int, twice: int, out_of_order: int) -> None:
        super().__init__()
        self._told = struct.pack("=100xI44xI64xI4xI", again, 20, twice, out_of_order)

    def getsockopt(self, *_: int) -> bytes:  # type: ignore[override]
        return self._told


@linux
def test_what_was_sent_again_and_came_twice_was_not_lost() -> None:
    """As where a receipt is slow, because the other side did not get the processor."""
    with Told(4, 4, 0) as late, Told(4, 1, 0) as sent, Told(0, 0, 2) as received:
        assert [way_of(each) for each in (late, sent, received)] == [
            Way(round_trip=20e-6, lost=0),
            Way(round_trip=20e-6, lost=3),
            Way(round_trip=20e-6, lost=2),
        ]


def test_a_good_way_is_quick_and_loses_nothing() -> None:
    assert Way(round_trip=0.0, lost=0).is_good
    assert Way(round_trip=0.0049, lost=0).is_good
    assert not Way(round_trip=0.005, lost=0).is_good
    assert not Way(round_trip=0.0, lost=1).is_good


def in_a_network_of_its_own(*, delay: float, loss: float) -> dict[str, list[float]]:
    """Of the ways to both sides, the round trip and what was lost, by the side's name."""
    if (why := no_network()) is not None:
        pytest.skip(why)
    words = network([sys.executable, "-m", "tests.run.tap.test_way"], delay=delay, loss=loss, seed="7")
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(words, env=given, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, list[float]] = json.loads(ended.stdout)
    return told


@pytest.mark.slow
@linux
def test_a_way_that_is_long_is_told_of_for_both_sides() -> None:
    told = in_a_network_of_its_own(delay=0.01, loss=0)
    assert set(told) == {"client", "gateway"}
    assert all(round_trip >= 0.02 and lost == 0 for round_trip, lost in told.values())


@pytest.mark.slow
@linux
def test_packets_that_are_lost_are_counted() -> None:
    told = in_a_network_of_its_own(delay=0, loss=0.1)
    assert all(lost > 0 for _, lost in told.values())
    assert set(told) == {"client", "gateway"}


if __name__ == "__main__":
    sys.stdout.write(
        json.dumps({leg.to.value: [leg.round_trip, leg.lost] for leg in legs(run(through_a_tap)).values()})
    )
