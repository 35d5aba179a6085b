"""What a client hears of a gateway whose version reply, start or answers are wrong: byte by byte, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from harness.known.scenarios import find
from harness.shared.errors import UsageError
from harness.wire.message import Message, Value
from tests.gateways.simulator.raw import FIN, HELLO, MUCH, START_API, Raw, playing
from tests.gateways.simulator.talk import Client, connected, run, simulated

NOTICES = [2104, 2106, 2158]
DESUPPORT = 2172


@pytest.mark.parametrize(
    ("name", "behaviour"),
    [
        ("late-version-reply", {"version_delay": 3.0}),
        ("pending-dialog", {"version_delay": 2.0}),
        ("old-version", {"server_version": 76}),
        ("wedges", {"wedges_after": 1}),
        ("few-clients", {"max_clients": 1}),
        ("trickle", {"bytes_per_second": 20}),
        ("ipv4-only", {"host_name": "localhost"}),
        ("redirects", {"redirects_to": "127.0.0.1:4001"}),
        ("speaks-ssh", {"door": "speaks-ssh", "banner": "SSH-2.0-OpenSSH_9.6"}),
    ],
)
def test_a_fault_that_has_parameters_sets_them(name: str, behaviour: dict[str, object]) -> None:
    assert find(name).behaviour.given == behaviour


@pytest.mark.parametrize("name", ["late-version-reply", "pending-dialog"])
def test_the_version_reply_is_not_sent_before_it_is_due_and_then_all_goes_on(name: str) -> None:
    async def scenario() -> None:
        clock = asyncio.get_running_loop().time
        async with playing(name, version_delay=0.2) as gateway:
            before = clock()
            with Raw(gateway.port) as client:
                await client.send()
                assert await client.hears_nothing()
                assert (await client.frame()).startswith(b"178\0")
                assert clock() - before >= 0.2
            async with connected(gateway, 7) as other:
                assert await other.answers()

    run(scenario())


def test_a_gateway_that_ends_does_not_wait_for_the_version_reply() -> None:
    async def scenario() -> None:
        async with playing("late-version-reply", version_delay=10_000.0) as gateway:
            with Raw(gateway.port) as client:
                await client.send()
                assert await client.hears_nothing()

    run(scenario())


@pytest.mark.parametrize(("version", "minimum"), [(76, 100), (38, 157), (99, 226)])
def test_an_old_version_is_answered_whatever_the_client_announced(version: int, minimum: int) -> None:
    async def scenario() -> list[str]:
        async with playing("old-version", server_version=version) as gateway:
            client = await Client.connect(gateway.port, minimum=minimum)
            assert (await client.greet()).server_version == version
            heard = [message.name for message in await client.start(7)]
            await client.leave()
            return heard

    assert run(scenario()) == ["managed_accounts", "next_valid_id", "error", "error", "error"]


@pytest.mark.parametrize(
    ("name", "behaviour", "reply"),
    [
        ("malformed-version-reply", {}, b"\0\0\0\4" + b"178\0"),
        ("malformed-version-reply", {"version_payload": "00ff"}, b"\0\0\0\2" + b"\0\xff"),
        ("redirects", {}, b"\0\0\0\x12" + b"-1\0" + b"127.0.0.1:4001\0"),
        ("redirects", {"redirects_to": "gw:7"}, b"\0\0\0\x08" + b"-1\0" + b"gw:7\0"),
    ],
)
def test_after_a_wrong_version_reply_the_gateway_is_silent_until_the_client_leaves(
    name: str, behaviour: dict[str, str], reply: bytes
) -> None:
    async def scenario() -> tuple[bytes, tuple[bytes, str]]:
        async with playing(name, **behaviour) as gateway:
            with Raw(gateway.port) as client:
                await client.send(HELLO + START_API)
                first = await client.read(len(reply))
                await client.send(START_API)
                assert await client.hears_nothing()
                return first, await client.leave()

    assert run(scenario()) == (reply, (b"", FIN))


@pytest.mark.parametrize("length", [0x200_0000, 0xFFFF_FFFF])
def test_an_oversized_frame_has_a_length_that_no_frame_has_and_the_reply_behind_it(length: int) -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("oversized-frame", version_length=length) as gateway:
            with Raw(gateway.port) as client:
                await client.send()
                assert await client.read(8) == length.to_bytes(4, "big") + b"178\0"
                return await client.leave()

    time, end = run(scenario())
    assert len(time.split(b"\0")) == 2
    assert end == FIN
    assert find("oversized-frame").behaviour.version_length == 0x200_0000 > 16 << 20


@pytest.mark.parametrize("sent", [HELLO, HELLO + START_API])
def test_closes_after_version_ends_before_start_api_is_heard(sent: bytes) -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("closes-after-version") as gateway:
            with Raw(gateway.port) as client:
                await client.send(sent)
                assert (await client.frame()).startswith(b"178\0")
                await client.send(START_API)
                end = await client.rest()
                assert not gateway.clients
                return end

    assert run(scenario()) == (b"", FIN)


async def refusal(port: int, client_id: int) -> tuple[object, bool]:
    client = await Client.connect(port)
    await client.greet()
    client.say(Message("start_api", {"client_id": client_id}))
    code = (await client.message())["code"]
    ended = await client.ended()
    await client.leave()
    return code, ended


def test_closes_after_version_is_no_reset_though_bytes_are_on_their_way() -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("closes-after-version") as gateway:
            with Raw(gateway.port) as client:
                _, end = await asyncio.gather(client.send(HELLO + MUCH), client.rest())
                return end

    reply, end = run(scenario())
    assert reply[4:].startswith(b"178\0")
    assert end == FIN


@pytest.mark.parametrize("client_id", [0, 1, 7, 7399, 2**31 - 1])
def test_client_id_in_use_refuses_every_client_id(client_id: int) -> None:
    async def scenario() -> tuple[object, bool]:
        async with playing("client-id-in-use") as gateway:
            return await refusal(gateway.port, client_id)

    assert run(scenario()) == (326, True)


def test_only_the_held_client_ids_are_refused() -> None:
    async def scenario() -> list[tuple[object, bool]]:
        async with playing("client-id-in-use", held_client_ids=[[1, 1], [7, 9]]) as gateway:
            for free in (0, 2, 6, 10):
                async with connected(gateway, free) as client:
                    assert await client.answers()
            return [await refusal(gateway.port, held) for held in (1, 7, 9)]

    assert run(scenario()) == 3 * [(326, True)]


def test_closes_after_start_hears_start_api_and_closes_without_a_word() -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("closes-after-start") as gateway:
            with Raw(gateway.port) as client:
                await client.send()
                assert (await client.frame()).startswith(b"178\0")
                assert await client.hears_nothing()
                await client.send(START_API)
                return await client.rest()

    assert run(scenario()) == (b"", FIN)


def test_silent_after_start_takes_the_client_and_says_nothing_more() -> None:
    async def scenario() -> tuple[bytes, str]:
        async with playing("silent-after-start") as gateway:
            with Raw(gateway.port) as client:
                await client.send()
                assert (await client.frame()).startswith(b"178\0")
                await client.send(START_API + b"\0\0\0\5" + b"49\0" + b"1\0")
                assert await client.hears_nothing()
                assert gateway.clients == {7}
                return await client.leave()

    assert run(scenario()) == (b"", FIN)


async def heard_at_the_start(scenario: str | None, **behaviour: object) -> list[Message]:
    """What comes after START_API, up to the answer to a request."""
    async with playing(scenario, **behaviour) if scenario else simulated("10.45") as gateway:
        client = await Client.connect(gateway.port)
        await client.greet()
        client.say(Message("start_api", {"client_id": 7}))
        heard = await client.ask(Message("req_current_time"), end="current_time")
        await client.leave()
        return heard[:-1]


def names(heard: list[Message]) -> list[str]:
    return [message.name for message in heard if message.name != "error"]


def codes(heard: list[Message]) -> list[object]:
    return [message["code"] for message in heard if message.name == "error"]


@pytest.mark.parametrize(
    ("scenario", "says", "notices"),
    [
        (None, ["managed_accounts", "next_valid_id"], [*NOTICES, DESUPPORT]),
        ("no-accounts", ["next_valid_id"], [*NOTICES, DESUPPORT]),
        ("no-next-valid-id", ["managed_accounts"], [*NOTICES, DESUPPORT]),
        ("disconnected", ["managed_accounts", "next_valid_id"], [*NOTICES, 1100, 2110, DESUPPORT]),
    ],
)
def test_what_comes_at_the_start(scenario: str | None, says: list[str], notices: list[int]) -> None:
    heard = run(heard_at_the_start(scenario))

    assert names(heard) == says
    assert [code for code in codes(heard) if code != DESUPPORT] == [code for code in notices if code != DESUPPORT]


def test_a_notice_of_the_start_is_data() -> None:
    heard = run(heard_at_the_start("disconnected", notices=[{"code": 1300, "text": "the port moved"}]))

    assert [(message["code"], message["text"]) for message in heard if message.name == "error"][3] == (
        1300,
        "the port moved",
    )
    assert 1100 not in codes(heard)


def test_an_empty_account_is_an_empty_text_at_the_start_and_when_asked_for() -> None:
    async def scenario() -> tuple[bytes, object]:
        async with playing("empty-account") as gateway:
            with Raw(gateway.port) as client:
                await client.send()
                await client.frame()
                await client.send(START_API)
                accounts = await client.frame()
            async with connected(gateway, 8) as other:
                asked = await other.ask(Message("req_managed_accounts"), end="managed_accounts")
            return accounts, asked[-1]["accounts"]

    assert run(scenario()) == (b"15\0" + b"1\0" + b"\0", "")


@pytest.mark.parametrize("request_name", ["req_current_time", "req_positions", "req_ids", "start_api"])
def test_closes_on_first_request_whichever_it_is(request_name: str) -> None:
    async def scenario() -> bool:
        async with playing("closes-on-first-request") as gateway, connected(gateway, 7) as client:
            client.say(Message(request_name, {"client_id": 7} if request_name == "start_api" else {}))
            while not client.reader.at_eof():
                heard = await client.reader.read(65536)
                assert b"is OK" in heard or b"desupport" in heard or not heard, heard
            return True

    assert run(scenario())


ACCOUNT_SUMMARY = Message("req_account_summary", {"req_id": 1, "group": "All", "tags": "NetLiquidation"})
MULTI = Message("req_account_updates_multi", {"req_id": 1, "account": "DU9000001", "model_code": ""})
CONTRACT = Message("req_contract_data", {"req_id": 1, "symbol": "AAPL", "sec_type": "STK", "exchange": "SMART"})
CHAIN = Message("req_sec_def_opt_params", {"req_id": 1, "underlying_con_id": 265598})
STOCK: Mapping[str, Value] = {"con_id": 265598, "symbol": "AAPL", "sec_type": "STK", "exchange": "SMART"}
SNAPSHOT = Message("req_market_data", {"req_id": 1, **STOCK, "snapshot": True})
ASKED: Mapping[str, Value] = {"bar_size": "1 day", "duration": "5 D", "what_to_show": "TRADES", "format_date": 1}
BARS = Message("req_historical_data", {"req_id": 1, "con_id": 495512563, "exchange": "CME", **ASKED})


@pytest.mark.parametrize(
    ("scenario", "request_message", "end"),
    [
        ("no-open-orders-end", Message("req_all_open_orders"), "open_orders_end"),
        ("no-completed-orders-end", Message("req_completed_orders"), "completed_orders_end"),
        ("no-account-updates-end", Message("req_account_updates", {"subscribe": True}), "account_download_end"),
        ("no-account-updates-multi-end", MULTI, "account_update_multi_end"),
        ("no-account-summary-end", ACCOUNT_SUMMARY, "account_summary_end"),
        ("no-contract-details-end", CONTRACT, "contract_data_end"),
        ("no-option-chain-end", CHAIN, "sec_def_opt_params_end"),
        ("no-snapshot-end", SNAPSHOT, "tick_snapshot_end"),
        ("no-historical-data-end", BARS, "historical_data_end"),
        ("no-executions-end", Message("req_executions", {"req_id": 1}), "execution_details_end"),
        ("no-positions-end", Message("req_positions"), "position_end"),
    ],
)
def test_an_end_that_never_comes_is_all_that_is_missing(scenario: str, request_message: Message, end: str) -> None:
    async def answered(options: dict[str, Any]) -> list[str]:
        async with simulated("10.45", **options) as gateway, connected(gateway, 7) as client:
            client.say(request_message)
            heard = await client.ask(Message("req_ids"), end="next_valid_id")
            return [message.name for message in heard if message.name != "error"]

    *content, last, after = run(answered({}))
    assert (last, after) == (end, "next_valid_id")
    assert content
    assert end not in content
    assert run(answered({"scenario": scenario})) == [*content, "next_valid_id"]


@pytest.mark.parametrize(
    ("behaviour", "complaint"),
    [
        ({"never_sent": ["positions_end"]}, "never_sent: 'positions_end': no message is called so; did you mean"),
        ({"closes_on": "req_time"}, "closes_on: 'req_time': no message is called so"),
        ({"restarts_on": "req_time"}, "restarts_on: 'req_time': no message is called so"),
        ({"loses_connectivity_on": "zork"}, "loses_connectivity_on: 'zork': no message is called so"),
    ],
)
def test_a_message_that_does_not_exist_is_an_error(behaviour: dict[str, Any], complaint: str) -> None:
    async def scenario() -> None:
        async with playing("drops", **behaviour):
            pytest.fail("it can never be sent")

    with pytest.raises(UsageError, match=complaint):
        run(scenario())
