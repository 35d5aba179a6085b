"""What is known of a gateway on its way up, and what is said where it does not come up."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.diagnose.boot_verdict import diagnose_boot
from harness.gateways.docker.errors import EngineError
from harness.gateways.opened import BootError
from harness.known.images import BootFailure
from harness.shared.evidence import BootRecord

if TYPE_CHECKING:
    from harness.gateways.docker.engine import Image
    from harness.gateways.docker.waiting import Watch
    from harness.gateways.opening import Opening
    from harness.plan.matrix.container_spec import ContainerSpec
    from harness.plan.matrix.gateway_spec import GatewaySpec

_LOG = "container.log"
_SHOWN = 500
"""Characters of a log line that are kept in the results."""


class Boot:
    """A gateway from its image to its first answer.

    Args:
        spec: what the matrix file says of it.
        container: the same, of its container.
        opening: whom it tells.
    """

    def __init__(self, spec: GatewaySpec, container: ContainerSpec, opening: Opening) -> None:
        self.spec = spec
        self.container = container
        self.opening = opening
        self.image: Image | None = None
        self.watch: Watch | None = None
        self.reused = False
        self._began = time.monotonic()
        self._seconds: dict[str, float] = {}

    def reached(self, stage: str) -> None:
        """Write down when a stage was reached: ``image``, ``container``, ``login`` or ``hello``."""
        self._seconds[stage] = time.monotonic() - self._began

    def note(self, text: str) -> None:
        """Tell a person something about it."""
        self.opening.note(f"{self.spec.name}: {text}")

    def progress(self, words: str, part: float | None = None) -> None:
        """Tell what takes long; nothing where it is over."""
        self.opening.progress(words, part)

    @property
    def log(self) -> Path | None:
        """Where its log is kept."""
        folder = self.opening.folder
        return None if folder is None else folder / "gateways" / self.spec.name / _LOG

    @property
    def artifacts(self) -> tuple[str, ...]:
        """The files that it has left so far, relative to the run's folder."""
        kept = self.log is not None and self.log.exists()
        return (f"gateways/{self.spec.name}/{_LOG}",) if kept else ()

    def record(
        self, failure: BootFailure | None = None, *, line: str | None = None, exit_code: int | None = None
    ) -> BootRecord:
        """Return how far it came; ``line`` is shown, and so has nothing secret in it."""
        image = self.image
        variable = self.container.profile.build_variable
        said = image.environment.get(variable) if image and variable else None
        return BootRecord(
            image=self.container.image,
            digest=image.digest if image else None,
            build=said or (self.watch.build if self.watch else None),
            ibc=self.watch.ibc if self.watch else None,
            reused=self.reused,
            seconds=dict(self._seconds),
            failure=None if failure is None else failure.value,
            line=None if line is None else line[:_SHOWN],
            exit_code=exit_code,
        )

    def ended_by_itself(self, exit_code: int | None) -> BootRecord:
        """Return the record of one that came up and has ended, with the last line of its kept log (without secrets)."""
        kept = self.log.read_text("utf-8", "replace").split("\n") if self.log is not None and self.log.exists() else []
        last = next((line for line in reversed(kept) if line.strip()), None)
        return replace(self.record(), line=None if last is None else last[:_SHOWN], exit_code=exit_code)

    def stopped_by(self, error: EngineError) -> BootError:
        """Return the error of a gateway whose engine could not be used, or did not do it."""
        return BootError(str(error), hint=error.hint, record=self.record(error.code), artifacts=self.artifacts)

    def failed(
        self, failure: BootFailure, *, line: str | None, exit_code: int | None = None, says: str = ""
    ) -> BootError:
        """Return the error of a container that did not become a gateway; ``says`` is what its exit code means."""
        record = self.record(failure, line=line, exit_code=exit_code)
        verdict = diagnose_boot(self.spec, record)
        told = f": {record.line.strip()}" if record.line else ""
        ended = "" if exit_code is None else f" (exit code {exit_code}{': ' if says else ''}{says})"
        message = f"{self.container.image} did not come up: {verdict.title}{ended}{told}"
        return BootError(message, hint=next(iter(verdict.next), ""), record=record, artifacts=self.artifacts)
