"""run.sh: what the image runs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack

from tests.docker.played import contract, script
from tests.docker.played.console import say
from tests.docker.played.contract import PORTS, Login, RefusedError
from tests.docker.played.forwarder import forwarding
from tests.docker.played.ibcstart import TERMINATED, ibcstart
from tests.docker.played.script import Script

_BETWEEN_MODES = 15.0


async def play(environment: Mapping[str, str]) -> int:
    """Be the image: start what the environment asks for, until it ends or is told to.

    Returns:
        The exit code: that of the Gateway that was started last.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as a shell that is process 1, until it sets its trap
    played = script.read(environment)
    _begin()
    try:
        contract.value_or_file(dict(environment), "VNC_SERVER_PASSWORD")
        say(".> VNC server disabled")
        async with AsyncExitStack() as stack:
            return await _until_over(await _start(environment, played, stack), played)
    except RefusedError:
        return 1


async def _start(environment: Mapping[str, str], played: Script, stack: AsyncExitStack) -> list[asyncio.Task[int]]:
    """Start one Gateway, or live and then paper."""
    if environment.get("TRADING_MODE") != "both":
        return [await _start_one(contract.login(dict(environment)), played, stack)]
    live = await _start_one(contract.login(contract.for_live(environment)), played, stack)
    await played.pause(_BETWEEN_MODES)
    return [live, await _start_one(contract.login(contract.for_paper(environment)), played, stack)]


async def _start_one(login: Login, played: Script, stack: AsyncExitStack) -> asyncio.Task[int]:
    port, published = PORTS[login.mode]
    say(".> Starting Port Forwarding.")
    say(".> Starting socat")
    await stack.enter_async_context(forwarding(published, port, login.mode))
    say(f".> Starting IBC in {login.mode} mode, with params:")
    say(f".>\t\tVersion: {login.version}")
    say(".>\t\tprogram: gateway")
    return asyncio.create_task(ibcstart(login, played))


async def _until_over(gateways: list[asyncio.Task[int]], played: Script) -> int:
    """Wait until all have ended, or until SIGTERM or SIGINT."""
    told = asyncio.Event()
    if not played.ignores_sigterm:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
    stop = asyncio.create_task(told.wait())
    ended = asyncio.ensure_future(asyncio.gather(*gateways))
    ended.add_done_callback(lambda _: told.set())
    await stop
    if ended.done():
        return ended.result()[-1]
    _say_goodbye()
    for gateway in gateways:
        gateway.cancel()
    await asyncio.gather(*gateways, return_exceptions=True)
    return TERMINATED


def _begin() -> None:
    stars = "*" * 73
    say(stars)
    say(".> Starting IBC/IB gateway")
    say(stars)
    say(".> Starting Xvfb server")
    say(".> SSH tunnel disabled")
    say(".> Usign default Java heap size 768m.")


def _say_goodbye() -> None:
    say(".> 😘 Received SIGINT or SIGTERM. Shutting down IB Gateway.")
    say(".> Stopping Xvfb.")
    say(".> Stopping socat.")
    say(".> Stopping IBC.")
