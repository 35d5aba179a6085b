"""Finds what a recording can be made of in the files and folders that a user names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.recordings.imports.capture import Capture
from harness.recordings.imports.source import Source
from harness.recordings.imports.transcript_entries import transcript_entries
from harness.recordings.part_file import PART_SUFFIX
from harness.recordings.recording import SUFFIX, Entry, GatewayRecorded
from harness.results.packed_evidence import PACKED, kept
from harness.results.results_files import read_results
from harness.results.results_model import CellInfo, Results
from harness.results.run_folder import RESULTS
from harness.results.transcript_file import FILE, read_transcript
from harness.shared.bounded_reading import open_file
from harness.shared.errors import InputError, ResultsError, UsageError

CELLS = "cells"
MOST_FILES = 10_000

_NAMES = frozenset({FILE, f"{FILE}{PACKED}"})
_BEGINNING = 512
_LOG_LINE = re.compile(rb"^[0-9]{2}:[0-9]{2}:[0-9]{2}:[0-9]{3} (<-|->) ", re.MULTILINE)
_ENCRYPTED = ".ibgzenc"
_INSTEAD = "Record it: `ib-compat record --proxy 4002:4102 NAME.ibrec`, and let your programs connect to port 4102."


@dataclass(slots=True)
class Found:
    """What was found.

    Args:
        sources: what a recording can be made of.
        captures: those of them that are captures of packets.
        gateways: the gateways of cells, by their names in the results of their runs.
    """

    sources: list[Source] = field(default_factory=list)
    captures: list[Capture] = field(default_factory=list)
    gateways: dict[str, GatewayRecorded] = field(default_factory=dict)

    @property
    def gateway(self) -> GatewayRecorded | None:
        """What is known of the gateway.

        Raises:
            UsageError: there are several, and a recording is of one.
        """
        if len(self.gateways) > 1:
            names = ", ".join(sorted(self.gateways))
            hint = "Name the folders of cells of one of them: results/RUN/cells/ROW/GATEWAY."
            raise UsageError(f"a recording is of one gateway, and these cells are of {names}", hint=hint)
        return next(iter(self.gateways.values()), None)


def find_sources(places: list[Path], *, port: int | None = None) -> Found:
    """Find what a recording can be made of.

    Args:
        places: captures, transcripts, folders of cells or runs.
        port: the gateway's, for captures.

    Raises:
        ResultsError: there is nothing, or nothing was recorded.
        InputError: a file cannot be read, or is of another kind.
    """
    found = Found()
    for place in places:
        if place.is_dir():
            _folder(place, found)
        else:
            _file(place, found, port)
    return found


def _file(named: Path, found: Found, port: int | None) -> None:
    file = kept(named)  # it may have been packed since its name was seen
    try:
        with open_file(file) as opened:
            beginning = opened.read(_BEGINNING)
    except FileNotFoundError:
        raise ResultsError(f"{file}: is not there") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None
    if file.suffix == _ENCRYPTED:
        raise InputError(f"{file}: is encrypted by TWS or IB Gateway, and only they can read it", hint=_INSTEAD)
    if _LOG_LINE.search(beginning):
        why = "in which '-' stands for the end of a field and for itself, so that messages cannot be read back"
        raise InputError(f"{file}: is an API message log of TWS or IB Gateway, {why}", hint=_INSTEAD)
    if file.name.endswith((SUFFIX, PART_SUFFIX)):
        hint = f"`ib-compat record --inspect FILE` shows what is in one, and --finish packs NAME{PART_SUFFIX}."
        raise InputError(f"{file}: is a recording already", hint=hint)
    if beginning.startswith(b"{") or file.suffix == PACKED:
        _transcript(file, found, {})
    else:
        _capture(file, found, port)


def _capture(file: Path, found: Found, port: int | None) -> None:
    capture = Capture(file, port=port)
    found.captures.append(capture)
    found.sources.append(Source(name=str(file), began=capture.began, entries=capture.entries))


def _folder(folder: Path, found: Found) -> None:
    known: dict[Path, Results] = {}
    files = sorted(_transcripts(folder))
    if not files:
        raise ResultsError(
            f"{folder}: has no {FILE} in it", hint="A run leaves it for each cell, except with --no-record."
        )
    for file in files:
        _transcript(file, found, known)


def _transcripts(folder: Path) -> Iterator[Path]:
    """Yield the transcripts of a cell or a run; links are not followed."""
    for number, file in enumerate(folder.rglob(f"{FILE}*")):
        if number >= MOST_FILES:
            raise InputError(f"{folder}: has more than {MOST_FILES:,} transcripts in it")
        if file.name in _NAMES and file.is_file() and not file.is_symlink():
            yield file


def _transcript(file: Path, found: Found, known: dict[Path, Results]) -> None:
    transcript = read_transcript(file)
    numbers = {entry.connection for entry in transcript.entries}
    library = ""
    asked = _cell(file, known)
    if asked is not None:
        results, cell = asked
        library = f"{cell.resolved.distribution}=={cell.resolved.version}" if cell.resolved else ""
        found.gateways[cell.gateway] = _gateway(results, cell.gateway)

    def entries() -> Iterator[Entry]:
        return transcript_entries(read_transcript(file))

    found.sources.append(
        Source(
            name=str(file),
            began=transcript.began,
            entries=entries,
            libraries=dict.fromkeys(numbers, library) if library else {},
            connections=tuple(sorted(numbers)),
        )
    )


def _cell(file: Path, known: dict[Path, Results]) -> tuple[Results, CellInfo] | None:
    """Return the cell of a transcript, and its run, if the run's results are there and have it."""
    names = file.absolute().parent.parts
    places = [place for place, name in enumerate(names) if name == CELLS]
    for place in reversed(places):
        folder = Path(*names[:place])
        if (folder / RESULTS).exists():
            if folder not in known:
                known[folder] = read_results(folder)
            results = known[folder]
            cell = results.cells.get("/".join(names[place + 1 :]))
            return None if cell is None else (results, cell)
    return None


def _gateway(results: Results, name: str) -> GatewayRecorded:
    info = results.gateways.get(name)
    if info is None:
        return GatewayRecorded()
    build = "" if info.version == "unknown" else info.version
    return GatewayRecorded(product=info.product, build=build, mode=info.mode, kind=info.kind)
