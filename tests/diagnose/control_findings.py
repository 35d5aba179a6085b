"""What the control found at gateways, stage by stage, and the verdict on one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.diagnose.control import search as tries
from harness.diagnose.gateway_case import Case, diagnose
from harness.shared.evidence import Ended, Search
from harness.shared.status import Fault
from tests.diagnose.seen import AT_THE_HELLO, AT_THE_START, CLIENT_ID, HERE, IN_USE, PORT, alike, found, passed, stopped

if TYPE_CHECKING:
    from harness.diagnose.host import HostView
    from harness.diagnose.verdict import Diagnosis

REFUSED = alike(stopped("tcp", Ended.REFUSED), tries.OTHER_ADDRESS)
NO_ANSWER = found(stopped("tcp", Ended.NO_ANSWER))
SILENT = alike(stopped("version", Ended.SILENT), *AT_THE_HELLO)
CLOSED = alike(stopped("version", Ended.CLOSED), *AT_THE_HELLO)
RESET = alike(stopped("version", Ended.RESET), *AT_THE_HELLO)
GARBAGE = alike(stopped("version", Ended.FOREIGN, received=9, reads=1), *AT_THE_HELLO)
PAIR = (passed(), passed(tries.TOGETHER))


def verdict(search: Search, seen: HostView | None = None, *, host: str = HERE, **more: Any) -> Diagnosis:
    return diagnose(Case(**{"host": host, "port": PORT, "found": search, "view": seen, "client_id": CLIENT_ID, **more}))


def at_the_start(ended: Ended, *, others: bool = False, **changes: Any) -> Search:
    """A search that stops between version and ready, unless another client id is all that it takes."""
    plain = stopped("ready", ended, **changes)
    search = alike(plain, *AT_THE_START, speaks=tries.API)
    if not others:
        return search
    free = (passed(when, client_id=CLIENT_ID - number) for number, when in enumerate(tries.OTHER_IDS, 5))
    return replace(search, attempts=(*search.attempts[: -len(tries.OTHER_IDS)], *free))


def paired(search: Search, **changes: Any) -> Search:
    """The same, with something different about the plain attempt."""
    return replace(search, attempts=(replace(search.plain, **changes), *search.attempts[1:]))


HEALTHY = found(*PAIR, speaks=tries.API)
NONE, GATEWAY, SETTINGS, NETWORK = None, Fault.GATEWAY, Fault.SETTINGS, Fault.NETWORK
HELD = at_the_start(Ended.CLOSED, others=True, notices=(IN_USE,))
