"""Packs all evidence into one archive without anything that names anybody, for support or an issue.

Everything in it is text that went through one redaction: accounts, user names, home folders, and what else
``harness.diagnose.host.Hiding`` knows. Raw bytes of the wire are left out; the archive has them in words. A
recording is as it was made: it was cleaned then.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from harness.diagnose.host import Hiding
from harness.results.evidence_file import FILE as EVIDENCE
from harness.results.evidence_file import damage, read_evidence
from harness.results.packed_evidence import PACKED, kept, kept_inside, read_kept
from harness.results.results_files import read_left
from harness.results.run_folder import GRID, PLAN, RESULTS
from harness.results.transcript_file import FILE as WIRE
from harness.results.transcript_file import read_transcript
from harness.shared.bounded_reading import inside, parse_json, read_bytes
from harness.shared.errors import ResultsError
from harness.shared.mask import Masker, accounts_in
from harness.wire.transcript_words import in_words

if TYPE_CHECKING:
    from harness.doctor.bundled_recording import HeldRecording
    from harness.doctor.examine import Examination

_WORDS = "wire.txt"
_OF_A_CELL = (EVIDENCE, "output.txt")
_OF_A_PROGRAM = ("asked.json", "output.txt")
_ACCOUNTS = frozenset({"account", "customer_account", "clearing_account", "delta_neutral_clearing_account"})
"""Fields of requests in which an account stands."""

_MOST = 16 * 2**20
"""Bytes of a file that are packed: support reads no more."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a ZIP file knows: when it was made is in the texts."""

ABOUT = """\
What ib-compat saw of an IB Gateway or TWS, for the person who helps.

  doctor-*.txt      what a client without any library met, what the machine shows, the verdict, what to do next
  doctor-*.json     the same as data
  run/              the last matrix run: results, plan, grid; each cell's evidence, and its wire in words;
                    what containers logged; what each program wrote and asked
  recording.ibrec   what a gateway and its clients said, cleaned when it was recorded: `ib-compat record --inspect FILE`
  recording.json    its manifest
  versions.json     ib-compat, Python, system, installed distributions

Account numbers are masked (DU9***01), home folders are ~, user names and session ids are ***. The raw bytes of the wire
are not in here. Look through it before you send it all the same.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A gateway that was looked at, and its page as text and as data."""

    seen: Examination
    text: str
    data: object


def bundle(pages: Iterable[Page], run: Path | None, recording: HeldRecording | None = None) -> bytes:
    """Return the archive.

    Args:
        pages: what the doctor saw.
        run: the folder of a run to put in; ``None`` for none.
        recording: a recording to put in; ``None`` for none.
    """
    pages = tuple(pages)
    accounts = [account for page in pages for each in page.seen.case.found.attempts for account in each.accounts]
    if run is not None:
        accounts += _accounts_of(run)
    hide = Hiding(Masker(accounts).text).text
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in _texts(pages, run, hide):
            packed.writestr(zipfile.ZipInfo(hide(name), _EPOCH), hide(text), zipfile.ZIP_DEFLATED)
        if recording is not None:
            packed.writestr(zipfile.ZipInfo("recording.ibrec", _EPOCH), recording.data)
            packed.writestr(zipfile.ZipInfo("recording.json", _EPOCH), recording.manifest, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def _texts(pages: tuple[Page, ...], run: Path | None, hide: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    yield "README.txt", ABOUT
    yield "versions.json", json.dumps(versions(), indent=2)
    for number, page in enumerate(pages, start=1):
        yield f"doctor-{number}.txt", page.text
        yield f"doctor-{number}.json", json.dumps(page.data, indent=2)
    if run is not None:
        yield from _of_run(run, hide)


def versions() -> dict[str, object]:
    """Return the installed distributions by name."""
    return {
        "ib-compat": metadata.version("ib-compat"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "platform": sys.platform,
        "distributions": dict(_installed()),
    }


@cache
def _installed() -> tuple[tuple[str, str], ...]:
    """Return name and version of every distribution here, by name; each has a file of metadata, which may be long."""
    found = {each.metadata["Name"]: each.version for each in metadata.distributions()}
    return tuple(sorted(found.items(), key=lambda pair: pair[0].lower()))


def _of_run(run: Path, hide: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    logs = sorted(log.relative_to(run).as_posix() for log in run.glob("gateways/*/*.log"))
    for name in (RESULTS, PLAN, GRID, *logs):
        if os.path.lexists(run / name):
            yield f"run/{name}", _text(run, name)
    for cell in _cells(run):
        for name in _OF_A_CELL:
            if os.path.lexists(kept(run / cell / name)):
                yield f"run/{cell}/{name}", _text(run, f"{cell}/{name}")
        if os.path.lexists(kept(run / cell / WIRE)):
            yield f"run/{cell}/{_WORDS}", _wire(run, f"{cell}/{WIRE}", hide)
    for name in _OF_A_PROGRAM:
        for file in _of_programs(run, name):
            yield f"run/{file}", _text(run, file)


def _cells(run: Path) -> list[str]:
    """Return the folders of the cells that left anything, relative to the run's."""
    found = (file for name in (EVIDENCE, f"{EVIDENCE}{PACKED}") for file in run.glob(f"cells/**/{name}"))
    return sorted({file.parent.relative_to(run).as_posix() for file in found})


def _of_programs(run: Path, name: str) -> list[str]:
    """Return the files of that name that cells of programs left, relative to the run's folder."""
    return sorted(file.relative_to(run).as_posix() for file in run.glob(f"programs/**/{name}"))


def _text(run: Path, name: str) -> str:
    """Return a file of a run as text, or why it is missing: a broken file must not keep the others out of the archive.

    If it is incomplete evidence of a cell, a line before it says so.
    """
    try:
        file = kept_inside(run, name)
        text = read_kept(file, _MOST).decode("utf-8", "replace")
    except ResultsError as problem:
        return _left_out(problem)
    why = damage(file.parent) if name.endswith(f"/{EVIDENCE}") else None
    return text if why is None else f"[ib-compat: this file {why}]\n{text}"


def _wire(run: Path, name: str, hide: Callable[[str], str]) -> str:
    try:
        return "\n".join(str(line) for line in in_words(read_transcript(kept_inside(run, name)), mask=hide))
    except ResultsError as problem:
        return _left_out(problem)


def _left_out(problem: ResultsError) -> str:
    return f"[ib-compat: left out: {problem}]\n"


def _accounts_of(run: Path) -> list[str]:
    """Return the accounts that any cell of a run read, or a program named in a request, whatever they look like."""
    read_left(run)  # refuses anything that is not a run of ours, or that is newer
    read = [account for cell in _cells(run) for account in accounts_in(read_evidence(run / cell).checks)]
    return read + [each for file in _of_programs(run, _OF_A_PROGRAM[0]) for each in _accounts_asked(run, file)]


def _accounts_asked(run: Path, name: str) -> Iterator[str]:
    """Yield the accounts in the requests of a program; none if the file cannot be read."""
    try:
        requests = parse_json(read_bytes(inside(run, name), _MOST), name)
    except ResultsError:
        return
    for request in requests if isinstance(requests, list) else ():
        fields = request.get("fields") if isinstance(request, dict) else None
        for field, value in fields.items() if isinstance(fields, dict) else ():
            if field.rpartition(".")[2] in _ACCOUNTS:
                yield str(value)
