"""Which connections this process made: what it leaves behind is no evidence of what others do."""

from __future__ import annotations

from collections import OrderedDict

from harness.host.addresses import plain
from harness.host.model import Address

_MOST = 4096
"""Connections that are remembered; more than a system has ports to spare for one address at a time."""

_made: OrderedDict[tuple[Address, Address], None] = OrderedDict()


def remember(source: Address, target: Address) -> None:
    """Note a connection that this process has made.

    Args:
        source: host and port of our end.
        target: host and port that it was made to.
    """
    _made[(_plain(source), _plain(target))] = None
    while len(_made) > _MOST:
        _made.popitem(last=False)


def is_ours(source: Address, target: Address) -> bool:
    """Tell whether this process made a connection from ``source`` to ``target``."""
    return (source, target) in _made


def _plain(address: Address) -> Address:
    return plain(address[0]), address[1]
