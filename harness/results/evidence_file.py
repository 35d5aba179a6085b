"""Reads the evidence that a cell's process wrote, even if it was killed in the middle of a line."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.checks.all import CHECKS
from harness.results.packed_evidence import PACKED, kept, read_kept, read_kept_lines
from harness.shared import private
from harness.shared.amounts import counted
from harness.shared.bounded_reading import read_lines, refuse_deep
from harness.shared.errors import InputError
from harness.shared.evidence import CheckNotice, CheckRecord, Notice
from harness.shared.mask import MICROSECONDS
from harness.shared.moments import moment
from harness.shared.status import Status

FILE = "evidence.jsonl"
ANSWERS_SHARED = 4096
"""How many different answers of checks are kept in memory, so that equal answers share one object."""

_TIMES = {check.name: frozenset(check.times) for check in CHECKS if check.times}

NOTICES_KEPT = 250
"""The most error callbacks of a cell in the results and on the page; the evidence file has all of them."""


@dataclass(slots=True)
class Evidence:
    """The lines of one ``evidence.jsonl``, sorted by kind.

    Args:
        began: the check that began and has no record.
        began_at: when the last check began, in Unix seconds.
    """

    checks: list[CheckRecord] = field(default_factory=list)
    began: str | None = None
    began_at: float | None = None
    negotiated: int | None = None
    notices: list[CheckNotice] = field(default_factory=list)
    log_records: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """A record that a library logged; account numbers are not masked."""

    level: str
    logger: str
    message: str


def read_log(folder: Path) -> list[LogRecord]:
    """Read what a cell's library logged, in the order in which it came; without the file there is nothing."""
    return [
        LogRecord(level=str(line.get("level")), logger=str(line.get("logger")), message=str(line.get("message")))
        for line in _lines(folder / FILE)
        if line.get("event") == "log"
    ]


def read_evidence(folder: Path, local: dt.tzinfo | None = None, since: tuple[float, float] | None = None) -> Evidence:
    """Read a cell's evidence. Without an ordinary file it is empty, and `damage` says why.

    Args:
        folder: the folder of the cell.
        local: the time zone in which its process ran [default: this computer's]
        since: one moment in Unix seconds and by `time.monotonic`, from which the beginning of checks is computed even
            if the clock was set meanwhile [default: the clock as the cell's process read it]
    """
    evidence = Evidence()
    for line in _lines(folder / FILE):
        with contextlib.suppress(KeyError, ValueError, TypeError):  # not a line of ours
            _take(evidence, line, local, since)
    return evidence


def _lines(file: Path) -> Iterator[Mapping[str, Any]]:
    with contextlib.suppress(OSError, InputError):
        for line in _read_lines(file):
            message = _message(line)
            if isinstance(message, dict):
                yield message


def _read_lines(file: Path) -> Iterator[bytes]:
    where = kept(file)
    yield from read_kept_lines(where) if where.suffix == PACKED else read_lines(where)


def _message(line: bytes) -> object:
    try:
        message = json.loads(line)  # NaN, too: a library may give it as an answer
        refuse_deep(message, FILE)
    except (ValueError, RecursionError, InputError):
        return None  # the line that a kill cut off; the lines before it count
    return message


def damage(folder: Path) -> str | None:
    """Return why a cell's evidence is incomplete; ``None`` if it is complete, or if there is none."""
    try:
        data = read_kept(kept(folder / FILE))
    except FileNotFoundError:
        return None
    except InputError as problem:
        return str(problem).partition(": ")[2]
    if not data:
        return "is empty"
    *lines, last = data.split(b"\n")
    if last:
        return "ends in the middle of a line"
    wrong = sum(not isinstance(_message(line), dict) for line in lines)
    return f"has {counted(wrong, 'line')} of {len(lines)} that ib-compat did not write" if wrong else None


def _take(
    evidence: Evidence, line: Mapping[str, Any], local: dt.tzinfo | None, since: tuple[float, float] | None
) -> None:
    match line.get("event"):
        case "begin":
            evidence.began, evidence.began_at = line["name"], _began_at(line, since)
        case "check":
            record = check_record(line, local)
            told = evidence.began == record.name
            evidence.checks.append(replace(record, began=evidence.began_at) if told else record)
            evidence.began = None
        case "negotiated":
            evidence.negotiated = line["server_version"]
        case "callback":
            check = evidence.began or (evidence.checks[-1].name if evidence.checks else None)
            notice = Notice(code=line["code"], message=line["message"], req_id=line["req_id"])
            if len(evidence.notices) < NOTICES_KEPT:
                evidence.notices.append(CheckNotice(notice=notice, check=check))
        case "log":
            evidence.log_records += 1
        case _:
            pass  # how it ended is known from its exit code


def _began_at(line: Mapping[str, Any], since: tuple[float, float] | None) -> float | None:
    steady = _seconds(line.get("monotonic"))
    if since is None or steady is None:
        return _seconds(line.get("at"))
    unix, monotonic = since
    return unix + steady - monotonic


def _seconds(at: object) -> float | None:
    return float(at) if isinstance(at, (int, float)) else None


def check_record(line: Mapping[str, Any], local: dt.tzinfo | None = None) -> CheckRecord:
    """Return a check's record from its JSON form.

    Times in its detail (`Check.times`) become moments in UTC; a time without a zone is in ``local``, or in this
    computer's zone. One that cannot be read stays as the library gave it. Seconds are rounded as in results, so that
    the record need not be copied to be written.
    """
    return CheckRecord(
        name=line["name"],
        status=Status(line["status"]),
        seconds=round(line.get("seconds", 0.0), MICROSECONDS),
        reason=line.get("reason"),
        detail=_detail(json.dumps(line.get("detail", {})), _TIMES.get(line["name"], frozenset()), local),
    )


@lru_cache(maxsize=ANSWERS_SHARED)
def _detail(answer: str, times: frozenset[str], local: dt.tzinfo | None) -> Mapping[str, Any]:
    """Return one shared object for equal answers. Most cells read the same, and a thousand copies need much memory."""
    detail: Mapping[str, Any] = json.loads(answer)
    return _placed(detail, times, local) if times else detail


def _placed(value: Any, times: frozenset[str], local: dt.tzinfo | None) -> Any:
    """Return a part of a detail with its times as moments in UTC."""
    if isinstance(value, list):
        return [_placed(each, times, local) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _in_utc(each, local) if key in times and isinstance(each, str) else _placed(each, times, local)
        for key, each in value.items()
    }


def _in_utc(text: str, local: dt.tzinfo | None) -> str:
    read = moment(text, local)
    return text if read is None else read.isoformat()


def write_checks(folder: Path, checks: Iterable[CheckRecord]) -> None:
    """Write the evidence of a cell whose process never ran: the checks that were made before it."""
    private.make_folder(folder)
    lines = [json.dumps({"event": "check", **asdict(check)}) for check in checks]
    private.write(folder / FILE, "".join(f"{line}\n" for line in lines).encode())
