"""Ensures that only one run at a time on this machine uses a gateway that somebody else runs; shares out client ids.

Two simultaneous runs would use the same client ids, and send the gateway twice as much as it accepts. A look during a
run, or during another look, does no harm if each has its own client ids. The operating system releases a lock when its
process ends in any way, so nothing has to be cleaned up.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from harness.shared.errors import GatewayError
from harness.shared.hosts import one_form, stays_here, written

_LOCAL = "localhost"


@dataclass(slots=True)
class Claim:
    """A claim on a gateway, which keeps other runs on this machine away from it.

    Args:
        state: the file that says who has the gateway, and how many cells have asked it so far; ``None`` for no file.
        turns: how many cells have asked it so far, including those of earlier runs.
    """

    state: Path | None
    turns: int = 0

    def turn(self) -> int:
        """Return a number for the next cell that no earlier cell had.

        A Gateway accepts the same historical request again only after 15 seconds (IBKR Campus, TWS API: pacing
        limitations), so each cell varies its request by this number.
        """
        self.turns += 1
        self.tell()
        return self.turns

    def tell(self) -> None:
        """Write down who has the gateway."""
        if self.state is not None:
            now = datetime.now().astimezone().isoformat(timespec="seconds")
            with suppress(OSError):  # a full disk costs the next run the number, and this one nothing
                self.state.write_text(json.dumps({"pid": os.getpid(), "at": now, "turns": self.turns}), "utf-8")


@contextmanager
def claimed(host: str, port: int, *, note: Callable[[str], None], folder: Path | None = None) -> Iterator[Claim]:
    """Keep our other runs away from a gateway.

    Args:
        host: the host on which it listens; all names of this machine count as one.
        port: the port on which it listens.
        note: called with a sentence if locking is not possible; the run then continues without a lock.
        folder: the folder of the locks [default: ``IB_COMPAT_CACHE``, or the user's cache]

    Raises:
        GatewayError: another run has it.
    """
    name = re.sub(r"[^A-Za-z0-9.]+", "-", f"{_LOCAL if stays_here(host) else one_form(host)}-{port}")
    folder = folder or _folder()
    state, lock = folder / f"{name}.json", FileLock(folder / f"{name}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise _taken(written(host, port), _read(state)) from None
    except (OSError, NotImplementedError) as problem:
        note(f"{written(host, port)}: another run of ib-compat cannot be kept away: {problem}")
        yield Claim(None)
        return
    try:
        claim = Claim(state, _turns(_read(state)))
        claim.tell()
        yield claim
    finally:
        lock.release()


@contextmanager
def own_ids(last: int, *, each: int, most: int, folder: Path | None = None) -> Iterator[int]:
    """Yield the highest of a range of client ids that no other look on this machine uses, as long as one is free.

    Args:
        last: the highest client id that looks may use.
        each: how many client ids one look uses.
        most: how many looks there is room for; further looks share the last range.
        folder: the folder of the locks, as for `claimed`.
    """
    folder = folder or _folder()
    for place in range(most - 1):
        lock = FileLock(folder / f"look-{place}.lock")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            continue
        except (OSError, NotImplementedError):
            break  # nobody can be kept away; the last place is as good as any
        try:
            yield last - place * each
        finally:
            lock.release()
        return
    yield last - (most - 1) * each


def _folder() -> Path:
    return Path(os.environ.get("IB_COMPAT_CACHE") or user_cache_path("ib-compat")) / "gateways"


def _taken(address: str, state: object) -> GatewayError:
    who = f" (process {state['pid']}, last at {state['at']})" if isinstance(state, dict) and "pid" in state else ""
    return GatewayError(
        f"another run of ib-compat is asking {address}{who}",
        hint="Wait until it has ended, or end it: two at once would take each other's client ids.",
    )


def _read(state: Path) -> object:
    try:
        return json.loads(state.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _turns(state: object) -> int:
    turns = state.get("turns") if isinstance(state, dict) else None
    return turns if isinstance(turns, int) and turns >= 0 else 0
