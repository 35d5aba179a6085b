"""Which recorded client a client of a replayed gateway is taken for, and how it starts."""

from __future__ import annotations

import pytest

from harness.gateways.replay.server import ReplayedGateway
from harness.recordings.recording import Framed, Recording
from harness.shared.errors import GatewayError
from harness.wire.message import Message, Sender
from tests.gateways.replay.asking import Asker, joined, names, replayed
from tests.gateways.simulator.talk import run
from tests.recordings.making import ACCOUNT, Script, recorded

EUR = {"symbol": "EUR", "sec_type": "CASH", "exchange": "IDEALPRO", "currency": "USD"}


def test_it_announces_no_more_than_was_recorded_and_says_what_the_gateway_said_at_the_start() -> None:
    script = Script()
    script.says(script.connect(178), "error", req_id=-1, code=2104, text="Market data farm connection is OK:usfarm")

    async def talk(port: int) -> tuple[int, list[Message], Message]:
        async with joined(port, version=226) as asker:
            return asker.version, asker.greeting, await asker.message()

    version, greeting, notice = replayed(script.recording(), talk)
    assert version == 178
    assert names(greeting) == ["managed_accounts", "next_valid_id"]
    assert (greeting[0]["accounts"], notice["code"]) == (ACCOUNT, 2104)


def test_a_client_that_speaks_nothing_that_was_recorded_is_let_go() -> None:
    script = Script()
    script.connect(178)

    async def talk(port: int) -> bool:
        asker = await Asker.connect(port, 226, minimum=200)
        asker.writer.write(asker.side.greet())
        try:
            return await asker.ended()
        finally:
            await asker.leave()

    assert replayed(script.recording(), talk)


def test_a_client_is_answered_as_the_recorded_one_that_is_most_like_it() -> None:
    script = Script()
    for version, client_id in ((176, 7), (223, 8)):
        one = script.connect(version, client_id=client_id)
        script.asks(one, "req_current_time")
        script.says(one, "current_time", time=version)
    only_there = script.connect(176, client_id=9)
    script.asks(only_there, "req_contract_data", req_id=1, **EUR)
    script.says(only_there, "contract_data_end", req_id=1)

    async def talk(port: int) -> list[tuple[int, int, list[str]]]:
        seen = []
        for number, version in enumerate((176, 223, 226), start=50):
            async with joined(port, version=version, client_id=number) as asker:
                (told,) = await asker.asked("req_current_time")
                lent = await asker.asked("req_contract_data", req_id=4, **EUR)
                seen.append((asker.version, told.number("time"), names(lent)))
        return seen

    assert replayed(script.recording(), talk) == [
        (176, 176, ["contract_data_end"]),
        (223, 223, ["contract_data_end"]),
        (223, 223, ["contract_data_end"]),
    ]


@pytest.mark.parametrize(("ids", "told"), [((50, 51), [7, 8]), ((50, 8), [7, 8]), ((8, 7), [8, 7])])
def test_of_equal_hellos_that_of_the_same_client_counts_or_the_next_whoever_else_was_there(
    ids: tuple[int, int], told: list[int]
) -> None:
    script = Script()
    for client_id in (7, 8):
        one = script.connect(178, client_id=client_id)
        script.asks(one, "req_current_time")
        script.says(one, "current_time", time=client_id)

    async def talk(port: int) -> list[int]:
        async with joined(port, version=223, client_id=90):
            seen = []
            for client_id in ids:
                async with joined(port, version=178, client_id=client_id) as asker:
                    seen += [each.number("time") for each in await asker.asked("req_current_time")]
            return seen

    assert replayed(script.recording(), talk) == told


def test_a_client_id_is_taken_while_its_client_is_connected() -> None:
    script = Script()
    script.connect(client_id=7)
    refused = script.connect(client_id=7, start=False)
    script.asks(refused, "start_api", client_id=7)
    script.says(refused, "error", req_id=-1, code=326, text="taken, it said")
    script.ends(refused, Sender.GATEWAY)

    async def talk(port: int) -> tuple[Message, bool]:
        async with joined(port, client_id=50):
            second = await Asker.connect(port, 178)
            await second.greet()
            second.say(Message("start_api", {"client_id": 50}))
            told = await second.message(), await second.ended()
            await second.leave()
        async with joined(port, client_id=50):
            return told

    told, ended = replayed(script.recording(), talk)
    assert (told["code"], told["text"], ended) == (326, "taken, it said", True)


def test_a_client_that_is_forgotten_begins_again() -> None:
    script = Script()
    one = script.connect()
    for moment in (1, 2):
        script.asks(one, "req_current_time")
        script.says(one, "current_time", time=moment)
    script.ends(one)
    two = script.connect()
    script.asks(two, "req_current_time")
    script.says(two, "current_time", time=3)

    async def inside() -> list[int]:
        told = []
        async with ReplayedGateway(script.recording()) as gateway:
            for forgets in (False, True, False):
                async with joined(gateway.port) as asker:
                    told += [each.number("time") for each in await asker.asked("req_current_time")]
                if forgets:
                    gateway.forget(50)
        return told

    assert run(inside()) == [1, 3, 1]


def test_a_recording_of_which_nobody_started_the_api_cannot_be_replayed() -> None:
    frames = [Framed(at=1.0, connection=1, sender=sender, payload=b"71\x002\x00") for sender in Sender]
    with pytest.raises(GatewayError, match="no client that started"):
        ReplayedGateway(recorded(frames))
    greeted = Script()
    greeted.connect(start=False)
    with pytest.raises(GatewayError, match="no client that started"):
        ReplayedGateway(greeted.recording())


def unready(seconds: float, *, omitted: bool = False, by: Sender | None = None) -> Recording:
    """Give a recording of a client that hears its accounts and no next valid id, and then nothing for some seconds."""
    script = Script()
    one = script.connect(start=False)
    script.asks(one, "start_api", client_id=7)
    script.says(one, "managed_accounts", accounts=ACCOUNT)
    if omitted:
        script.omits(one)
    script.waits(seconds)
    if by is not None:
        script.ends(one, by)
    return script.recording()


@pytest.mark.parametrize(
    "cut", [unready(0.5), unready(0.5, by=Sender.CLIENT), unready(9.0, omitted=True)], ids=["early", "left", "omitted"]
)
def test_a_start_that_is_cut_in_the_recording_is_not_played_as_one_that_the_gateway_never_finished(
    cut: Recording,
) -> None:
    with pytest.raises(GatewayError, match="whole start"):
        ReplayedGateway(cut)


@pytest.mark.parametrize("waited", [unready(9.0), unready(0.5, by=Sender.GATEWAY)], ids=["silent", "ended"])
def test_a_start_that_the_gateway_never_finished_is_played_as_it_was(waited: Recording) -> None:
    async def talk(port: int) -> str:
        client = await Asker.connect(port, 178)
        await client.greet()
        client.say(Message("start_api", {"client_id": 50}))
        heard = await client.message()
        await client.leave()
        return heard.name

    assert replayed(waited, talk) == "managed_accounts"
