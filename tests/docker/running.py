"""A container of the played image, and how to wait for what it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from docker.models.containers import Container

PATIENCE = 120.0
"""Seconds after which a test fails instead of waiting for ever."""

_TURN = 0.02


@dataclass(frozen=True)
class Running:
    """A container that was started."""

    container: Container

    def log(self) -> str:
        """Return all that it wrote, standard output and standard error."""
        return self.container.logs().decode()

    def says(self, text: str, times: int = 1) -> str:
        """Wait until a text was logged so often; return the log. Fails where the container ends before."""
        self._until(lambda: self.log().count(text) >= times or self._over(), f"to say {text!r} {times} times")
        log = self.log()
        assert log.count(text) >= times, log
        return log

    def becomes(self, health: str) -> None:
        """Wait until the engine says that of its health."""
        self._until(lambda: self._health() == health or self._over(), f"to become {health}")
        assert self._health() == health, self.log()

    def _health(self) -> str:
        self.container.reload()
        said: str = self.container.attrs["State"]["Health"]["Status"]
        return said

    def exits(self) -> int:
        """Wait until it has ended; return its exit code."""
        code: int = self.container.wait(timeout=PATIENCE)["StatusCode"]
        return code

    def port(self, inside: int) -> int:
        """Return where this machine finds a port of the container's, on 127.0.0.1."""
        self.container.reload()
        published = self.container.ports[f"{inside}/tcp"]
        assert published
        return int(published[0]["HostPort"])

    def lives(self) -> bool:
        """Tell whether it still runs."""
        return not self._over()

    def _over(self) -> bool:
        self.container.reload()
        return self.container.status not in {"created", "running"}

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        until(condition, f"the container {what}", self.log)


def _nothing() -> str:
    return ""


def until(condition: Callable[[], object], what: str, told: Callable[[], str] = _nothing) -> None:
    """Wait until a condition holds; ``told`` is what a failure shows."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s for {what}:\n{told()}"
        time.sleep(_TURN)
