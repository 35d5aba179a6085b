"""Draws what a recording holds, for ``ib-compat record``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.recordings.entry_words import in_words
from harness.recordings.origin import Origin
from harness.recordings.recording import Omitted
from harness.shared.amounts import counted, duration
from harness.shared.mask import Masker
from harness.views.terminal.style import beside, printable
from harness.wire.message import Sender

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from harness.recordings.archive import RecordingFile
    from harness.recordings.recording import Entry, Manifest
    from harness.views.terminal.style import Style

_MOST_CLIENTS = 20
"""Clients that are listed; the lines below have all."""

_PERSONAL = "NOT cleaned: accounts, names and amounts are in it as they were. Do not send it to anybody."


def inspected(opened: RecordingFile, style: Style) -> Iterator[str]:
    """Yield all lines: what the recording is, each entry in words, and what is not in it and why.

    Account numbers are shown as they are, so that one can see that they were replaced; where they were not, they are
    masked.
    """
    why: Counter[str] = Counter()
    mask = str if opened.manifest.cleaned else Masker().text
    lines = [*manifest_lines(opened.file, opened.manifest), ""]
    yield from (style.plain(printable(line)) for line in lines)
    for line in in_words(_counting(opened.entries(), why), mask=mask):
        yield style.plain(printable(str(line)))
    if why:
        yield ""
        yield from (style.plain(printable(line)) for line in omitted_lines(why))


def _counting(entries: Iterable[Entry], why: Counter[str]) -> Iterator[Entry]:
    for entry in entries:
        if isinstance(entry, Omitted):
            why[entry.why] += entry.count
        yield entry


def manifest_lines(file: Path, manifest: Manifest) -> Iterator[str]:
    """Yield what a recording is."""
    yield str(file)
    yield from beside(
        "recorded", [f"{manifest.began:%Y-%m-%d %H:%M:%S %Z}, {duration(manifest.seconds)}, by {manifest.made_by}"]
    )
    yield from beside("cleaned", ["accounts, names and amounts are replaced" if manifest.cleaned else _PERSONAL])
    yield from beside("gateway", _gateway(manifest))
    yield from beside("clients", _clients(manifest))
    parts = [", ".join(f"{manifest.frames.get(each, 0):,} from {_NAMES[each]}" for each in Sender)]
    for what, counts in (("omitted", manifest.omitted), ("without fields that nobody knows", manifest.shortened)):
        told = ", ".join(f"{counts[each]:,} from {_NAMES[each]}" for each in Sender if counts.get(each))
        parts += [f"{what}: {told}"] if told else []
    yield from beside("messages", ["; ".join(parts)])


_NAMES = {Sender.CLIENT: "clients", Sender.GATEWAY: "the gateway"}


def _gateway(manifest: Manifest) -> Iterator[str]:
    gateway = manifest.gateway
    version = (
        f"server version {gateway.server_version} or higher" if gateway.server_version else "no server version seen"
    )
    yield ", ".join(filter(None, (gateway.product, gateway.build, gateway.mode, version)))
    yield _ORIGINS[gateway.origin]
    yield from (f"{name} = {value}" for name, value in gateway.settings.items())


_ORIGINS = {
    Origin.REAL: "a real one: it was seen to run, or was started in a container",
    Origin.SIMULATED: "a simulated one of ib-compat's",
    Origin.UNKNOWN: "real or simulated: not known",
}


def _clients(manifest: Manifest) -> Iterator[str]:
    for client in manifest.clients[:_MOST_CLIENTS]:
        number = "no client id" if client.client_id is None else f"client id {client.client_id}"
        version = "no version" if client.server_version is None else f"server version {client.server_version}"
        yield ", ".join(filter(None, (f"{client.connection}: {number}", version, client.library)))
    more = len(manifest.clients) - _MOST_CLIENTS
    if more > 0:
        yield f"and {more:,} more"


def omitted_lines(why: Mapping[str, int]) -> Iterator[str]:
    """Yield why something is not in a recording, the most frequent reason first."""
    reasons = sorted(why.items(), key=lambda each: (-each[1], each[0]))
    yield from beside("omitted", (f"{counted(number, 'message')}: {reason}" for reason, number in reasons))
