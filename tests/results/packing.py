"""Packs the evidence in a folder as a complete run leaves it."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.results.packed_evidence import PACKED

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["pack_all", "zstd"]


def pack_all(folder: Path) -> None:
    """Pack every file of JSON lines below a folder."""
    for file in sorted(folder.rglob("*.jsonl")):
        Path(f"{file}{PACKED}").write_bytes(zstd.compress(file.read_bytes()))
        file.unlink()
