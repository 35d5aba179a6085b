"""Reads the packets of a capture file, of either format, one after the other.

Files come from anybody. Whatever a length in one says, no more than :data:`MOST_PACKET` bytes are read at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from harness.recordings.imports.block_capture import SECTION, block_packets
from harness.recordings.imports.classic_capture import MAGICS, classic_packets
from harness.recordings.imports.reading import CapturedPacket, CaptureReader
from harness.shared.bounded_reading import open_file
from harness.shared.errors import InputError, ResultsError

_OTHER = {
    b"\x1f\x8b": "is compressed. Unpack it first: gunzip FILE.gz.",
    b"\x28\xb5": "is compressed. Unpack it first: unzstd FILE.zst.",
    b"\x04\x22": "is compressed. Unpack it first: unlz4 FILE.lz4.",
    b"PK": "is a zip archive. Unpack it first.",
}
_MAGIC = 4


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        opened = open_file(file)
    except FileNotFoundError:
        raise ResultsError(f"{file}: is not there") from None
    with opened:
        yield opened


def packets(file: Path) -> Iterator[CapturedPacket]:
    """Yield the packets of a capture file, in its order. What is after a last packet that was cut off is left out.

    Raises:
        ResultsError: there is no such file.
        InputError: it is no capture, or not as captures are.
    """
    with _opened(file) as opened:
        reader = CaptureReader(file, opened)
        magic = reader.peek(_MAGIC)
        if magic in MAGICS:
            yield from classic_packets(reader)
        elif magic == SECTION:
            yield from block_packets(reader)
        else:
            raise _no_capture(file, magic)


def _no_capture(file: Path, magic: bytes) -> InputError:
    hint = "A recording is made of captures (pcap, pcapng), of wire.jsonl of a cell, or of a run's folder."
    if not magic:
        return InputError(f"{file}: is empty", hint=hint)
    other = next((why for mark, why in _OTHER.items() if magic.startswith(mark)), None)
    if other is not None:
        what, _, todo = other.partition(". ")
        return InputError(f"{file}: {what}", hint=todo)
    return InputError(f"{file}: is not a capture file: it begins with {magic.hex(' ')}", hint=hint)
