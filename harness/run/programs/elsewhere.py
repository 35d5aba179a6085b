"""Stands between a program and a gateway that somebody else runs, so that nothing passes that could harm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from harness.run.recording.guard import Held, Permits
from harness.run.recording.proxy import Proxy
from harness.run.tap.way import Way
from harness.shared.errors import UsageError
from harness.shared.hosts import LOOPBACK, written
from harness.wire.message import Sender
from harness.wire.transcript import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A gateway that somebody else runs. Only paper accounts are let through to programs.

    Args:
        host: where it listens.
        port: where it listens.
        client_id: the client id that a program may use there.
        account: a glob that every account must match; ``None`` for any.
        orders: whether what changes something reaches it.
    """

    host: str
    port: int
    client_id: int = 1
    account: str | None = None
    orders: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return written(self.host, self.port)

    @property
    def only_account(self) -> str:
        """The account, if the glob means only one; else empty."""
        return "" if self.account is None or set("*?[") & set(self.account) else self.account


class _Reasons:
    """What links tell of their connections, of which only counts why a program was kept from its gateway."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def change(self, connection: int, change: Change, *, by: Sender | None = None, reason: str | None = None) -> None:
        """Take what became of a connection."""
        del connection, by
        why = "it cannot be reached" if change is Change.REFUSED else reason if change is Change.HELD_BACK else None
        if why and why not in self.reasons:
            self.reasons.append(why)

    def chunk(self, connection: int, sender: Sender, data: bytes) -> None:
        """Nothing: the tap before it keeps what is said."""

    def held(self, connection: int, held: Held) -> None:
        """Nothing: its answer says it."""

    def way(self, connection: int, to: Sender, way: Way) -> None:
        """Nothing: how good the network was is not asked."""

    def too_much(self, connection: int) -> str | None:
        """Return ``None``: nothing is too much to pass."""
        del connection
        return None


@asynccontextmanager
async def guarded(gateway: Elsewhere) -> AsyncIterator[tuple[str, int]]:
    """Stand in front of a gateway that is not ours, so that nothing passes that could harm; yield that address.

    Raises:
        UsageError: on leaving, it could not be reached, or a program was kept from it because of its accounts.
    """
    heard = _Reasons()
    permits = Permits(orders=gateway.orders, account=gateway.account)
    async with Proxy((gateway.host, gateway.port), 0, heard, permits, (LOOPBACK,)) as proxy:
        yield LOOPBACK, proxy.port
    if heard.reasons:
        hint = f"`ib-compat doctor {gateway.name}` says more."
        raise UsageError(f"{gateway.name}: {'; '.join(heard.reasons)}", hint=hint)
