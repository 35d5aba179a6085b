"""Draws the end of a run: grid, legend, notes, counts, and each red square in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.compare.readings import Reading, readings
from harness.results.run_folder import PAGE, relative
from harness.results.run_standing import unfinished_line
from harness.shared.amounts import counted, duration
from harness.shared.evidence import What
from harness.shared.status import Status
from harness.views.terminal.cell_words import gateway_lines, reds, rule_lines
from harness.views.terminal.grid import draw_grid
from harness.views.terminal.program_grid import draw_programs
from harness.views.terminal.style import MEANINGS, Style, paragraph, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.results.results_model import CellInfo, DesupportInfo, Results
    from harness.shared.evidence import BootRecord
    from harness.views.terminal.cell_words import Red

_REASONS = 3
"""Reasons to name for a check that cannot be asked; the results have them all."""

_TOLD_BY_STAGE = frozenset({Status.FAIL, Status.TIMEOUT, Status.DEGRADED})

_DIGEST = len("sha256:") + 12
"""Characters of an image's digest that are shown, as many as engines show; they identify it."""


def draw_summary(results: Results, folder: Path, *, width: int, style: Style) -> str:
    """Return the whole page for a terminal of ``width`` characters; ``folder`` is the run's, for paths of evidence."""
    lines = []
    if results.cells:
        lines += [draw_grid(results, width=width, style=style), ""]
        lines += [style.plain(line) for line in _below_grid(results, width, style)]
    programs = list(draw_programs(results, width=width, style=style))
    lines += ["", *programs] if lines and programs else programs
    for red in reds(results):
        lines += ["", *_red_lines(red, folder, width, style)]
    for text in (each for name in results.gateways for each in reading_lines(results, name)):
        lines += ["", *(style.plain(line) for line in paragraph(text, width))]
    lines += ["", f"Results: {relative(folder)}"]
    lines += [f"Page: {relative(folder)}/{PAGE}"] if (folder / PAGE).is_file() else []
    return "\n".join(lines)


def counts_line(results: Results) -> str:
    """``156 cells in 7.4 s: 143 pass, 13 fail; 156 as expected``."""
    run = results.run
    statuses = ", ".join(f"{count} {status}" for status, count in run.counts.items())
    names = {
        Verdict.AS_EXPECTED: "as expected",
        Verdict.UNEXPECTED_FAIL: "unexpectedly red",
        Verdict.UNEXPECTED_PASS: "unexpectedly passing",
    }
    verdicts = ", ".join(f"{run.verdicts[each]} {name}" for each, name in names.items() if each in run.verdicts)
    lacking = sum(len(cell.unsupported) for cell in results.cells.values())
    unsupported = f"; unsupported checks: {lacking}" if lacking else ""
    absent = f"; {len(results.plan.absent)} absent from the plan" if results.plan.absent else ""
    words = unfinished_line(run)
    stopped = "" if words is None else f" {words}"
    count = counted(len(results.cells), "cell")
    return f"{count} in {run.seconds:.1f} s: {statuses}; {verdicts}{unsupported}{absent}.{stopped}"


def legend(results: Results, style: Style) -> Iterator[str]:
    """A line for each glyph that is in the grid."""
    for status in Status:
        if status in results.run.counts:
            yield f"{style.glyph(status)}  {MEANINGS[status]}{_shows(status)}"
    cells = results.cells.values()
    if any(cell.unsupported and cell.negotiated is not None for cell in cells):
        yield f"{style.glyph(Status.UNSUPPORTED)}  after a version: some checks cannot be asked there, as predicted"
    if any(style.mark(cell.status, cell.expected.verdict).startswith("(") for cell in cells):
        yield "( )  red, as the matrix file expects"
    if Verdict.UNEXPECTED_PASS in results.run.verdicts:
        yield "*  a check passes, though the matrix file expects otherwise"


def evidence_lines(results: Results) -> Iterator[str]:
    """Yield which gateways' server versions were measured at a real gateway, which inferred, and which recorded."""
    names: dict[str, list[str]] = {}
    for name, gateway in results.gateways.items():
        if gateway.server_version_evidence:
            played = "Replayed" if gateway.kind == "replay" else "Simulated"
            tag = gateway.server_version_evidence.split(":", maxsplit=1)[0]
            names.setdefault(f"{played} server version {tag}", []).append(name)
    for said, tagged in names.items():
        yield f"{said}: {', '.join(tagged)}"


def desupport_lines(results: Results) -> Iterator[str]:
    """Which gateways stop working, when, and who says so."""
    for notice, names in ending(results):
        source = f" (source: {notice.source}; seen {notice.seen})" if notice.source is not None else ""
        yield f"Desupported on {notice.date}, when at least {notice.minimum} is needed: {', '.join(names)}{source}"


def reading_lines(results: Results, gateway: str) -> Iterator[str]:
    """Yield what libraries read differently from the same recording: both values, and who read what was recorded.

    Values of one check that the same libraries read differently are one line.
    """
    replayed = results.gateways[gateway].kind == "replay"
    alike: dict[object, list[Reading]] = {}
    for each in readings(results, gateway) if replayed else []:
        alike.setdefault((each.check, tuple(each.others.values()), each.as_sent), []).append(each)
    for first, *more in alike.values():
        what = ": ".join(filter(None, (f"{first.check} at {gateway}", first.where, first.field)))
        others = "; ".join(f"{', '.join(rows)} read {value}" for value, rows in first.others.items())
        same = ", ".join(first.as_sent) or "nobody"
        rest = f" (and {counted(len(more), 'more value')})" if more else ""
        yield f"Read differently: {what}: recorded {first.sent}; {others}; as recorded: {same}{rest}"


