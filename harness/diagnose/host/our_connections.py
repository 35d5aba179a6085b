"""Remembers which connections ib-compat made, so that they are not taken for evidence of what others do.

This process knows its own. A connection that was left unanswered is also written to a file, because a gateway may keep
it long after the process has ended: a later look must neither take it for somebody else's nor add to it without end.
"""

from __future__ import annotations

from collections import OrderedDict

from harness.diagnose.host import unanswered
from harness.diagnose.host.linux_sockets import CLOSE_WAIT, TABLES, left_at
from harness.diagnose.host.sockets import plain, reached, tcp_sockets
from harness.shared.evidence.machine_view import Address

_MOST = 1024
"""Connections of this process that are remembered; a gateway that kept so many open would answer nobody any more."""

_made: OrderedDict[tuple[Address, Address], None] = OrderedDict()
_left: dict[tuple[Address, Address], None] = {}


def remember(source: Address, target: Address) -> None:
    """Note a connection that this process has made.

    Args:
        source: host and port of our end.
        target: host and port that it was made to.
    """
    _made[(_plain(source), _plain(target))] = None
    while len(_made) > _MOST:
        _made.popitem(last=False)


def leave(source: Address, target: Address) -> None:
    """Write down a connection that is left unanswered, for later processes, too; as for ``remember``."""
    _left[(_plain(source), _plain(target))] = None
    unanswered.write(_plain(source), _plain(target))


def is_ours(source: Address, target: Address, *, hangs: bool = False) -> bool:
    """Return whether ib-compat made a connection from ``source`` to ``target``, in this process or an earlier one.

    If nothing can be remembered, a connection that ``hangs`` because its client has left may belong to an earlier
    process of ours. Then it counts as ours, because it is no certain evidence of what others do.
    """
    if (source, target) in _made or (source, target) in _left:
        return True
    if hangs and not unanswered.can_remember():
        return True
    return (source, target) in ((each.source, each.target) for each in unanswered.read())


def kept_of_ours(port: int) -> int:
    """Count the connections that ib-compat left unanswered at a port of this machine, and that the gateway keeps.

    If nothing can be remembered, every hanging connection counts.
    """
    if not unanswered.can_remember():
        return len(_hanging(port))  # nobody knows whose they are; each may belong to one of our looks
    all_left = {*_left, *((each.source, each.target) for each in unanswered.read())}
    left = {(source, target) for source, target in all_left if target[1] == port}
    # Most gateways keep none, and a busy machine has thousands of sockets to look through.
    return sum((peer, local) in left for local, peer in _hanging(port)) if left else 0


def _hanging(port: int) -> set[tuple[Address, Address]]:
    """Return the gateway's end and the client's of each connection to a local port that only the client has closed."""
    if TABLES[0].exists():
        return set(left_at(port))
    sockets = (each for each in tcp_sockets([], {port}) if each.local[1] == port and each.state == CLOSE_WAIT)
    return {(each.local, each.peer) for each in sockets if each.peer is not None}


def _plain(address: Address) -> Address:
    return reached(plain(address[0])), address[1]
