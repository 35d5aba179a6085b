"""Replays a recording in a process of its own: prints the port, and serves until standard input ends."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from harness.gateways.replay.server import ReplayedGateway
from harness.recordings.archive import RecordingFile
from harness.recordings.indexed import indexed_file


async def _replay(file: Path) -> None:
    with RecordingFile(file) as opened:
        async with ReplayedGateway(indexed_file(opened)) as gateway:
            print(gateway.port, flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_replay(Path(sys.argv[1])))
