"""Measures what the replay of a recorded run costs, against the simulated gateway that was recorded.

Three libraries ask a simulated gateway every check, orders too, which makes the recording. Then the same requests go to
simulated gateways and to replays, each kind in a process of its own, which says what processor time it took from
opening them.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.matrices import matrix_of, simulated_gateway
from benchmarks.processes import ROOT, run
from harness.gateways.replay.server import ReplayedGateway
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.plan.matrix.rows import Row
from harness.recordings.archive import RecordingFile, read_recording
from harness.recordings.exchanges import dialogues_of
from harness.recordings.indexed import indexed_file
from harness.recordings.recording import Framed, Greeted
from harness.wire.catalogue import catalogue
from harness.wire.framing import encode_frame
from harness.wire.message import Sender

PROFILE = "gateway-10.45"
LIBRARIES = ("ib_async==2.1.0", "ib_insync==0.9.86", "nautilus-ibapi==10.45.1")
TIMES = 5
"""Gateways in each process, one asked after the other: what Python does once for a process is not what a run costs."""

_TOGETHER = 0.002
"""Seconds between requests that are sent at once again."""

_ANSWER, _QUIET = 0.1, 0.004
"""Seconds in which an answer begins, and after which nothing more comes of it, but what its stream has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a client sent at once, and whether the gateway said something then."""

    data: bytes
    answered: bool = False


def recorded(rows: Iterable[Row], environments: Path, folder: Path) -> Path:
    """Let the libraries ask a simulated gateway; return the recording of that."""
    asking = [row for row in rows if row.library in LIBRARIES]
    results, file = folder / "results", folder / "run.ibrec"
    words = ["run", "--environments", str(environments), "--results", str(results), "--orders"]
    with matrix_of(asking, [simulated_gateway(0)]) as matrix:
        run([sys.executable, "-m", "harness", *words, "--matrix", str(matrix)])
    run([sys.executable, "-m", "harness", "record", "--import", str(results / "latest"), str(file)])
    return file


def cpu_seconds(recording: Path) -> tuple[float, float]:
    """Return the processor time that the requests of a recording cost: at simulated gateways, and at its replay."""
    talks = list(talks_of(recording))
    return _cost(["simulated"], talks), _cost(["replayed", str(recording)], talks)


def talks_of(file: Path) -> Iterator[list[Sent]]:
    """Yield what the clients of a recording said, one connection after the other."""
    recording = read_recording(file)
    for dialogue in dialogues_of(recording):
        talk, last = list[Sent](), -1.0
        for entry in recording.entries:
            if entry.connection != dialogue.connection or not isinstance(entry, Framed | Greeted):
                continue
            if isinstance(entry, Framed) and entry.sender is Sender.GATEWAY:
                talk[-1] = replace(talk[-1], answered=True)
                continue
            data = entry.data if isinstance(entry, Greeted) else encode_frame(entry.payload)
            if len(talk) > 1 and entry.at - last < _TOGETHER:
                talk[-1] = replace(talk[-1], data=talk[-1].data + data)
            else:
                talk.append(Sent(data=data))
            last = entry.at
        yield talk


def _cost(arguments: list[str], talks: Sequence[Sequence[Sent]]) -> float:
    command = [sys.executable, "-m", "benchmarks.replayed_run", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the gateways' process has no pipes")
        for port in json.loads(process.stdout.readline()):
            asyncio.run(_talk(port, talks))
        process.stdin.close()
        return float(process.stdout.readline()) / TIMES


async def _talk(port: int, talks: Sequence[Sequence[Sent]]) -> None:
    for talk in talks:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for sent in talk:
            writer.write(sent.data)
            patience = _ANSWER if sent.answered else _QUIET
            while await _comes(reader, patience):
                patience = _QUIET
        writer.write_eof()  # the gateway ends when it has answered all
        while await _comes(reader, _ANSWER):
            pass
        writer.close()


async def _comes(reader: asyncio.StreamReader, patience: float) -> bool:
    try:
        async with asyncio.timeout(patience):
            return bool(await reader.read(2**16))
    except (TimeoutError, OSError):
        return False


async def _serve(kind: str, *files: str) -> None:
    """Open gateways, print their ports, and in the end the processor time since before they were opened."""
    catalogue()
    began = time.process_time()
    async with AsyncExitStack() as stack:
        ports = list[int]()
        for _ in range(TIMES):
            if kind == "simulated":
                simulated = SimulatedGateway(find(PROFILE), apart=True)
                ports.append((await stack.enter_async_context(simulated)).port)
            else:
                file = stack.enter_context(RecordingFile(Path(files[0])))
                ports.append((await stack.enter_async_context(ReplayedGateway(indexed_file(file)))).port)
        print(json.dumps(ports), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        print(time.process_time() - began, flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
