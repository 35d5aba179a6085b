"""The process that reads inputs of one target, made in one of two ways: led by coverage, or changed at random.

``python -m campaigns.reading TARGET INPUTS SEED FOLDER``. It imports what it reads with only after the means to see
which branches are reached.
"""

from __future__ import annotations

import hashlib
import importlib.util
import random
import sys
import time
import traceback
from pathlib import Path

SECONDS = 20
"""What one input may take at most."""

MIB = 2048
"""What a target may hold at most."""

LONGEST = 4096
"""Bytes of an input: more than any message of a known kind has."""


def main() -> None:
    """Give a target so many inputs; what it cannot take is kept in a file, and ends the process with a code."""
    target, inputs, seed, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    corpus, findings = folder / "corpus" / target, folder / "findings" / target
    if importlib.util.find_spec("atheris"):
        _led(target, inputs, seed, corpus, findings)
    else:
        changed(target, inputs, seed, corpus, findings)


def _led(target: str, inputs: int, seed: int, corpus: Path, findings: Path) -> None:
    import atheris  # noqa: PLC0415 - not on every system

    with atheris.instrument_imports(include=["harness", "json", "tomllib"]):
        from campaigns.targets import READERS, refused  # noqa: PLC0415 - it is to be instrumented

    def read(data: bytes) -> None:
        refused(READERS[target].read, data)

    limits = [f"-timeout={SECONDS}", f"-rss_limit_mb={MIB}", f"-max_len={LONGEST}"]
    kept = [f"-artifact_prefix={findings}/", str(corpus)]
    words = [sys.argv[0], f"-runs={inputs}", f"-seed={seed}", "-print_final_stats=1", *limits, *kept]
    atheris.Setup(words, read)
    atheris.Fuzz()  # it ends the process itself


def changed(target: str, inputs: int, seed: int, corpus: Path, findings: Path) -> None:
    """Give a target inputs that are changed at random, by a seed; the first that it cannot take is kept and raised."""
    from campaigns.targets import READERS, refused  # noqa: PLC0415 - as above

    chance = random.Random(seed)  # noqa: S311 - it is to be repeated
    known = [file.read_bytes() for file in sorted(corpus.iterdir())]
    for _ in range(inputs):
        data = _change(chance, known)
        began = time.perf_counter()
        try:
            refused(READERS[target].read, data)
        except Exception:
            (findings / f"crash-{hashlib.sha1(data, usedforsecurity=False).hexdigest()}").write_bytes(data)
            traceback.print_exc()
            raise
        if time.perf_counter() - began > SECONDS:
            (findings / f"timeout-{hashlib.sha1(data, usedforsecurity=False).hexdigest()}").write_bytes(data)
    sys.stderr.write(f"inputs given: {inputs}\n")


def _change(chance: random.Random, known: list[bytes]) -> bytes:
    """Return a known input with a few pieces cut out, put in, repeated, or taken from another."""
    data = bytearray(chance.choice(known))
    for _ in range(chance.randint(1, 8)):
        at = chance.randint(0, len(data))
        piece = data[at : at + chance.choice((1, 2, 4, 64))]
        match chance.randrange(5):
            case 0:
                del data[at : at + len(piece)]
            case 1:
                data[at:at] = chance.randbytes(chance.choice((1, 2, 4)))
            case 2:
                data[at : at + len(piece)] = chance.randbytes(len(piece))
            case 3:
                data[at:at] = piece * chance.choice((1, 2, 100))
            case _:
                other = chance.choice(known)
                begin = chance.randint(0, len(other))
                data[at:at] = other[begin : begin + 64]
    return bytes(data[:LONGEST])


if __name__ == "__main__":
    main()
