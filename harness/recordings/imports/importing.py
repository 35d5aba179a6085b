"""Writes a part file of what people already have, cleaned like any recording before anything reaches the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.recordings.clean_writing import Cleans, CleanWriter
from harness.recordings.imports.source import Source, Sources
from harness.recordings.part_file import PartFile
from harness.recordings.recording import GatewayRecorded, Greeted, Head
from harness.recordings.summary import Summary, made_by
from harness.shared.errors import InputError

_AT_ONCE = 1000
"""Entries that are written together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was imported.

    Args:
        clients: connections with a hello.
        omitted: how many messages are not in the recording, by reason.
        others: connections that are not in the recording, because they do not begin with a hello.
    """

    clients: int
    omitted: Counter[str]
    others: int = 0


def import_sources(
    sources: Sequence[Source],
    cleaner: Cleans,
    part: Path,
    *,
    raw: Path | None = None,
    gateway: GatewayRecorded | None = None,
) -> Imported:
    """Write the part file of a recording of sources; if that fails, no file is left.

    Args:
        sources: at least one.
        cleaner: cleans the entries.
        part: the part file; nothing may be there.
        raw: the part file of what is not cleaned; ``None`` for none.
        gateway: what is known of the gateway.

    Raises:
        ResultsError: a file is there already, or a source is not.
        InputError: a source cannot be read, or not in the order that it has.
        UnwritableError: a file cannot be written.
    """
    together = Sources(sources)
    head = Head(
        made_by=made_by(),
        began=together.began,
        cleaned=True,
        gateway=gateway or GatewayRecorded(),
        libraries=together.libraries,
    )
    with ExitStack() as files, ExitStack() as removing:
        clean = _part(files, removing, part, head)
        kept = None if raw is None else _part(files, removing, raw, head.model_copy(update={"cleaned": False}))
        writer = CleanWriter(cleaner, clean, kept)
        clients = _write(together, writer, ", ".join(source.name for source in sources))
        removing.pop_all()
    return Imported(clients=clients, omitted=writer.omitted)


def _part(files: ExitStack, removing: ExitStack, part: Path, head: Head) -> PartFile:
    opened = files.enter_context(PartFile(part, head))
    removing.callback(part.unlink, missing_ok=True)
    return opened


def _write(together: Sources, writer: CleanWriter, names: str) -> int:
    """Write all entries; return how many connections had a hello."""
    summary, clients = Summary(), 0
    for number, entry in enumerate(together.entries()):
        try:
            summary.take(entry)
        except ValueError as problem:
            raise InputError(f"{names}: cannot be a recording: {problem}") from None
        clients += isinstance(entry, Greeted)
        writer.write(entry)
        if number % _AT_ONCE == 0:
            writer.flush()
    return clients
