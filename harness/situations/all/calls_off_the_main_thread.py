"""A program calls the library's helpers in a thread that has no event loop."""

from __future__ import annotations

import asyncio
import threading
import warnings
from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Ask for a loop, make an IB, wait and schedule."""
    library = stage.library

    def program() -> None:
        stage.calls("util.getLoop() in a thread", lambda: type(library.util.getLoop()).__name__)
        stage.calls("IB() in a thread", lambda: library.IB(), quiet=True)
        stage.calls("util.sleep() in a thread", lambda: library.util.sleep(0.01))
        stage.calls("util.run() in a thread", lambda: library.util.run(asyncio.sleep(0, "done")))
        stage.calls("IB().waitOnUpdate() in a thread", lambda: library.IB().waitOnUpdate(0.01))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a coroutine that was never awaited
        thread = threading.Thread(target=program, name="program")
        thread.start()
        thread.join()


SITUATION = Situation(about=About.CONNECTION, play=play)
