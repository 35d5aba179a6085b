"""Runs inside a library's own environment: lives through a restart, and says what it sees, a word a line.

Arguments: ``ib_async`` or ``ibapi``, and the port. ``connected``, ``ended`` when the connection has ended, ``refused``
when nobody listens, ``held`` when the client id is in use, ``back`` with the next valid id when it is served again.
After each try to connect it waits for a line on standard input.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

HOST, CLIENT_ID = "127.0.0.1", 7
IN_USE, NOBODY_LISTENS = 326, 502
PATIENCE = 30.0
"""Seconds; what is waited for comes at once."""


TIMEOUT = 4.0
"""Seconds; ib_async's own default. It waits for that long after 326, too."""


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201


async def of_ib_async(port: int) -> None:
    import ib_async  # noqa: PLC0415 - only in its own environment

    ib = ib_async.IB()
    await ib.connectAsync(HOST, port, clientId=CLIENT_ID)
    say("connected", ib.client.getReqId())
    await asyncio.wait_for(asyncio.ensure_future(_once(ib.disconnectedEvent)), PATIENCE)
    say("ended")
    codes: list[int] = []
    ib.errorEvent += lambda _req_id, code, *_: codes.append(code)
    while True:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        codes.clear()
        try:
            await ib.connectAsync(HOST, port, clientId=CLIENT_ID, timeout=TIMEOUT)
        except ConnectionRefusedError:
            say("refused")
        except Exception as problem:  # noqa: BLE001 - whatever the library makes of it
            say("held" if IN_USE in codes else f"failed {problem!r} {codes}")
        else:
            break
    say("back", ib.client.getReqId())
    ib.disconnect()


async def _once(event: Any) -> None:
    await event


def _made_by(heard: queue.Queue[tuple[str, int]], port: int) -> Callable[[], tuple[Any, threading.Thread]]:
    """Return what connects a client, whose thread puts what it hears into a queue."""
    from ibapi import client, wrapper  # noqa: PLC0415

    class Told(wrapper.EWrapper):  # type: ignore[misc]
        def nextValidId(self, orderId: int) -> None:  # noqa: N802, N803
            heard.put(("served", orderId))

        def connectionClosed(self) -> None:  # noqa: N802
            heard.put(("ended", 0))

        def error(self, *told: Any) -> None:
            heard.put(("error", told[2]))

    def connect() -> tuple[Any, threading.Thread]:
        app = client.EClient(Told())
        app.connect(HOST, port, CLIENT_ID)
        reading = threading.Thread(target=app.run, daemon=True)
        reading.start()
        return app, reading

    return connect


def of_ibapi(port: int) -> None:
    heard: queue.Queue[tuple[str, int]] = queue.Queue()
    connect = _made_by(heard, port)
    words = {("error", NOBODY_LISTENS): "refused", ("error", IN_USE): "held"}
    app, _ = connect()
    say("connected", until(heard, {"served"})[1])
    until(heard, {"ended"})
    say("ended")
    while True:
        sys.stdin.readline()
        app, reading = connect()
        came = until(heard, {"served", *words})
        if came[0] == "served":
            break
        app.disconnect()
        reading.join(PATIENCE)
        while not heard.empty():
            heard.get()
        say(words[came])
    say("back", came[1])
    app.disconnect()
    reading.join(PATIENCE)


def until(heard: queue.Queue[tuple[str, int]], wanted: set[Any]) -> tuple[str, int]:
    """Return the first of what was wanted: by its kind, or by kind and code."""
    while True:
        came = heard.get(timeout=PATIENCE)
        if came[0] in wanted or came in wanted:
            return came


if __name__ == "__main__":
    if sys.argv[1] == "ib_async":
        asyncio.run(of_ib_async(int(sys.argv[2])))
    else:
        of_ibapi(int(sys.argv[2]))
