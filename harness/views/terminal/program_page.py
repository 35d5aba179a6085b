"""Draws what a program did at a gateway, and the answer of ``ib-compat try``."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from harness.programs.answer import Answer
from harness.programs.asked import Outcome
from harness.programs.difference import Kind
from harness.programs.remarks import remarks_of
from harness.programs.sentence import sentence_of
from harness.shared.amounts import counted
from harness.shared.status import Finding
from harness.views.terminal.asked_page import said
from harness.views.terminal.observed_page import note_lines, observed_document, pace_rows, remark_lines
from harness.views.terminal.style import cut, paragraph, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.programs.asked import Asked
    from harness.programs.difference import Difference
    from harness.programs.program import Ran
    from harness.programs.remarks import Remark
    from harness.views.terminal.style import Style

_MOST_SHOWN = 20
"""Differences that are shown; the rest are counted."""

_TOLD = (Outcome.REFUSED, Outcome.UNREADABLE, Outcome.UNANSWERED, Outcome.NOT_SIMULATED, Outcome.NOT_RECORDED)
"""Outcomes whose requests are named, with what the gateway said."""

_LAST_LINES = 5
"""Lines of a program's output that are shown if it failed."""


def draw_ran(ran: Ran, command: str) -> str:
    """One run that is over, on a line."""
    asked = ran.asked
    spoken = f"spoke {', '.join(map(str, ran.spoken))}" if ran.spoken else "did not connect"
    took = "" if ran.end.by_us or ran.end.done else f" after {ran.end.seconds:.1f} s"
    left = f", left {counted(ran.end.left, 'program')} running" if ran.end.left else ""
    said = f"{spoken}, {counted(len(asked.requests), 'request')}, {ran.end.words}{took}{left}"
    return printable(f"{PurePath(command).name} with {ran.side}: {said}")


def draw_answers(answers: Sequence[Answer], libraries: Mapping[str, str], *, width: int, style: Style) -> str:
    """What the program asked, what it did differently, and the answers; what it wrote is made printable.

    Args:
        answers: one for each other side; that of today is the same for all.
        libraries: the version of each library that the program's Python has.
        width: of the terminal.
        style: of the stream.
    """
    runs = _runs(answers)
    installed = ", ".join(f"{name} {version}" for name, version in libraries.items())
    lines = [*([f"Its Python has {installed}.", ""] if installed else []), *_table(runs), *_requests(runs, width)]
    lines += _remarks(runs, width)
    lines += note_lines(runs, width)
    lines += _noise(max((each.noise for each in answers), key=len), runs[0].side, width)
    for answer in answers:
        lines += _noise(answer.noise_then, answer.then.side, width)
        lines += _answer(answer, width, style)
    lines += _cautions(runs, width)
    return "\n".join(style.plain(line) for line in lines)


def _cautions(runs: Sequence[Ran], width: int) -> Iterator[str]:
    """Say what its library makes of errors, which it does with both sides alike, and wrongly."""
    told = dict.fromkeys(caution for ran in runs for caution in ran.cautions)
    if told:
        yield ""
        yield "Take care, whatever you choose:"
        yield from (line for caution in told for line in paragraph(caution, width, indent=2, hanging=2))


def _runs(answers: Sequence[Answer]) -> tuple[Ran, ...]:
    return answers[0].today, *(answer.then for answer in answers)


def _remarks(runs: Sequence[Ran], width: int) -> Iterator[str]:
    """Say what goes wrong, each thing once, and with which side it does."""
    found: dict[str, dict[str, Remark]] = {}
    for ran in runs:
        for remark in remarks_of(ran):
            found.setdefault(remark.brief, {})[ran.side] = remark
    for sides in found.values():
        also = f" So it is with {', '.join(sides)}." if len(runs) > 1 else ""
        yield ""
        yield from paragraph(f"{next(iter(sides.values())).words}{also}", width)


def _noise(noise: Sequence[Difference], side: str, width: int) -> Iterator[str]:
    unsteady = [each for each in noise if each.kind not in {Kind.OUTPUT, Kind.NUMBER}]
    if unsteady:
        yield ""
        yield f"Differs between two runs with {side}, and so tells nothing:"
        yield from _differences(unsteady, width)


def _answer(answer: Answer, width: int, style: Style) -> Iterator[str]:
    for notice, side in answer.notices:
        yield ""
        yield from paragraph(f"Only with {side} the gateway says {notice.code}: {notice.text}", width)
    yield from remark_lines(answer, width)
    if answer.found:
        yield ""
        yield f"What it does differently with {answer.then.side}:"
        yield from _differences(answer.found, width)
    if answer.finding in {Finding.FAILS, Finding.NO_CONTACT, Finding.UNSTEADY}:
        yield ""
        yield from _output(answer.today, width)
    status = answer.finding.status
    first, *others = paragraph(sentence_of(answer), width - 2, hanging=0)
    yield ""
    yield f"{style.paint(style.glyph(status), status)} {first}"
    yield from (f"  {line}" for line in others)


