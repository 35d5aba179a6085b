"""Draws the page of ``ib-compat show``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.run_standing import standing
from harness.shared.amounts import counted
from harness.views.terminal.cell_words import comparison, in_full, in_short, words_of
from harness.views.terminal.style import beside, cut, printable, room, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.results.evidence_file import LogRecord
    from harness.results.results_model import CellInfo, CheckInfo
    from harness.views.terminal.cell_seen import Seen
    from harness.views.terminal.style import Style

_BYTES_OF_MIB = 2**20
_QUIET = frozenset({"DEBUG", "INFO"})
"""Levels of log records that get one line each; the file and ``--json`` have them whole."""

WIRE_LINES = 300
"""Lines of the wire that are shown: more than an ordinary cell has."""

_MARK = 4
"""Characters for a check's mark: glyph, brackets, space."""


def draw_show(seen: Seen, *, width: int, style: Style) -> str:
    """The cell in sections for a terminal of ``width`` characters; paths and commands stay on one line."""
    return "\n".join(style.plain(line) for line in _lines(seen, width, style))


def _lines(seen: Seen, width: int, style: Style) -> Iterator[str]:
    cell = seen.cell
    yield seen.id
    how_far = standing(seen.results.run)
    run = f"{seen.results.run.id} of {seen.results.run.matrix}"
    yield from _section("run", [run if how_far is None else f"{run}, {how_far}"], width)
    yield from _section("result", _result(seen), width)
    yield from _section("library", _library(cell), width)
    yield from _section("gateway", _gateway(seen), width)
    yield from _section("process", [_process(cell)], width)
    yield from beside("checks", _checks(seen, width, style))
    yield from _section("notices", _notices(cell), width)
    yield from _section("log", (_record(record, room(width)) for record in seen.log()), width)
    yield from beside("wire", _wire(seen, width))
    yield from beside("files", seen.files or ["no evidence was left"])
    yield from _section("damaged", [f"{name} {why}" for name, why in seen.damaged().items()], width)
    yield from beside("rerun", [cell.rerun])


def _wire(seen: Seen, width: int) -> Iterator[str]:
    """One line for each message, cut at the terminal's width; ``--json`` has all of it."""
    lines = seen.wire()
    for line in lines[:WIRE_LINES]:
        yield cut(printable(line), room(width))
    if len(lines) > WIRE_LINES:
        yield f"… and {counted(len(lines) - WIRE_LINES, 'more line')}; --json has them all"


def _section(label: str, sentences: Iterator[str] | list[str], width: int) -> Iterator[str]:
    yield from beside(label, (line for sentence in sentences for line in wrapped(printable(sentence), width)))


def _result(seen: Seen) -> Iterator[str]:
    """Yield the status and how it compares, and the reason if the checks do not have it."""
    cell, words = seen.cell, words_of(seen.cell, seen.rules)
    yield words.standing
    if cell.stage is None and cell.reason is not None:
        yield cell.reason
    if cell.diagnosis is not None:
        yield from in_full(cell.diagnosis)
    elif cell.fault is not None:
        yield f"at fault: {cell.fault}"


def _library(cell: CellInfo) -> Iterator[str]:
    yield f"asked for {', '.join(cell.requested.requirements)} on Python {cell.python}"
    found = cell.resolved
    if found is None:
        yield "nothing was installed"
        return
    said = found.module_version
    of_itself = f", which reports version {said}" if said not in {None, found.version} else ""
    yield f"installed {found.distribution} {found.version}{of_itself}, on Python {found.python}"
    if found.requirements:
        yield f"with {', '.join(f'{name} {version}' for name, version in found.requirements.items())}"
    if found.zone_data is not None:
        yield f"time zone data: {found.zone_data}"


def _gateway(seen: Seen) -> Iterator[str]:
    cell, gateway = seen.cell, seen.results.gateways[seen.cell.gateway]
    address = f" at {gateway.host}:{gateway.port}" if gateway.host and gateway.port else ""
    yield f"{cell.gateway}, {gateway.kind}{address}"
    announced = f"{cell.client_range.min} to {cell.client_range.max}" if cell.client_range else "an unknown range"
    yield f"server version: the client speaks {announced}, the gateway up to {_or_unknown(cell.gateway_max)}"
    yield f"negotiated {_or_unknown(cell.negotiated)}, predicted {_or_unknown(cell.predicted)}"


def _or_unknown(version: int | None) -> str:
    return "unknown" if version is None else str(version)


def _process(cell: CellInfo) -> str:
    parts = [f"client id {cell.client_id}", f"{cell.seconds:.2f} s"]
    if cell.cpu_seconds is not None:
        parts.append(f"{cell.cpu_seconds:.2f} s of CPU time")
    if cell.max_rss_bytes is not None:
        parts.append(f"{cell.max_rss_bytes / _BYTES_OF_MIB:.0f} MiB")
    if cell.exit_code is not None:
        parts.append(f"exit code {cell.exit_code}")
    return ", ".join(parts)


def _checks(seen: Seen, width: int, style: Style) -> Iterator[str]:
    longest = max((len(check.name) for check in seen.cell.checks), default=0)
    for check in seen.cell.checks:
        mark = style.mark(check.status, check.expected.verdict if check.expected else Verdict.AS_EXPECTED)
        painted = style.paint(mark, check.status) + " " * (_MARK - len(mark))
        yield f"{painted}{check.name:{longest}}  {check.seconds:8.3f} s  {check.status}"
        for text in _words(check, seen):
            yield from (f"{'':{_MARK}}{line}" for line in wrapped(printable(text), width - _MARK))


def _words(check: CheckInfo, seen: Seen) -> Iterator[str]:
    """Yield why the check ended as it did, what else differs from the truth, and what was expected."""
    if check.reason is not None:
        yield check.reason
    differences = check.detail.get("differences")
    if isinstance(differences, list):
        yield from (str(difference) for difference in differences[1:])
    if check.diagnosis is not None:
        yield in_short(check.diagnosis)
    if compared := comparison(check, seen.rules):
        yield compared.removeprefix(", ")


def _notices(cell: CellInfo) -> Iterator[str]:
    for notice in cell.notices:
        request = f" (request {notice.req_id})" if notice.req_id >= 0 else ""
        yield f"{notice.code}{request} {notice.message}"


def _record(record: LogRecord, shown: int) -> str:
    text = f"{record.level} {record.logger}: {record.message}"
    if record.level not in _QUIET:
        return text
    return cut(" ".join(text.split()), shown)
