"""The days that are built in, played from beginning to end to a client that comes back after each restart."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest

from harness.gateways.simulator.days.files import find
from harness.wire.message import Message, Value
from tests.gateways.simulator.days.passing import HEARS, QUOTES, WATCHES, Passing, errors, run
from tests.gateways.simulator.talk import Client, until, until_gone

EASTERN = ZoneInfo("US/Eastern")
BROKEN, WELL = [*8 * [2103], *4 * [2105], 2157], [*8 * [2104], *4 * [2106], 2158]
AWAKE_BROKEN, AWAKE_WELL = [*5 * [2103], *2 * [2105], 2157], [*5 * [2104], *2 * [2106], 2158]
"""On a weekday the farms of Europe and Asia sleep."""

Told = list[tuple[str, list[Value] | str]]


async def played(name: str, start: str, hours: float) -> Told:
    """Play a day; return at which times of New York the client was told which codes, lost its socket or got it back."""
    begins = dt.datetime.fromisoformat(start).replace(tzinfo=EASTERN).timestamp()
    found: Told = []
    async with Passing(find(name), begins, seed=None) as passing:
        await passing.clients.pop(HEARS).leave()
        await until_gone(passing.gateway, HEARS)
        client_id = min(passing.clients)
        while (due := await passing.clock.awaited()) <= begins + hours * 3600:
            passing.clock.step(due - passing.clock.now())
            when = f"{dt.datetime.fromtimestamp(due, EASTERN):%a %H:%M:%S}"
            if passing.clients and (codes := await _heard(passing, client_id)) is not None:
                found.append((when, codes))
            elif passing.clients:
                await passing.clients.pop(client_id).leave()
                found.append((when, "ended"))
                await until(lambda: not passing.gateway.clients)
                with pytest.raises(ConnectionRefusedError):
                    await Client.connect(passing.gateway.port)
            else:
                await until(lambda: not passing.gateway._listener.is_shut)
                client_id += 1
                await passing.connect(client_id)
                found.append((when, "back"))
    return found


async def _heard(passing: Passing, client_id: int) -> list[Value] | None:
    """The codes that came; ``None`` if the connection has ended."""
    try:
        return [code for code, _ in errors(await passing.asked(client_id))]
    except (AssertionError, ConnectionError):
        return None


def test_an_ordinary_weekday() -> None:
    flaps = [[2103, 2103, 2105], [2104, 2104, 2106]]
    assert run(played("weekday", "2026-12-02T00:00:00", 24)) == [
        ("Wed 00:15:00", [2103, 2103, 2105, 2157]),
        ("Wed 00:15:04", [2104, 2104, 2106, 2158]),
        ("Wed 00:31:00", [*AWAKE_BROKEN, 1100]),
        ("Wed 00:31:40", [1102, *AWAKE_WELL]),
        ("Wed 01:10:00", flaps[0]),
        ("Wed 01:10:12", flaps[1]),
        ("Wed 01:20:00", flaps[0]),
        ("Wed 01:20:12", flaps[1]),
        ("Wed 01:30:00", flaps[0]),
        ("Wed 01:30:12", flaps[1]),
        ("Wed 03:30:00", [2107, 2107]),
        ("Wed 20:30:00", [2108, 2107]),
        ("Wed 23:45:00", "ended"),
        ("Wed 23:45:35", "back"),
    ]


def test_a_sunday_on_which_somebody_must_log_in() -> None:
    assert run(played("sunday", "2026-12-06T00:00:00", 24)) == [
        ("Sun 01:00:00", "ended"),
        ("Sun 17:15:00", "back"),
        ("Sun 17:20:00", [2105]),
        ("Sun 17:20:08", [2106]),
        ("Sun 17:21:00", [2172]),
    ]


def test_a_bad_night() -> None:
    told = run(played("bad-night", "2026-12-02T23:00:00", 3))
    assert told[:2] == [("Wed 23:45:00", "ended"), ("Wed 23:45:35", "back")]
    kinds = [(codes[0] if len(codes) < 14 else codes[0 if codes[0] in {1101, 1102} else -1]) for _, codes in told[2:]]
    assert [(kind, len(list(same))) for kind, same in groupby(kinds)][:2] == [(1100, 1), (1102, 1)]
    assert kinds == [*12 * [1100, 1102], 1100, 1101, 1100, 1102, 2106, 2110]
    assert told[2:4] == [("Thu 00:15:00", [*BROKEN, 1100]), ("Thu 00:15:20", [1102, *WELL])]


def test_a_takeover() -> None:
    async def scenario() -> tuple[list[Message], ...]:
        async with Passing(find("takeover")) as passing:
            await passing.asked(WATCHES, QUOTES)
            before, taken = (await passing.passes(29.5))[WATCHES], (await passing.passes(0.5))[WATCHES]
            rests, later = (await passing.passes(179.5))[WATCHES], (await passing.passes(10))[WATCHES]
            return before, taken, rests, later

    before, taken, rests, later = run(scenario())
    assert before
    assert errors(taken) == [(10197, 3)]
    assert rests == []
    assert {message.name for message in later} >= {"tick_price", "tick_size"}
    assert errors(later) == []