def answer_document(answers: Sequence[Answer], libraries: Mapping[str, str]) -> dict[str, Any]:
    """The answers as data."""
    return {
        "libraries": dict(libraries),
        "runs": [_run_document(ran) for ran in _runs(answers)],
        "noise": [asdict(each) for each in max((each.noise for each in answers), key=len)],
        "answers": [
            {
                "with": answer.then.side,
                "finding": answer.finding.value,
                "same_server_version": answer.same_wire,
                "differences": [asdict(each) for each in answer.found],
                "noise": [asdict(each) for each in answer.noise_then],
                "lacks": list(answer.lacks),
                "only_then": [each.words for each in answer.only_then],
                "only_today": [each.words for each in answer.only_today],
            }
            for answer in answers
        ],
    }


def _run_document(ran: Ran) -> dict[str, Any]:
    requests = [
        {"name": name, "outcome": outcome.value, "count": count}
        for (name, outcome), count in sorted(ran.asked.counts().items())
    ]
    return {
        "with": ran.side,
        "server_versions": list(ran.spoken),
        "client_ids": [each.client_id for each in ran.asked.connections],
        "end": asdict(ran.end),
        "requests": requests,
        "orders": ran.asked.orders,
        "cpu_seconds": ran.took.cpu_seconds,
        "peak_bytes": ran.took.peak_bytes,
        "cautions": list(ran.cautions),
        **observed_document(ran),
        "remarks": [asdict(each) for each in remarks_of(ran)],
    }


def _table(runs: Sequence[Ran]) -> Iterator[str]:
    rows = [
        ("", *(ran.side for ran in runs)),
        ("server version", *(", ".join(map(str, ran.spoken)) or "none" for ran in runs)),
        ("client ids", *(_clients(ran.asked) for ran in runs)),
        *_outcomes(runs),
        ("orders", *(str(ran.asked.orders) for ran in runs)),
        ("end", *(ran.end.words for ran in runs)),
        *_took(runs),
        *pace_rows(runs),
    ]
    yield from tabulate(rows, tablefmt="plain", disable_numparse=True).splitlines()


def _took(runs: Sequence[Ran]) -> Iterator[tuple[str, ...]]:
    """What the runs took, where the system says; nobody judges by that."""
    took = [ran.took for ran in runs]
    if any(each.cpu_seconds is not None for each in took):
        yield "processor", *("" if each.cpu_seconds is None else f"{each.cpu_seconds:.2f} s" for each in took)
    if any(each.peak_bytes is not None for each in took):
        yield "memory", *("" if each.peak_bytes is None else f"{each.peak_bytes / 2**20:.0f} MiB" for each in took)


def _clients(asked: Asked) -> str:
    ids = sorted({str(each.client_id) for each in asked.connections if each.client_id is not None})
    return ", ".join(ids) or "none"


def _outcomes(runs: Sequence[Ran]) -> Iterator[tuple[str, ...]]:
    yield "requests", *(str(len(ran.asked.requests)) for ran in runs)
    found = [Counter(request.outcome for request in ran.asked.requests) for ran in runs]
    for outcome in Outcome:
        if any(each[outcome] for each in found):
            yield outcome.value, *(str(each[outcome]) for each in found)


def _requests(runs: Sequence[Ran], width: int) -> Iterator[str]:
    """Say what was asked, what was not answered, and how it was refused."""
    asked = next((ran.asked.requests for ran in runs if ran.asked.requests), ())
    names = Counter(request.name for request in asked)
    if names:
        listed = ", ".join(name if count == 1 else f"{count} x {name}" for name, count in names.items())
        yield ""
        yield from paragraph(f"It asks {listed}.", width, hanging=0)
    for outcome in _TOLD:
        told = {
            request.name: request.errors for ran in runs for request in ran.asked.requests if request.outcome is outcome
        }
        if told:
            yield ""
            yield f"{outcome.value}:"
            for name, errors in told.items():
                yield from paragraph(f"{name}{said(errors)}", width, indent=2, hanging=2)


def _differences(found: Sequence[Difference], width: int) -> Iterator[str]:
    for each in found[:_MOST_SHOWN]:
        where = "" if each.kind in {Kind.OUTPUT, Kind.EXCEPTION} else f" {each.where}" if each.where else ""
        yield from paragraph(f"{each.kind.value}{where}: {each.before} → {each.after}", width, indent=2, hanging=2)
    if len(found) > _MOST_SHOWN:
        yield f"  and {len(found) - _MOST_SHOWN} more; --json has all"


def _output(ran: Ran, width: int) -> Iterator[str]:
    lines = [line for line in printable(ran.output).splitlines() if line.strip()][-_LAST_LINES:]
    if lines:
        yield "The last that it wrote:"
        yield from (f"  {cut(line, width - 2)}" for line in lines)
