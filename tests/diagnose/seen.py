"""What might have been seen of a gateway: attempts, searches and views of a machine that nobody made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.diagnose.control import search as tries
from harness.diagnose.control.attempt_state import WIDEST
from harness.diagnose.host import Connection, HostView, Kind, Listener, Owner, Settings, Side
from harness.shared.evidence import Ended, Notice, ProbeRecord, Search, VersionRange

HERE = "127.0.0.1"
AWAY = "192.0.2.7"
PORT = 4002
CLIENT_ID = 7399
ACCOUNT = "DU9000001"
IN_USE = Notice(code=326, message="Unable to connect as the client id is already in use.")
LOST = Notice(code=1100, message="Connectivity between IBKR and Trader Workstation has been lost.")
RESTORED = Notice(code=1102, message="Connectivity has been restored - data maintained.")
FARM = Notice(code=2104, message="Market data farm connection is OK:usfarm")

PASSED = ProbeRecord(
    when=tries.PLAIN,
    passed=True,
    ended=Ended.READY,
    address=(HERE, PORT),
    announced=VersionRange(min=WIDEST.min_version, max=WIDEST.max_version),
    timeout=4.0,
    client_id=CLIENT_ID,
    server_version=223,
    accounts=(ACCOUNT,),
    account_list=True,
    next_order_id=1,
    seconds={"tcp": 0.001, "first byte": 0.002, "version": 0.002, "ready": 0.003},
    notices=(FARM,),
    first_bytes=b"\0\0\0\x1a223\x00",
    received=300,
    reads=2,
    last_byte=0.004,
    reply_pieces=1,
)

_TIMES: Mapping[str, Mapping[str, float]] = {
    "tcp": {},
    "version": {"tcp": 0.001},
    "ready": {"tcp": 0.001, "first byte": 0.002, "version": 0.002},
}


def passed(when: str = tries.PLAIN, **changes: Any) -> ProbeRecord:
    return replace(PASSED, when=when, **changes)


def stopped(stage: str, ended: Ended, when: str = tries.PLAIN, **changes: Any) -> ProbeRecord:
    """An attempt that came up to a stage and no further; what came after is not there."""
    bare = ProbeRecord(
        when=when,
        passed=False,
        stage=stage,
        reason="it went no further",
        ended=ended,
        address=(HERE, PORT),
        announced=PASSED.announced,
        timeout=4.0,
        client_id=CLIENT_ID,
        server_version=223 if stage == "ready" else None,
        seconds=_TIMES[stage],
    )
    if stage == "ready":
        bare = replace(bare, received=30, reads=1, last_byte=0.002, reply_pieces=1)
    return replace(bare, **changes)


def found(*attempts: ProbeRecord, **more: Any) -> Search:
    return Search(attempts=attempts, **more)


def alike(plain: ProbeRecord, *more: str, **changes: Any) -> Search:
    """A search whose every attempt went as the first did."""
    others = (replace(plain, when=when, client_id=CLIENT_ID - number) for number, when in enumerate(more, 1))
    return Search(attempts=(plain, *others), **changes)


AT_THE_HELLO = (tries.AGAIN, tries.TEXT)
AT_THE_START = (tries.AGAIN, *tries.OTHER_IDS)


def owner(kind: Kind = Kind.GATEWAY) -> Owner:
    return Owner(kind=kind, name="java" if kind is Kind.GATEWAY else kind.value, pid=4242, started=None)


def listener(kind: Kind = Kind.GATEWAY, port: int = PORT, queue: int | None = 0) -> Listener:
    return Listener(host=HERE, port=port, owner=owner(kind), accept_queue=queue)


def end(
    state: str, *, unread: int | None = 0, accepted: bool | None = True, received: int | None = None, ours: bool = False
) -> Connection:
    """The gateway's end of a connection."""
    return Connection(
        side=Side.GATEWAY,
        state=state,
        local=(HERE, PORT),
        peer=(HERE, 50001),
        unread=unread,
        accepted=accepted,
        received=received,
        ours=ours,
        owner=owner(),
    )


def view(*listeners: Listener, **changes: Any) -> HostView:
    """This machine, where a gateway runs and listens unless told otherwise."""
    ordinary: dict[str, Any] = {
        "system": "linux",
        "local": True,
        "port": PORT,
        "listeners": listeners or (listener(),),
        "processes": (owner(),),
        "addresses": (HERE,),
    }
    return HostView(**{**ordinary, **changes})


def bare(**changes: Any) -> HostView:
    """This machine, where nothing listens and nothing runs."""
    return HostView(**{"system": "linux", "local": True, "port": PORT, "addresses": (HERE,), **changes})


def trusting(*addresses: str) -> Settings:
    return Settings(path="~/Jts/jts.ini", api_only=True, trusted_ips=addresses, ports={})


ELSEWHERE = HostView(system="linux", local=False, port=PORT)
"""The gateway is on another machine, so nothing can be looked at."""
