"""A row's worker: imports the library, says so, and runs cells."""

from __future__ import annotations

import argparse
import os
import platform
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from harness.shared.moments import zone_data
from harness.worker.channel import Channel, flush_output
from harness.worker.library import import_library
from harness.worker.once import serve_once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from harness.worker.library import Library

MODES = ("fork", "once")
TASKS = Path("/proc/self/task")
"""Linux lists a process's threads here, those that C code started too."""


def main(arguments: Sequence[str]) -> NoReturn:
    """Run the worker and end the process.

    ``exclusive`` in the ready line says that its import cannot be shared: it runs one cell itself and ends with its
    exit code. So it is in mode ``once``, and in mode ``fork`` where the system cannot fork or the import left threads.
    """
    options = _read_options(arguments)
    channel = Channel()
    library = import_library(options.adapter, options.distribution)
    exclusive = options.mode == "once" or not can_fork()
    channel.say(
        "ready",
        pid=os.getpid(),
        announced=library.announced,
        resolved=library.resolved,
        python=platform.python_version(),
        zone_data=zone_data(),
        exclusive=exclusive,
        **{"import": library.check.as_json()},
    )
    code = serve_once(library, channel) if exclusive else _serve_forking(library, channel)
    flush_output()
    # not sys.exit: a thread that the library left would keep the process
    os._exit(code)


def can_fork() -> bool:
    """Tell whether cells can be forked children of this process: it must be able to, and have one thread.

    A child has only the thread that forked it; locks that other threads held stay locked in it for ever.
    """
    threads = len(list(TASKS.iterdir())) if TASKS.is_dir() else threading.active_count()
    return hasattr(os, "fork") and threads == 1


def _serve_forking(library: Library, channel: Channel) -> int:
    from harness.worker.forking import ForkServer  # noqa: PLC0415 - not on every system

    return ForkServer(library, channel).serve()


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=__doc__)
    parser.add_argument("--adapter", required=True, help="ib_async, ib_insync or ibapi")
    parser.add_argument("--distribution", required=True, help="name that the library was installed under")
    parser.add_argument("--mode", required=True, choices=MODES)
    return parser.parse_args(arguments)
