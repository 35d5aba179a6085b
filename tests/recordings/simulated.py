"""Makes the simulated recordings in `recordings/` anew: what a simulated gateway answers to a client of ours.

``python -m tests.recordings.simulated`` writes them. That is needed when the simulator learns to say something else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from harness.recordings.cleaning.cleaner import Cleaner
from harness.recordings.exchanges import dialogues_of
from harness.recordings.packing import pack
from harness.recordings.part_file import PART_SUFFIX
from harness.recordings.recording import SUFFIX, Entry, Framed, GatewayRecorded, Head, Recording
from harness.recordings.summary import made_by
from harness.verify.asking import ask
from harness.verify.simulation import simulation_of
from harness.wire.hello import VersionReply
from harness.wire.message import Sender
from tests.recordings.making import Script, payload_of
from tests.verify.sessions import ORDERS, READING

FOLDER = Path(__file__).parents[2] / "recordings"
PROFILES = {"gateway-10.30": 187, "gateway-10.45": 223}
"""Version and server version of each recording."""

BEGAN = datetime(2026, 11, 27, 15, 30, tzinfo=UTC)
CLOCK = "20261127 15:30:00 UTC"


def file_of(profile: str) -> Path:
    return FOLDER / f"{profile}{SUFFIX}"


def head_of(profile: str) -> Head:
    product, _, build = profile.partition("-")
    gateway = GatewayRecorded(product=product, build=build, mode="paper", kind="simulator")
    return Head(made_by=made_by(), began=BEGAN, cleaned=True, gateway=gateway)


def asked(profile: str) -> Recording:
    """Give a recording of a client whose gateway says nothing after the start."""
    script = Script()
    one = script.connect(PROFILES[profile], most=226)
    for request in (*READING, *ORDERS):
        script.asks(one, request.name, **request.values)
        script.waits(0.1)
    script.ends(one)
    recording = script.recording()
    head = head_of(profile)
    manifest = recording.manifest.model_copy(update={"began": head.began, "gateway": head.gateway})
    return replace(recording, manifest=manifest)


def made(profile: str) -> tuple[Entry, ...]:
    """Give what the simulated gateway answers, cleaned like any recording, but for its amounts.

    The clock of this computer, which its first message has, is replaced.
    """
    recording = asked(profile)
    dialogues = dialogues_of(recording)
    answered = asyncio.run(ask(recording, dialogues, simulation_of(recording, dialogues))).recording
    cleaner = Cleaner(factor=Fraction(1))
    return tuple(cleaner.clean(entry) for entry in _at_one_time(answered))


def _at_one_time(recording: Recording) -> Iterator[Entry]:
    (dialogue,) = dialogues_of(recording)
    reply = payload_of(VersionReply(server_version=dialogue.server_version, connection_time=CLOCK).encode())
    first = next(each for each in recording.entries if isinstance(each, Framed) and each.sender is Sender.GATEWAY)
    yield from (replace(first, payload=reply) if each is first else each for each in recording.entries)


def write(profile: str) -> None:
    from tests.recordings.made import write_part  # noqa: PLC0415 - it needs hypothesis

    part = FOLDER / f"{profile}{PART_SUFFIX}"
    pack(write_part(part, made(profile), head_of(profile)), file_of(profile))


if __name__ == "__main__":
    for name in PROFILES:
        write(name)
