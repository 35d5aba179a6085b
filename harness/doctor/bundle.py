"""One archive with all the evidence and nothing that names anybody, to hand to support or to put into an issue.

Everything in it is text that went through one redaction: accounts, user names, home folders, and what else
``harness.host.Hiding`` knows. Raw bytes of the wire are left out; they are in it as words.
"""

from __future__ import annotations

import json
import platform
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from harness.host import Hiding
from harness.results.folder import GRID, PLAN, RESULTS
from harness.results.mask import Masker, accounts_in
from harness.run.evidence import read_evidence
from harness.run.left import read_left
from harness.tap import FILE as WIRE
from harness.tap import in_words, read_transcript

if TYPE_CHECKING:
    from harness.doctor.examine import Examination

_WORDS = "wire.txt"
_OF_A_CELL = ("evidence.jsonl", "output.txt")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a ZIP file knows: when it was made is in the texts."""

ABOUT = """\
What ib-compat saw of an IB Gateway or TWS, for whoever is to help.

  doctor-*.txt      what a client without any library met, what the machine shows, the verdict, what to do next
  doctor-*.json     the same as data
  run/              the last matrix run: results, plan, grid; each cell's evidence, and its wire in words;
                    what containers logged
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


def bundle(pages: Iterable[Page], run: Path | None) -> bytes:
    """Return the archive.

    Args:
        pages: what the doctor saw.
        run: the folder of a run to put in; ``None`` for none.
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
    """Return what is installed here, by name."""
    installed = {each.metadata["Name"]: each.version for each in metadata.distributions()}
    return {
        "ib-compat": metadata.version("ib-compat"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "platform": sys.platform,
        "distributions": dict(sorted(installed.items(), key=lambda pair: pair[0].lower())),
    }


def _of_run(run: Path, hide: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    for name in (RESULTS, PLAN, GRID):
        if (run / name).is_file():
            yield f"run/{name}", (run / name).read_text("utf-8", "replace")
    for log in sorted(run.glob("gateways/*/*.log")):
        yield f"run/{log.relative_to(run).as_posix()}", log.read_text("utf-8", "replace")
    for folder in sorted(path.parent for path in run.glob("cells/**/evidence.jsonl")):
        place = f"run/{folder.relative_to(run).as_posix()}"
        for name in _OF_A_CELL:
            if (folder / name).is_file():
                yield f"{place}/{name}", (folder / name).read_text("utf-8", "replace")
        if (folder / WIRE).is_file():
            lines = in_words(read_transcript(folder / WIRE), mask=hide)
            yield f"{place}/{_WORDS}", "\n".join(str(line) for line in lines)


def _accounts_of(run: Path) -> list[str]:
    """Return the accounts that any cell of a run read, whatever they look like."""
    read_left(run)  # refuses what is no run of ours, or a newer one
    folders = (path.parent for path in run.glob("cells/**/evidence.jsonl"))
    return [account for folder in folders for account in accounts_in(read_evidence(folder).checks)]
