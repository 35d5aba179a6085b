"""Reads which requests a program made from a file: a recording, or what ``try --json`` or ``tap --json`` wrote."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.programs.asked import asked_in
from harness.recordings.archive import read_recording
from harness.recordings.recording import SUFFIX
from harness.shared.bounded_reading import parse_json, read_bytes
from harness.shared.errors import InputError

MOST_BYTES = 64 * 2**20

AskedCounts = Mapping[str, Mapping[str, int]]
"""How many times each request came to what."""


def asked_in_file(file: Path) -> AskedCounts:
    """Return what was asked; of several runs of a program, in the first.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: it is neither of these.
    """
    if file.suffix == SUFFIX:
        counts = asked_in(read_recording(file)).counts()
        return _sum((name, outcome.value, count) for (name, outcome), count in counts.items())
    document = parse_json(read_bytes(file, MOST_BYTES), str(file))
    try:
        return _sum(_requests(document))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as problem:
        hint = f"Name a recording ({SUFFIX}), or what `ib-compat tap --json` or `ib-compat try --json` wrote."
        raise InputError(f"{file}: says of no request what came of it", hint=hint) from problem


def _requests(document: Any) -> Iterator[tuple[str, str, int]]:
    tellers = document["connections"] if "connections" in document else [document["runs"][0]]
    for teller in tellers:
        for each in teller["requests"]:
            yield str(each["name"]), str(each["outcome"]), int(each["count"])


def _sum(told: Iterable[tuple[str, str, int]]) -> AskedCounts:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, outcome, count in told:
        found[name][outcome] += count
    return found
