"""Takes the digests of what a program is made of, so that an edited one is known as such. Accounts do not count."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from harness.plan.matrix.program_spec import ProgramSpec
from harness.programs.itself import ProgramItself
from harness.run.programs.places import copied_files
from harness.shared.errors import UsageError
from harness.shared.mask import Masker

_LENGTH = 16
_MASKED = 2**20
"""Bytes of a file in which accounts are looked for. A larger one is data, whose digest gives no account away."""


def itself(spec: ProgramSpec, besides: Sequence[Path] = ()) -> ProgramItself:
    """Return the digests of a program as it is now; what cannot be read has none.

    Args:
        spec: the program.
        besides: folders that are no part of it, such as that of the results.
    """
    return ProgramItself(
        files=_of_files(spec.program.folder, {spec.matrix, *besides}),
        table=_of_table(spec),
        requirements=_of_requirements(spec),
    )


def _of_files(folder: Path, besides: set[Path]) -> str:
    whole = _real(folder)
    left_out = {real for real in map(_real, besides) if whole in real.parents}
    digest = hashlib.sha256()
    try:
        for file in copied_files(folder):
            real = _real(file)
            if not left_out & {real, *real.parents}:
                digest.update(f"{file.relative_to(folder).as_posix()}\0{_of_file(file)}\n".encode())
    except (OSError, UsageError, UnicodeEncodeError):
        return ""
    return digest.hexdigest()[:_LENGTH]


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # unlike Path.resolve(), it takes links that lead to themselves


def _of_file(file: Path) -> str:
    if not file.is_file():
        return "link"
    if file.stat().st_size <= _MASKED:
        return hashlib.sha256(_masked(file.read_bytes())).hexdigest()
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _masked(data: bytes) -> bytes:
    return Masker().text(data.decode("latin-1")).encode("utf-8")


def _of_table(spec: ProgramSpec) -> str:
    """Return the digest of how it runs. Its edits are the library's or its files', and its folder is another's."""
    program = spec.program
    day = Path(spec.day) if spec.day is not None else None
    try:
        happens = _text(day) if day is not None and day.is_file() else spec.day
    except OSError:
        return ""
    said = {
        "command": program.command,
        "seconds": program.seconds,
        "environment": dict(program.environment),
        "own_home": program.own_home,
        "files": dict(program.files),
        "until": program.until and asdict(program.until),
        "stop": program.stop,
        "expected": asdict(spec.expected),
        "network": spec.network,
        "account": spec.account,
        "seed": spec.seed,
        "at": spec.at and spec.at.isoformat(),
        "day": happens,
        "sees_clock": spec.sees_clock,
    }
    return _of_text(json.dumps(said, sort_keys=True))


def _of_requirements(spec: ProgramSpec) -> str:
    try:
        text = "" if spec.requirements is None else _text(spec.requirements)
    except OSError:
        return ""
    installed = () if spec.venv is None else sorted(_installed(spec.venv))
    return _of_text(json.dumps([text, spec.beside, spec.python, installed]))


def _installed(venv: Path) -> Iterator[str]:
    for pattern in ("lib/*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info"):
        yield from (path.name for path in venv.glob(pattern))


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


def _of_text(text: str) -> str:
    return hashlib.sha256(Masker().text(text).encode("utf-8", "replace")).hexdigest()[:_LENGTH]
