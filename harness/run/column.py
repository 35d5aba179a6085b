"""Manages a gateway during a run: its address, the reference client's looks, and how many cells may use it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext, suppress
from dataclasses import replace

from harness.diagnose.cell_verdict import LATE
from harness.diagnose.control.attempt import Standing
from harness.diagnose.control.attempt_state import Asks, Try
from harness.diagnose.control.attention import Attention
from harness.diagnose.control.earlier_looks import not_asked, turn, why_not_again
from harness.diagnose.control.search import OTHER_ADDRESS, once_more, searching
from harness.diagnose.gateway_case import manner_with
from harness.diagnose.gateway_facts import has_lost_ibkr
from harness.diagnose.host import HostView, look
from harness.gateways.claim import Claim, claimed
from harness.gateways.kinds import Opens, open_gateway
from harness.gateways.opened import BootError, GroundTruth, OpenGateway, Opening
from harness.plan.matrix.gateway_spec import HOW_LIVE, GatewaySpec
from harness.plan.plan_model import PlannedCell
from harness.run.cell_way import tappable
from harness.run.column_limits import Crowd, Pace
from harness.run.tap.rein import Rein
from harness.shared.errors import GatewayError, IbCompatError
from harness.shared.evidence import BootRecord, Ended, GatewayOutcome, ProbeRecord, Search
from harness.shared.hosts import written

PATIENCE_HEALTHY = 0.25
"""Seconds after which a cell counts as waiting, not working, if the reference client has just passed."""

PATIENCE_SICK = 0.05
"""The same, in seconds, if the reference client failed: most cells will only wait."""

_LOOKS = 3
"""The most looks of the reference client, if each fails while ib-compat itself is late."""

_ASK_OURS = 2.0
"""Seconds within which a simulated gateway, which is on this machine, must answer what libraries ask first."""


class Column:
    """One gateway of the run.

    Args:
        spec: the gateway's table in the matrix file.
        probe_timeout: seconds that a look of the reference client may take.
        cells: how many cells will ask it.
        attention: measures how late our own event loop is.
        looked: called when more is known about the gateway.
        opens: opens it.
    """

    def __init__(
        self,
        spec: GatewaySpec,
        *,
        probe_timeout: float,
        cells: int = 0,
        attention: Attention | None = None,
        looked: Callable[[Column], None] | None = None,
        opens: Opens = open_gateway,
    ) -> None:
        self.spec, self._opens = spec, opens
        self._looked_at = looked or (lambda _: None)
        self._attention = attention or Attention()
        self.crowd = Crowd()
        """The cells that are with it."""
        self.all_asked = asyncio.Event()
        """Set when no cell will be asked any more."""
        self._cells, self._met = cells, asyncio.Event()
        self.seats = asyncio.Semaphore(spec.concurrency)
        self.passed_over: str | None = None
        """Why no further cell is asked."""
        self._probe_timeout = probe_timeout
        self._open: OpenGateway | None = None
        self._error: str | None = None
        self._boot: BootRecord | None = None
        self._artifacts: tuple[str, ...] = ()
        self._probes: list[ProbeRecord] = []
        self._tappable: tuple[tuple[str, int], ...] = ()
        self._searching: asyncio.Task[None] | None = None
        self._between, self._last_between = asyncio.Lock(), 0.0
        self._search: Search | None = None
        self._view: HostView | None = None
        self._absent = self._spared = False
        self._claim: Claim | None = None
        self._rein = Rein(why_not=self._why_not, pace=Pace().take)

    @property
    def error(self) -> str | None:
        """Why the gateway could not be brought up."""
        return self._error

    @property
    def address(self) -> tuple[str, int]:
        """The address on which it listens."""
        return (self._open.host, self._open.port) if self._open else (self.spec.host, self.spec.port)

    @property
    def truth(self) -> GroundTruth | None:
        """What every check should read from it; ``None`` if unknown."""
        return self._open.truth if self._open else None

    @property
    def round_trip(self) -> float:
        """Seconds from the reference client's hello to the version reply, the longest so far; 0 without a reply."""
        answered = (probe.seconds for probe in self._probes if "version" in probe.seconds)
        return max((seconds["version"] - seconds.get("tcp", 0.0) for seconds in answered), default=0.0)

    @property
    def patience(self) -> float:
        """Seconds for which a cell may hold a place on the processor."""
        return PATIENCE_HEALTHY if self._probes and self._probes[-1].passed else PATIENCE_SICK

    @property
    def tapped(self) -> tuple[tuple[str, int], ...]:
        """The gateway's addresses in front of which a tap may listen, IPv4 first; none if cells must connect directly.

        A tap would hide a refusal, so there is none if the last look was refused, or the gateway restarts meanwhile.
        What is in between already hides it, and no cell may go around it.
        """
        if self._open is not None and self._open.through is not None:
            return (self._open.through,)
        stays = self._open is None or self._open.tappable
        return self._tappable if stays and self._probes and "tcp" in self._probes[-1].seconds else ()

    @property
    def delicate(self) -> bool:
        """Whether a client that misbehaves may harm the next one, as at every gateway that is not ours."""
        return self._open is not None and self._open.delicate

    @property
    def answered(self) -> bool:
        """Whether the reference client got through before the cells were asked."""
        return bool(self._probes) and self._probes[0].passed

    def forget(self, cell: PlannedCell) -> None:
        """Let a gateway of ours forget what a cell did there, because it is asked again."""
        if self._open is not None:
            self._open.forget(cell.client_id)
            self._open.forget(cell.second_client_id)

    def turn(self) -> int:
        """Return the number of the next cell of a real gateway, unused before; 0 for a gateway of ours."""
        return self._claim.turn() if self._claim is not None else 0

    @property
    def rein(self) -> Rein | None:
        """The limits that protect another person's gateway from a cell; ``None`` for a gateway of ours."""
        return self._rein if self.delicate else None

    async def open(self, stack: AsyncExitStack, opening: Opening) -> None:
        """Bring the gateway up until the stack ends; a failure is kept, not raised."""
        try:
            self._open = await stack.enter_async_context(self._opens(self.spec, opening))
            if self.delicate:
                self._claim = stack.enter_context(claimed(*self.address, note=opening.note))
            self._boot, self._artifacts = self._open.boot, self._open.artifacts
        except IbCompatError as problem:
            self._error = f"{problem} ({problem.hint})" if problem.hint else str(problem)
            if isinstance(problem, BootError):
                self._boot, self._artifacts = problem.record, problem.artifacts
        except Exception as problem:  # noqa: BLE001 - the other gateways' results must not go down with one of them
            self._error = f"ib-compat failed: {type(problem).__name__}: {problem}"

    async def look_again(self) -> None:
        """Find out whether a gateway that we started has ended by itself."""
        if self._open is not None and self._open.again is not None:
            with suppress(GatewayError):  # if the engine does not answer, the failing removal reports it
                self._boot = await self._open.again()

    def begin(self) -> None:
        """Let its cells begin: it is up and was met, or is known not to come up."""
        self._met.set()

    async def begun(self) -> None:
        """Wait until its cells may begin."""
        await self._met.wait()

    def cell_finished(self) -> None:
        """Count a cell that was asked or skipped."""
        self._cells -= 1
        if self._cells <= 0:
            self.all_asked.set()

    async def probe(self, when: str) -> None:
        """Run the reference client if the gateway is up, and keep what it saw; again if we were late ourselves."""
        if self._open is None or self._absent:
            return
        async with self._turn() as another:
            if await self._left_alone(when, another):
                return
            for left in reversed(range(_LOOKS)):
                if await self._probed(when, last=not left):
                    break
        if self.delicate and self.passed_over is not None:
            self._spared = True  # no cell is asked, so there is nothing after which to look again
        self._looked_at(self)

    def _turn(self) -> AbstractAsyncContextManager[str | None]:
        """Take turns with looks of other processes at a gateway that somebody else runs; yields why not."""
        return turn(*self.address) if self.delicate else nullcontext()

    async def _probed(self, when: str, *, last: bool) -> bool:
        """Run the reference client once; return whether what it saw is kept."""
        began = self._attention.moment()
        async with Standing(self._tried(when)) as standing:
            record = await self._looked(standing)
            if not last and self._is_ours(record, began):
                self._probes.remove(record)
                return False
            if self.spec.optional and when == "before" and record.ended is Ended.REFUSED:
                self._absent = True
                self.passed_over = f"nothing listens at {written(*self.address)}, and the matrix file calls it optional"
                return True
            await self._tell_why(record, standing)
        self._refuse_accounts(record)
        self._spare(record)
        if self.delicate and has_lost_ibkr(record):
            self.refuse("the gateway reports that it has lost IBKR, so its answers prove nothing about a library")
        if not self._tappable and "tcp" in record.seconds:
            self._tappable = await tappable(self.address, refused=record.passed_over)
        return True

    def _is_ours(self, record: ProbeRecord, began: float) -> bool:
        """Return whether the reference client failed while our loop was late: that proves nothing about our gateway."""
        return not self.delicate and not record.passed and self._attention.latest(began) >= LATE

    async def _tell_why(self, record: ProbeRecord, standing: Standing) -> None:
        """Find out why the reference client fails: before the cells of a delicate gateway, else while cells run."""
        if not record.passed and self._searching is None:
            first = standing if self.delicate and record.ended is Ended.SILENT else None
            self._searching = asyncio.create_task(self._look(first))
        if self._searching is not None and (self.delicate or record.when == "after"):
            await self._searching

    async def _look(self, first: Standing | None) -> None:
        """Examine the machine, run the reference client, and keep its unanswered connections for a second look."""
        host, port = self.address
        manner = manner_with(await asyncio.to_thread(look, host, port), self.spec.machine.declared)
        manner = replace(manner, remembers=self.delicate)
        client_id = self.spec.client_ids[1] - 1
        async with searching(host, port, client_id=client_id, manner=manner, first=first) as found:
            self._search = found
            self._view = await asyncio.to_thread(look, host, port)

    def _tried(self, when: str) -> Try:
        """Return the next attempt. It uses the last client id of the gateway's range, which cells use last."""
        host, port = self.address
        client_id = self.spec.client_ids[1]
        return Try(
            when=when,
            host=host,
            port=port,
            client_id=client_id,
            timeout=self._probe_timeout,
            asks=self._asks(when),
            pace=self._rein.pace if self.delicate else None,
        )

    def _asks(self, when: str) -> Asks | None:
        """Return what the reference client requests at this look; ``None`` for nothing.

        A delicate gateway is asked once, before the cells; simulated ones are many: after theirs, where it delays none.
        """
        if when != ("before" if self.delicate else "after"):
            return None
        return Asks(why_not=self._why_not_ask) if self.delicate else Asks(why_not=lambda _: None, timeout=_ASK_OURS)

    def _why_not_ask(self, accounts: Sequence[str]) -> str | None:
        return self._why_not(accounts) if accounts else "no account is shown"

    async def _looked(self, standing: Standing) -> ProbeRecord:
        """Keep what the reference client saw; it disconnects unless it waits for an answer."""
        record = await standing.look()
        if record.ended is not Ended.SILENT:
            await standing.leave()
        self._probes.append(record)
        return record

    async def _probe(self, when: str) -> ProbeRecord:
        """Look; if that fails at a gateway that is not ours, look again: all its cells depend on it."""
        async with Standing(self._tried(when)) as standing:
            record = await self._looked(standing)
            self.refuse(self._why_not(record.accounts))
            if not record.passed and self.delicate and (again := await once_more(standing, record, self._tried(when))):
                self._probes.append(again)
                return again
            return record

    def _refuse_accounts(self, record: ProbeRecord) -> None:
        """Keep cells from live accounts and unnamed ones, before any cell: libraries read accounts while connecting."""
        attempts = [record, *self._tried_there()]
        accounts = tuple(account for attempt in attempts for account in attempt.accounts)
        if self.delicate and record.ended is Ended.ENDLESS:
            self.refuse(f"the gateway sends the reference client more than any gateway does: {record.reason}")
        elif self.delicate and not self.spec.live and not accounts and any("version" in a.seconds for a in attempts):
            self.passed_over = f"the gateway shows the reference client no account, so it may be live; {HOW_LIVE}"
        else:
            self.refuse(self._why_not(accounts))

    def _why_not(self, accounts: Sequence[str]) -> str | None:
        return self.spec.why_not_asked(accounts, ours=not self.delicate)

    def refuse(self, reason: str | None) -> None:
        """Ask no further cell, for a reason; ``None`` removes the reason."""
        self.passed_over = self.passed_over or reason

    async def _left_alone(self, when: str, another: str | None) -> bool:
        """Leave a real gateway alone if it keeps unanswered connections: another look would show nothing new."""
        if not self.delicate or self._spared:
            return self._spared
        why_not = another or await why_not_again(*self.address)
        if why_not is not None:
            self._spared, self.passed_over = True, self.passed_over or why_not
            self._probes.append(not_asked(self._tried(when), why_not))
        return self._spared

    def _spare(self, record: ProbeRecord) -> None:
        """Stop asking a real gateway that does not answer the reference client: it may keep each connection."""
        waited = [record, *self._tried_there()]
        silent = record.ended is Ended.SILENT and record.stage == "version"
        if self.delicate and silent and not any(each.passed for each in waited) and self.passed_over is None:
            self._spared = True
            address = written(*self.address)
            self.passed_over = (
                f"the gateway does not answer the reference client ({record.reason}), and may keep every connection "
                f"that it leaves unanswered; `ib-compat doctor {address}` says more"
            )

    def _tried_there(self) -> Iterator[ProbeRecord]:
        """Yield the further attempts at this address; another address may be another program's."""
        if self._search is not None:
            yield from (attempt for attempt in self._search.attempts if attempt.when != OTHER_ADDRESS)

    async def check_after(self, cell: str) -> bool:
        """Find out whether the gateway still answers, right after a cell that did not pass.

        If not, no further cell asks a delicate one. A simulated one is asked on: no result depends on who came first.

        Returns:
            Whether the look says something about the gateway. If a gateway of ours fails while cells are connected, or
            while ib-compat itself is late, it may be well: the look is not kept, and the cell is asked again alone.
        """
        if self.passed_over is not None or not self.answered:
            return True
        asked = self._attention.moment()
        async with self._between:
            if not self.delicate and self._last_between > asked:
                return True
            self._last_between = began = self._attention.moment()
            crowded = bool(self.crowd)
            async with self._turn() as another:
                if another is not None:
                    self.refuse(another)
                    return True
                record = await self._probe("between")
            if self._is_ours(record, began) or (crowded and not self.delicate and not record.passed):
                self._probes.remove(record)
                self._last_between = 0.0
                return False
        if self.delicate and not record.passed:
            self.refuse(f"the gateway no longer answers the reference client since {cell}: {record.reason}")
        elif self.delicate and has_lost_ibkr(record):
            self.refuse(f"the gateway reported after {cell} that it has lost IBKR")
        self.refuse(self._why_not(record.accounts))
        self._looked_at(self)
        return True

    @property
    def remark(self) -> str | None:
        """What a person should know of the gateway before its cells are asked; ``None`` if all is well."""
        if self._error is not None:
            return f"{self.spec.name} could not be started: {self._error}"
        if self.passed_over is not None:
            return f"{self.spec.name} is skipped: {self.passed_over}"
        failed = next((record for record in self._probes if not record.passed), None)
        return f"{self.spec.name}: the reference client fails at {failed.stage}: {failed.reason}" if failed else None

    def outcome(self) -> GatewayOutcome:
        """Return what the run saw of the gateway."""
        host, port = self.address
        measured = [record.server_version for record in self._probes if record.server_version is not None]
        return GatewayOutcome(
            name=self.spec.name,
            host=host,
            port=port,
            server_version=measured[0] if measured else None,
            server_version_evidence=self._open.evidence if self._open else "",
            probes=tuple(self._probes),
            search=self._search,
            view=self._view,
            error=self._error,
            boot=self._boot,
            artifacts=self._artifacts,
            passed_over=None if self._absent else self.passed_over,
        )
