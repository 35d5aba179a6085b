"""Stands in front of a gateway for programs of the user, and says what they asked: ``ib-compat tap``."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.programs.overheard import Overheard
from harness.run.interruption import Interruption
from harness.run.programs.beside import end_beside, exit_code_of, started
from harness.run.programs.places import Address
from harness.run.recording.guard import Held, Permits
from harness.run.recording.proxy import LOOPBACKS, Proxy
from harness.run.tap.rein import FirstAccounts
from harness.run.tap.way import Way
from harness.shared.mask import Masker
from harness.wire.conversation import Conversation
from harness.wire.message import Sender
from harness.wire.transcript import Change
from harness.wire.transcript_words import Line

_STANDARD_ERROR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is tapped.

    Args:
        gateway: its address.
        host: where to listen; empty for all that a program may mean by this machine.
        port: where to listen; 0 takes a free one.
        client_id: what stands for ``{client_id}``.
        permits: what may pass.
        command: a command with whose end it ends; empty if there is none.
        aside: whether what the command writes to standard output goes to standard error.
    """

    gateway: tuple[str, int]
    host: str = ""
    port: int = 0
    client_id: int = 1
    permits: Permits
    command: tuple[str, ...] = ()
    aside: bool = False


class Heard:
    """What links tell of their connections, kept for the digest and said in words while it happens.

    Args:
        say: is told what a person should know at once.
        trace: is told each message in words; ``None`` if nobody wants to read that.
    """

    def __init__(self, say: Callable[[str], None], trace: Callable[[str], None] | None = None) -> None:
        self.overheard = Overheard()
        self._say = say
        self._said: set[str] = set()
        self._trace = trace
        self._first: dict[int, FirstAccounts] = {}
        self._accounts: set[str] = set()
        self._masker = Masker()
        self._conversations: dict[int, Conversation] = {}

    def mask(self, text: str) -> str:
        """Return a text with every account masked, also one that only the gateway's own list names."""
        return self._masker.text(text)

    def whole(self, value: object) -> object:
        """Return JSON data, likewise."""
        return self._masker.whole(value)

    def change(self, connection: int, change: Change, *, by: Sender | None = None, reason: str | None = None) -> None:
        """Take what became of a connection."""
        self.overheard.change(connection, change, by=by, reason=reason)
        if change is Change.REFUSED:
            self._once("the gateway cannot be reached; clients are reset")
        elif change is Change.HELD_BACK and reason:
            self._once(f"a connection was ended: {reason}")
        if change is not Change.HALF_CLOSED:
            self._first.pop(connection, None)
            self._conversations.pop(connection, None)
        self._line(connection, None, f"{change.value}{f' by the {by.value}' if by else ''}")

    def chunk(self, connection: int, sender: Sender, data: bytes) -> None:
        """Take what a side sent. What the gateway calls its accounts is known before anything of it is said."""
        self.overheard.hear(connection, sender, data)
        if sender is Sender.GATEWAY:
            accounts = self._first.setdefault(connection, FirstAccounts()).heard(data)
            if accounts is not None and not self._accounts.issuperset(accounts):
                self._accounts.update(accounts)
                self._masker = Masker(self._accounts)
        if self._trace is not None:
            conversation = self._conversations.setdefault(connection, Conversation(self.mask))
            for said in conversation.hear(self.overheard.now, sender, data):
                self._line(connection, said.sender, said.text, said.pieces)

    def held(self, connection: int, held: Held) -> None:
        """Take a request that was kept from the gateway."""
        self.overheard.keep_back(connection, held.kind, held.why)
        self._line(connection, None, held.why)

    def way(self, connection: int, to: Sender, way: Way) -> None:
        """Nothing: how good the network was is not asked."""

    def too_much(self, connection: int) -> str | None:
        """Return ``None``: nothing is too much to pass."""
        del connection
        return None

    def _once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)

    def _line(self, connection: int, sender: Sender | None, text: str, pieces: int = 1) -> None:
        if self._trace is not None:
            line = Line(at=self.overheard.now, connection=connection, sender=sender, text=text, pieces=pieces)
            self._trace(str(line))


async def tap(
    wanted: Wanted, heard: Heard, interruption: Interruption, listens: Callable[[Address], None]
) -> int | None:
    """Stand between a gateway and its clients until the user ends it, or the end of a command.

    Args:
        wanted: what is tapped.
        heard: is told all.
        interruption: ends it; it is in use.
        listens: is told where clients connect.

    Returns:
        The exit code of the command, as a shell has it; ``None`` if there was none.

    Raises:
        GatewayError: nobody can listen there.
        UsageError: the command cannot be started.
    """
    hosts: Sequence[str] = (wanted.host,) if wanted.host else LOOPBACKS
    async with Proxy(wanted.gateway, wanted.port, heard, wanted.permits, hosts) as proxy:
        address = Address(host=hosts[0], port=proxy.port, client_id=wanted.client_id)
        listens(address)
        process = await _started(wanted, address)
        try:
            async with interruption.ending():
                await (asyncio.Event().wait() if process is None else process.wait())
        except asyncio.CancelledError:
            if not interruption.happened:
                raise
        finally:
            if process is not None and process.returncode is None:
                await end_beside(process)
    return None if process is None else exit_code_of(process)


async def _started(wanted: Wanted, address: Address) -> Process | None:
    if not wanted.command:
        return None
    words = [address.filled(word) for word in wanted.command]
    return await started(words, address, _STANDARD_ERROR if wanted.aside else None)
