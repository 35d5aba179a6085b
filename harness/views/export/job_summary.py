"""Writes Markdown for the summary of a GitHub job, which takes no more than 1 MiB of a step.

If it would be longer, whole table rows and whole reds are left out and counted, and a link says where the rest is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.run_standing import exit_code
from harness.shared.errors import ExitCode
from harness.views.terminal.cell_words import reds
from harness.views.terminal.markdown import bullets, counts_in_all, escape, grid_table, program_table, program_words
from harness.views.terminal.program_grid import headline, is_open, told_of
from harness.views.terminal.style import Style, printable
from harness.views.terminal.summary import legend, note_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.results.program_results import ProgramCell
    from harness.results.results_model import Results
    from harness.views.terminal.cell_words import Red

LIMIT = 2**20
"""Bytes of UTF-8 that GitHub takes: 1 MiB."""

_FOOT = 1_000
"""Bytes that are reserved for the note on what was left out, without its link."""

_STYLE = Style(unicode=True, colour=False)

_VERDICTS = {
    ExitCode.AS_EXPECTED: "✓ every cell is as expected",
    ExitCode.INCOMPATIBLE: "✗ not every cell is as expected",
    ExitCode.HARNESS_FAILED: "! the run does not answer the question",
    ExitCode.INTERRUPTED: "? interrupted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """Items below a heading. Each is kept whole or left out; items with lower numbers are kept first."""

    head: str
    items: list[str]
    noun: str
    joint: str
    turn: int


def job_summary(results: Results, *, link: str | None = None, limit: int = LIMIT) -> str:
    """Return the page: grid, every unexpected red with its verdict and advice, notes, the expected reds.

    Args:
        results: the run.
        link: the address of the whole, for the note on what was left out.
        limit: the size in bytes that the page stays below.
    """
    top = f"# ib-compat: {_VERDICTS[exit_code(results)]}\n\n{escape(counts_in_all(results))}\n"
    sections = _sections(results)
    room = limit - _size(top) - _FOOT - _size(link or "")
    kept: dict[int, int] = {}
    for number, section in sorted(enumerate(sections), key=lambda each: each[1].turn):
        kept[number], room = _fitting(section, room)
    body = [_drawn(section, kept[number]) for number, section in enumerate(sections) if kept[number]]
    foot = _foot(results, link, [(len(each.items) - kept[number], each.noun) for number, each in enumerate(sections)])
    return "\n\n".join(part for part in (top.strip(), *body, foot) if part) + "\n"


def link_of(environ: Mapping[str, str]) -> str | None:
    """The page of the GitHub job that runs this; ``None`` elsewhere."""
    server, repository, run = (environ.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def _sections(results: Results) -> list[_Section]:
    programs = told_of(results)
    unexpected = [_red(red) for red in reds(results) if red.first.expected.verdict is not Verdict.AS_EXPECTED]
    unexpected += [_program(cells) for cells in programs if is_open(cells[0])]
    expected = [_expected(red) for red in reds(results) if red.first.expected.verdict is Verdict.AS_EXPECTED]
    expected += [f"* {escape(headline(cells))}" for cells in programs if not is_open(cells[0])]
    notes = [*legend(results, _STYLE), *note_lines(results)]
    return [
        _table(grid_table(results) if results.cells else "", "rows of the grid", turn=3),
        _table(program_table(results), "rows of programs", turn=2),
        _Section(head="", items=[bullets([note]) for note in notes], noun="notes", joint="\n", turn=4),
        _Section(head="## Not as expected", items=unexpected, noun="reds", joint="\n\n", turn=1),
        _Section(head="## Red, as expected", items=expected, noun="expected reds", joint="\n", turn=5),
    ]


def _table(table: str, noun: str, *, turn: int) -> _Section:
    head, rule, *rows = table.splitlines() or ("", "")
    return _Section(head=f"{head}\n{rule}", items=rows, noun=noun, joint="\n", turn=turn)


def _fitting(section: _Section, room: int) -> tuple[int, int]:
    """Return how many of a section's items fit, and how many bytes are left after them."""
    left = room - _size(section.head) - 4  # blank lines before and after the head
    count = 0
    for item in section.items:
        left -= _size(item) + len(section.joint)
        if left < 0:
            break
        room, count = left, count + 1
    return count, room


def _drawn(section: _Section, count: int) -> str:
    items = section.joint.join(section.items[:count])
    gap = "\n" if section.head.startswith("|") else "\n\n"
    return f"{section.head}{gap}{items}" if section.head else items


def _foot(results: Results, link: str | None, left_out: list[tuple[int, str]]) -> str:
    words = [f"{count} {noun}" for count, noun in left_out if count]
    where = f"[the whole]({link})" if link else f"the whole is in run {results.run.id}"
    return f"**Left out**, because GitHub accepts no more: {', '.join(words)}; {where}." if words else ""


def _red(red: Red) -> str:
    words, diagnosis = red.words, red.first.diagnosis
    parts = [f"### {escape(words.headline)}", escape(words.reason)]
    parts += [escape(also) for also in words.also]
    if diagnosis is not None:
        parts.append(f"**{_shown(diagnosis.title)}.** {_shown(diagnosis.says)}")
        parts.append("\n".join(f"{number}. {_shown(step)}" for number, step in enumerate(diagnosis.next, start=1)))
    parts.append("\n".join(f"* {escape(cell.gateway)}: `{cell.rerun}`" for _, cell in red.cells))
    return "\n\n".join(part for part in parts if part)


def _program(cells: list[ProgramCell]) -> str:
    commands = "\n".join(f"* {escape(cell.row)} at {escape(cell.gateway)}: `{cell.rerun}`" for cell in cells)
    return "\n\n".join((f"### {escape(headline(cells))}", *program_words(cells[0]), commands))


def _shown(text: str) -> str:
    return escape(printable(text))


def _expected(red: Red) -> str:
    gateways = ", ".join(cell.gateway for _, cell in red.cells)
    return f"* {escape(red.words.headline)} ({escape(gateways)})"


def _size(text: str) -> int:
    return len(text.encode())
