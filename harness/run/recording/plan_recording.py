"""Records a gateway while the cells of a plan ask it: the scheduler opens the gateway with a proxy in front of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.diagnose.control.attempt import attempt
from harness.diagnose.control.attempt_state import Asks, Try
from harness.gateways.kinds import open_gateway
from harness.gateways.opened import OpenGateway, Opening
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.recordings.recording import GatewayRecorded, Head
from harness.recordings.summary import made_by
from harness.run.recording.feed import Counts, Feed
from harness.run.recording.guard import Permits
from harness.run.recording.program_seen import program_at
from harness.run.recording.proxy import LOOPBACKS, Proxy
from harness.run.recording.record import TOLD_SECONDS, Progress, Recorded, every, resolved
from harness.run.recording.writing import Task
from harness.run.recording.writing_process import WritingProcess
from harness.run.tap.recorder import now_by_both_clocks
from harness.shared.errors import UnwritableError

_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWanted:
    """What is to be recorded of the only gateway of a plan.

    Args:
        part: the part file.
        raw: the part file of what is not cleaned; ``None`` for none.
        permits: what may pass.
        libraries: library and version of each cell, by the client ids that it uses.
    """

    part: Path
    raw: Path | None
    permits: Permits
    libraries: Mapping[int, str]


class PlanRecording:
    """Opens the gateway of a plan so that what its cells and the gateway say is recorded.

    Args:
        wanted: what to record.
        tell: is told twice a second how it goes.
    """

    def __init__(self, wanted: PlanWanted, tell: Callable[[Progress], None]) -> None:
        self._wanted = wanted
        self._tell = tell
        self.recorded: Recorded | None = None
        """What came of it; ``None`` as long as nothing did."""
        self.unwritable: UnwritableError | None = None
        """Why it could not begin."""

    @asynccontextmanager
    async def opened(self, spec: GatewaySpec, opening: Opening) -> AsyncIterator[OpenGateway]:
        """Open the gateway, and record until the context ends.

        Raises:
            UnwritableError: the part file cannot be written.
            GatewayError: the gateway cannot be brought up.
        """
        async with open_gateway(spec, opening) as gateway:
            address = await resolved(gateway.host, gateway.port)
            began, moment = now_by_both_clocks()
            known = await asyncio.to_thread(_known, spec, gateway)
            reference = spec.client_ids[1] - 1
            libraries = {**self._wanted.libraries, reference: made_by()}
            head = Head(made_by=made_by(), began=moment, cleaned=True, gateway=known, libraries_by_client_id=libraries)
            async with self._writing(Task(part=self._wanted.part, raw=self._wanted.raw, head=head)) as process:
                feed = Feed(process.write, process.waiting, began)
                try:
                    async with Proxy(address, 0, feed, self._wanted.permits) as proxy:
                        here = (LOOPBACKS[0], proxy.port)
                        await attempt(_first(spec, here, reference))
                        async with self._telling(proxy, feed.counts, process, began):
                            yield replace(gateway, through=here)
                finally:
                    await process.finished()
                    why = process.report.get("why", {})
                    self.recorded = Recorded(counts=feed.counts, why=why, failed=process.failed)

    @asynccontextmanager
    async def _writing(self, task: Task) -> AsyncIterator[WritingProcess]:
        try:
            async with WritingProcess(task) as process:
                yield process
        except UnwritableError as problem:
            self.unwritable = problem
            raise

    @asynccontextmanager
    async def _telling(
        self, proxy: Proxy, counts: Counts, process: WritingProcess, began: float
    ) -> AsyncIterator[None]:
        def tell_now() -> None:
            seconds, omitted = time.monotonic() - began, process.report.get("omitted", 0)
            told = Progress(port=proxy.port, seconds=seconds, counts=counts, omitted=omitted, failed=process.failed)
            self._tell(told)

        telling = asyncio.create_task(every(TOLD_SECONDS, tell_now))
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            tell_now()


def _first(spec: GatewaySpec, here: tuple[str, int], client_id: int) -> Try:
    """Return a look of the reference client: it asks for the settings, which no library does."""

    def why_not(accounts: Sequence[str]) -> str | None:
        return spec.why_not_asked(accounts, ours=spec.ours) if accounts else "no account is shown"

    host, port = here
    return Try(host=host, port=port, client_id=client_id, timeout=_SECONDS, asks=Asks(why_not=why_not))


def _known(spec: GatewaySpec, gateway: OpenGateway) -> GatewayRecorded:
    """Return what is known of a gateway before it says anything: what its machine shows, else what the file says."""
    seen = "ib-compat" if spec.ours else program_at(gateway.host, gateway.port)
    product = seen if seen in {"gateway", "tws"} else spec.product if spec.named else ""
    booted = gateway.boot.build if gateway.boot is not None and gateway.boot.build else ""
    return GatewayRecorded(
        product=product, build=booted or (spec.version if spec.named else ""), kind=spec.kind, program=seen
    )
