"""Packs the evidence of what was as expected, with zstd, and reads evidence whether it is packed or not.

A run leaves fifty megabytes of evidence, nearly all of it of cells that nobody will look at. Packed, it is an eighth of
that, and nothing of it is lost. What was not as expected stays as it is, for people and their tools.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.shared import private
from harness.shared.bounded_reading import MOST, inside, read_bytes
from harness.shared.errors import InputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.results.results_model import CellInfo, Results

PACKED = ".zst"
"""What is added to the name of a file that is packed."""

_LEVEL = 3
_BEGINNING = 18
"""Bytes in which a zstd frame says how large it is (RFC 8878, section 3.1.1.1)."""

_SMALL = 1_024
"""Bytes below which packing a file saves nothing."""


def pack_expected(results: Results, folder: Path) -> Results:
    """Pack the evidence of cells that were as expected, and return the results with its new names.

    A run that is not complete is left alone, because it may be resumed. A file that cannot be packed stays as it is.
    """
    if not results.run.complete:
        return results
    return replace(results, cells={name: _packed(cell, folder) for name, cell in results.cells.items()})


def _packed(cell: CellInfo, folder: Path) -> CellInfo:
    if cell.expected.verdict is not Verdict.AS_EXPECTED:
        return cell
    return replace(cell, artifacts=[_pack(folder, name) for name in cell.artifacts])


def _pack(folder: Path, name: str) -> str:
    """Pack a file, and return its new name; the old one if it stays."""
    file = kept(folder / name)
    if file.suffix == PACKED and not name.endswith(PACKED):
        return f"{name}{PACKED}"  # by a part of the run that ended before it could write its results
    if not name.endswith(".jsonl"):
        return name
    try:
        data = file.read_bytes()
        if len(data) < _SMALL:
            return name
        private.write(Path(f"{file}{PACKED}"), zstd.compress(data, level=_LEVEL))
        file.unlink()
    except OSError:
        return name
    return f"{name}{PACKED}"


def kept(file: Path) -> Path:
    """Return where a file of evidence is: itself, or packed. A link to what is packed is not followed."""
    packed = Path(f"{file}{PACKED}")
    try:
        return packed if not file.exists() and packed.is_file() and not packed.is_symlink() else file
    except OSError:  # a name that is too long: who reads it says so
        return file


def kept_inside(folder: Path, name: str) -> Path:
    """Return the file of a run that a path means, itself or packed; raises as ``inside``."""
    return kept(inside(folder, name))


def read_kept(file: Path, most: int = MOST) -> bytes:
    """Read a whole file of evidence, packed or not, of ``most`` bytes at most.

    Raises:
        FileNotFoundError: there is none.
        InputError: as ``read_bytes``, or it is packed and damaged.
    """
    data = read_bytes(file, most)
    if file.suffix != PACKED:
        return data
    reader = zstd.ZstdDecompressor()
    size = _size_in(data, file)
    if size > most:
        raise InputError(f"{file}: cannot be read: there are more than {most // 2**20} MiB in it")
    try:
        plain = reader.decompress(data, size + 1)  # who wrote it may say less than there is
    except zstd.ZstdError as error:
        raise InputError(f"{file}: is damaged: {error}") from None
    if not reader.eof or reader.unused_data or len(plain) != size:
        raise InputError(f"{file}: is damaged: it does not have the {size} bytes that it should have")
    return plain


def _size_in(data: bytes, file: Path) -> int:
    """Return how many bytes are in what was packed, as its beginning says."""
    try:
        return zstd.get_frame_info(data[:_BEGINNING]).decompressed_size or 0
    except zstd.ZstdError as error:
        raise InputError(f"{file}: is damaged: {error}") from None


def read_kept_lines(file: Path) -> Iterator[bytes]:
    """Yield the lines of a file of evidence, packed or not; raises as ``read_kept``."""
    yield from BytesIO(read_kept(file))


def plain_size(file: Path) -> int:
    """Return how many bytes are in a file of evidence, without unpacking it; raises OSError and InputError."""
    if file.suffix != PACKED:
        return file.stat().st_size
    with file.open("rb") as opened:
        return _size_in(opened.read(_BEGINNING), file)
