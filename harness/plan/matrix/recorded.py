"""Reads of a recording what a column of it shows: where and when it was made, and which versions it has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.recordings.archive import RecordingFile
from harness.recordings.origin import Origin
from harness.shared.errors import ResultsError


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSpec:
    """The recording of a gateway of ``kind = "replay"``.

    Args:
        file: the archive.
        sha256: a digest of what is in it.
        began: when it was made.
        kind: where the recorded gateway came from: ``address``, ``docker`` or ``simulator``.
        origin: whether it was a real one.
        product: ``gateway``, ``tws``, or empty if nobody said which.
        build: the version of the gateway, if somebody said it.
        mode: ``paper``, ``live``, or empty if it showed no account.
        server_version: the highest that was negotiated.
        speed: how many times faster than recorded it is replayed; ``None`` for the client's pace.
    """

    file: Path
    sha256: str
    began: datetime
    kind: str
    origin: Origin
    product: str
    build: str
    mode: str
    server_version: int
    speed: float | None = None

    @property
    def evidence(self) -> str:
        """What a column says of where its versions come from."""
        build = f", {self.build}" if self.build else ""
        return f"recorded on {self.began:%Y-%m-%d} of {self.origin.words}{build}: {self.file.name}"


def read_spec(file: Path, speed: float | None) -> RecordingSpec:
    """Read the manifest of a recording; its frames are read when it is replayed.

    Raises:
        ValueError: there is none, or nobody can replay it; the message says why.
    """
    try:
        with RecordingFile(file) as opened:
            manifest = opened.manifest
    except ResultsError as problem:
        raise ValueError(f"recording: {problem}") from None
    except OSError as problem:
        raise ValueError(f"recording: {file}: {problem.strerror or problem}") from None
    if manifest.gateway.server_version == 0:
        raise ValueError(f"recording: {file}: no client got a version reply in it, so there is nothing to replay")
    digest = hashlib.sha256("".join(segment.sha256 for segment in manifest.segments).encode()).hexdigest()
    gateway = manifest.gateway
    return RecordingSpec(
        file=file,
        sha256=digest,
        began=manifest.began,
        kind=gateway.kind,
        origin=gateway.origin,
        product=gateway.product,
        build=gateway.build,
        mode=gateway.mode,
        server_version=gateway.server_version,
        speed=speed,
    )
