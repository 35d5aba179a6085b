"""Real libraries see a gateway restart: the connection ends, nobody listens, the id is held, and then it is back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.gateways.simulator.timing import SteppedTime
from tests.gateways.simulator.days.passing import FRIDAY, day
from tests.gateways.simulator.talk import run, simulated, until
from tests.rows import need_row

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("library_restart.py")
PASSES = {"connected": 10, "refused": 35, "held": 30}
"""Seconds after each word: up to the restart, up to its end, and until the id is free."""
SHUT_AFTER = {"connected", "ended"}
RESTART = 'at = "+10s"; what = "restart"; lasts = "35s"; holds_ids = "30s"'


@pytest.mark.parametrize(("library", "first"), [("ib_async==2.1.0", 103), ("ibapi-latest==10.51.1", 101)])
def test_a_library_comes_back_after_a_restart(library: str, first: int, tmp_path: Path) -> None:
    """The id is that of the first request: ib_async has made two by then."""
    row = need_row(library)
    errors = tmp_path / "stderr.txt"

    async def scenario() -> list[str]:
        clock = SteppedTime(FRIDAY)
        with errors.open("wb") as stderr:
            async with simulated(timing=clock, day=day(RESTART)) as gateway:
                process = await asyncio.create_subprocess_exec(
                    *(str(row.python), "-I", str(SCRIPT), row.adapter, str(gateway.port)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=stderr,
                )
                assert process.stdin is not None
                assert process.stdout is not None
                said: list[str] = []
                try:
                    while line := (await process.stdout.readline()).decode().strip():
                        said.append(line)
                        word = line.split()[0]
                        clock.step(PASSES.get(word, 0))
                        shut = word in SHUT_AFTER
                        await until(lambda: gateway._listener.is_shut is shut)  # noqa: B023 - awaited here
                        if word != "connected":
                            process.stdin.write(b"\n")
                finally:
                    if process.returncode is None:
                        process.stdin.close()
                        process.kill()
                    await process.wait()
                return said

    said = run(scenario())
    assert said == [f"connected {first}", "ended", "refused", "held", f"back {first}"], errors.read_text("utf-8")