def ending(results: Results) -> list[tuple[DesupportInfo, list[str]]]:
    """Return each end of support, the nearest day first, with the names of the gateways that it concerns."""
    names: dict[tuple[str, str, str], tuple[DesupportInfo, list[str]]] = {}
    for name, gateway in results.gateways.items():
        if (notice := gateway.desupport) is not None:
            key = (notice.date, notice.minimum, notice.source or "")
            names.setdefault(key, (notice, []))[1].append(name)
    return [names[key] for key in sorted(names)]


def note_lines(results: Results) -> Iterator[str]:
    """Notes on what the grid does not show."""
    yield from timezone_lines(results)
    yield from evidence_lines(results)
    yield from boot_lines(results)
    yield from desupport_lines(results)
    yield from gateway_lines(results)
    yield from unsupported_lines(results)
    yield from skipped_lines(results)
    yield from rule_lines(results.expectations)


def timezone_lines(results: Results) -> Iterator[str]:
    """The time zone in which the libraries ran, if the matrix file names one."""
    if results.run.timezone is not None:
        yield f"The libraries' computer is in the time zone {results.run.timezone}"


def unsupported_lines(results: Results) -> Iterator[str]:
    """A line for each check that could not be asked somewhere: in how many cells, and the commonest reasons."""
    of_check: dict[str, Counter[str]] = {}
    for cell in results.cells.values():
        for check in cell.checks:
            if check.status is Status.UNSUPPORTED:
                of_check.setdefault(check.name, Counter())[check.reason or "no reason was given"] += 1
    for name, reasons in of_check.items():
        told = [f"{reason} ({count})" for reason, count in reasons.most_common(_REASONS)]
        others = sum(count for _, count in reasons.most_common()[_REASONS:])
        more = [f"other reasons ({others})"] if others else []
        yield f"Unsupported, as predicted: {name} in {counted(reasons.total(), 'cell')}: {'; '.join([*told, *more])}"


def skipped_lines(results: Results) -> Iterator[str]:
    """Which cells were planned and not asked, by reason."""
    of_reason: dict[str, list[str]] = {}
    for cell_id, cell in results.cells.items():
        if cell.status is Status.SKIPPED:
            of_reason.setdefault(cell.reason or "no reason was given", []).append(cell_id)
    for reason, cells in of_reason.items():
        more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
        yield f"Not asked: {cells[0]}{more}: {reason}"


def _shows(status: Status) -> str:
    if status is Status.PASS:
        return ", with the negotiated server version"
    return ", with version and first check not passed" if status in _TOLD_BY_STAGE else ""


def _below_grid(results: Results, width: int, style: Style) -> Iterator[str]:
    yield from legend(results, style)
    yield ""
    for line in (*note_lines(results), counts_line(results)):
        yield from paragraph(line, width)


def _red_lines(red: Red, folder: Path, width: int, style: Style) -> Iterator[str]:
    cell = red.first
    mark = style.mark(cell.status, cell.expected.verdict)
    first, *more = paragraph(style.plain(red.words.headline), width - len(mark) - 1, hanging=0)
    yield f"{style.paint(mark, cell.status)} {first}"
    yield from (f"  {line}" for line in more)
    for text in (red.words.reason, *red.words.also):
        yield from paragraph(style.plain(text), width, indent=2, hanging=0)
    for cell_id, each in red.cells:
        yield f"  {each.gateway}: {evidence(each, cell_id, folder)}"
        yield f"    {each.rerun}"


def evidence(cell: CellInfo, cell_id: str, folder: Path) -> str:
    """The cell's files, or a note that there are none."""
    return f"{relative(folder)}/cells/{cell_id}" if cell.artifacts else "no evidence was left"


def boot_lines(results: Results) -> Iterator[str]:
    """``Brought up gateway-10.45: 10.45.1j, IBC 3.24.1, in 62 s, after 80 s of waiting (the login TWS is in use)``.

    Those that did not come up have a verdict instead.
    """
    for name, gateway in results.gateways.items():
        if gateway.boot is not None and gateway.boot.failure is None:
            words = (*_what(gateway.boot), *_when(gateway.boot), *_waited(name, results))
            yield printable(f"Brought up {name}: {', '.join(words)}")


def _what(boot: BootRecord) -> Iterator[str]:
    yield boot.build or boot.image
    if boot.ibc is not None:
        yield f"IBC {boot.ibc}"
    if boot.digest is not None:
        yield f"{boot.digest.rpartition('@')[2][:_DIGEST]}"


def _when(boot: BootRecord) -> Iterator[str]:
    if boot.reused:
        yield "left running by an earlier run"
    elif boot.seconds:
        yield f"in {duration(max(boot.seconds.values()))}"


def _waited(name: str, results: Results) -> Iterator[str]:
    moments = {moment.what: moment for moment in results.timeline if moment.gateway == name}
    if What.WAITS in moments and What.BOOTS in moments:
        waits = moments[What.WAITS]
        yield f"after {duration(moments[What.BOOTS].at - waits.at)} of waiting ({waits.why})"
